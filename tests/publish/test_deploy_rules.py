"""Alert rules deployed over HTTP: what is changed, refused and left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ScriptedServer
from tests.publish.support import (
    GENERATIONS,
    alerting,
    api_of,
    change,
    deployment,
    served,
    small,
)
from toolkit.publish.applying import apply_plan
from toolkit.publish.deploy import plan_deploy
from toolkit.publish.model import Wishes

OVERVIEW = "falco-toolkit-overview"
SMALL = "falco-toolkit-small"
PLAIN = Wishes()


def test_a_changed_alert_rule_is_shown_by_what_is_different(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake = served(scripted_server)
    api = api_of(scripted_server)
    folder = alerting(tmp_path / "rules")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    (rule,) = fake.state.groups["falco-toolkit", "g"]["rules"]
    rule["noDataState"] = "Alerting"
    plan = plan_deploy(deployment(folder), api, PLAIN)
    assert change(plan, "g").diff == ("~ rules[falco-toolkit-too-many].noDataState: Alerting → OK",)
    apply_plan(plan_deploy(deployment(folder), api, Wishes(force=True)), api)
    assert fake.state.groups["falco-toolkit", "g"]["rules"][0]["noDataState"] == "OK"


@pytest.mark.parametrize("version", [one for one in GENERATIONS if one != "7.5.5"])
def test_what_another_program_changed_over_the_api_is_refused(
    scripted_server: ScriptedServer, tmp_path: Path, version: str
) -> None:
    """What a server adds by itself, defaults and times, is no change of anybody's."""
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    folder = alerting(tmp_path / "rules")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    (rule,) = fake.state.groups["falco-toolkit", "g"]["rules"]
    rule |= {"for": "0m0s", "updated": "2026-11-27T10:00:00Z"}
    rule["data"][2]["model"] |= {"intervalMs": 1000, "maxDataPoints": 43200, "hide": False}
    definition = folder / "x.alertgroup.py"
    definition.write_text(definition.read_text().replace("summary=", "threshold=7, summary="))
    assert change(plan_deploy(deployment(folder), api, PLAIN), "g").action == "update"
    rule["for"] = "1h30m0s"
    rule["data"][2]["model"]["conditions"][0]["evaluator"]["params"] = [5]
    refused = change(plan_deploy(deployment(folder), api, PLAIN), "g")
    assert refused.action == "refused"
    assert "Too many at 2026-11-27T10:00:00Z" in refused.reason
    assert any("5 → 7" in line for line in refused.diff)
    assert "~ rules[falco-toolkit-too-many].for: 1h30m0s → 0s" in refused.diff
    apply_plan(plan_deploy(deployment(folder), api, Wishes(force=True)), api)
    assert change(plan_deploy(deployment(folder), api, PLAIN), "g").action == "unchanged"


def test_a_rule_that_another_program_changed_is_not_pruned(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake = served(scripted_server)
    api = api_of(scripted_server)
    apply_plan(plan_deploy(deployment(alerting(tmp_path / "rules")), api, PLAIN), api)
    (rule,) = fake.state.groups["falco-toolkit", "g"]["rules"]
    boards = deployment(small(tmp_path / "boards"))
    assert change(plan_deploy(boards, api, Wishes(prune=True)), rule["uid"]).action == "delete"
    rule["labels"] = {"severity": "info"}
    plan = plan_deploy(boards, api, Wishes(prune=True))
    assert change(plan, rule["uid"]).action == "skipped"


def test_a_rule_of_an_earlier_version_without_a_mark_is_updated(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake = served(scripted_server)
    api = api_of(scripted_server)
    folder = alerting(tmp_path / "rules")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    (rule,) = fake.state.groups["falco-toolkit", "g"]["rules"]
    del rule["annotations"]["__falco_toolkit__"]
    assert change(plan_deploy(deployment(folder), api, PLAIN), "g").action == "unchanged"
    rule["noDataState"] = "Alerting"
    assert change(plan_deploy(deployment(folder), api, PLAIN), "g").action == "update"


def test_a_group_with_rules_of_others_is_not_replaced(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    """Saving a group deletes the rules that it does not list."""
    fake = served(scripted_server)
    api = api_of(scripted_server)
    folder = alerting(tmp_path / "rules")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    group = fake.state.groups["falco-toolkit", "g"]
    group["rules"].append({**group["rules"][0], "uid": "theirs", "title": "Their own"})
    refused = change(plan_deploy(deployment(folder), api, PLAIN), "g")
    assert refused.action == "refused"
    assert "Their own" in refused.reason


@pytest.mark.parametrize("version", ["9.4.0", "12.1.0"])
def test_rules_that_a_file_provides_are_left(
    scripted_server: ScriptedServer, tmp_path: Path, version: str
) -> None:
    """9.4 tells where a rule comes from only to who asks for it alone, as was measured."""
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    folder = alerting(tmp_path / "rules")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    fake.state.groups["falco-toolkit", "g"]["rules"][0]["provenance"] = "file"
    fake.state.groups["falco-toolkit", "g"]["interval"] = 120
    refused = change(plan_deploy(deployment(folder), api, Wishes(force=True)), "g")
    assert refused.action == "refused"
    assert "file on the server" in refused.reason
    # Nor are they left over where nothing defines them.
    plan = plan_deploy(deployment(small(tmp_path / "boards")), api, Wishes(prune=True))
    assert [one for one in plan.changes if one.kind == "alert rule"] == []


def test_rules_that_cannot_be_fed_are_named_with_what_would_help(
    scripted_server: ScriptedServer,
) -> None:
    served(scripted_server)
    plan = plan_deploy(deployment(), api_of(scripted_server), PLAIN)
    notes = "\n".join(plan.notes)
    assert "'Falcosidekick loses events' is left out" in notes
    assert "--prometheus-datasource-uid" in notes
    assert "'Ruleset drift between nodes' is left out" in notes
    assert "loki.format: json" in notes


def test_runbooks_that_are_no_address_are_told_of(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    served(scripted_server)
    api = api_of(scripted_server)
    folder = alerting(tmp_path / "rules")
    (note,) = plan_deploy(deployment(folder), api, PLAIN).notes
    assert "--runbooks-url" in note
    served_pages = deployment(folder, runbooks="https://docs.example.org/runbooks")
    assert plan_deploy(served_pages, api, PLAIN).notes == ()
