"""A deploy over HTTP, on each generation of Grafana."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Answer, ScriptedServer
from tests.publish.support import (
    ALERTS,
    GENERATIONS,
    LOKI,
    actions,
    api_of,
    change,
    deployment,
    served,
    small,
    stored,
)
from toolkit.errors import PublishError, SettingsError
from toolkit.falco.labels import dialects
from toolkit.grafana.context import Folder
from toolkit.grafana.version import GrafanaVersion
from toolkit.publish.applying import apply_plan
from toolkit.publish.deploy import plan_deploy, render_offline
from toolkit.publish.model import Wishes
from toolkit.publish.sources import WantedSource

OVERVIEW = "falco-toolkit-overview"
SMALL = "falco-toolkit-small"
PLAIN = Wishes()


@pytest.mark.parametrize("version", GENERATIONS)
def test_everything_is_brought_and_a_second_run_sends_nothing(
    scripted_server: ScriptedServer, version: str
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    apply_plan(plan_deploy(deployment(), api, PLAIN), api)

    (source,) = fake.state.sources
    assert source.model["uid"] == "falco-loki"
    assert source.model["url"] == LOKI
    assert not source.model.get("isDefault")
    folder = fake.state.board("falco-toolkit", folder=True)
    assert folder is not None
    boards = [board for board in fake.state.boards if not board.is_folder]
    assert {board.uid for board in boards} >= {OVERVIEW, "falco-toolkit-rule", "falco-toolkit-node"}
    assert all(board.folder_id == folder.id for board in boards)
    assert len(fake.state.groups) == (0 if version == "7.5.5" else 3)

    fake.writes.clear()
    again = plan_deploy(deployment(), api, PLAIN)
    assert again.is_empty
    apply_plan(again, api)
    assert fake.writes == []


def test_on_7_5_alert_rules_are_said_to_need_grafana_9(scripted_server: ScriptedServer) -> None:
    """7.5 answers 404 to their routes, which says nothing."""
    served(scripted_server, "7.5.5")
    plan = plan_deploy(deployment(), api_of(scripted_server), PLAIN)
    skipped = change(plan, "falco-security")
    assert skipped.action == "skipped"
    assert skipped.reason == "alert rules need Grafana 9 or later, this is 7.5"
    assert not any("provisioning" in asked.path for asked in scripted_server.asked)


@pytest.mark.parametrize("version", ["12.1.0", "13.0.0"])
def test_a_server_that_stores_dashboards_in_its_own_words_is_left_alone(
    scripted_server: ScriptedServer, version: str
) -> None:
    """Its content never compares equal; the mark and the history say that nobody saved since."""
    fake = served(scripted_server, version, restates=True)
    api = api_of(scripted_server)
    apply_plan(plan_deploy(deployment(), api, PLAIN), api)
    assert plan_deploy(deployment(), api, PLAIN).is_empty
    fake.edit(OVERVIEW, tags=["mine"])
    edited = change(plan_deploy(deployment(), api, PLAIN), OVERVIEW)
    assert edited.action == "refused"


@pytest.mark.parametrize("version", ["7.5.5", "11.6.0"])
def test_a_new_title_is_an_update_with_a_readable_difference(
    scripted_server: ScriptedServer, version: str, tmp_path: Path
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    small(folder, title="Renamed")
    plan = plan_deploy(deployment(folder), api, PLAIN)
    changed = change(plan, SMALL)
    assert changed.action == "update"
    assert changed.diff == ("~ title: Small → Renamed",)
    apply_plan(plan, api)
    assert stored(fake, SMALL)["title"] == "Renamed"
    assert stored(fake, SMALL)["version"] == 2


def test_what_somebody_changed_in_grafana_is_refused_with_name_and_time(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake = served(scripted_server)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    fake.edit(SMALL, who="alice", refresh="30s")

    refused = change(plan_deploy(deployment(folder), api, PLAIN), SMALL)
    assert refused.action == "refused"
    assert "alice changed it in Grafana at 2026-11-23T04:35:28Z" in refused.reason
    assert refused.diff == ("~ refresh: 30s → 5m",)
    assert "--force" in refused.hint

    forced = plan_deploy(deployment(folder), api, Wishes(force=True))
    apply_plan(forced, api)
    assert stored(fake, SMALL)["refresh"] == "5m"


def test_an_edit_that_was_taken_back_is_no_edit(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake = served(scripted_server)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    fake.edit(SMALL, refresh="30s")
    fake.edit(SMALL, refresh="5m")
    assert actions(plan_deploy(deployment(folder), api, PLAIN))[SMALL] == "unchanged"


def test_a_dashboard_of_somebody_elses_with_our_uid_is_not_taken_over(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    served(scripted_server)
    api = api_of(scripted_server)
    model = {"uid": SMALL, "title": "Theirs", "tags": [], "panels": [], "templating": {"list": []}}
    api.create_folder("theirs", "Theirs folder")
    api.save_dashboard(model, {"uid": "theirs"}, "by hand")
    refused = change(plan_deploy(deployment(small(tmp_path / "b")), api, PLAIN), SMALL)
    assert refused.action == "refused"
    assert "did not make" in refused.reason


@pytest.mark.parametrize("version", ["7.5.5", "12.1.0"])
def test_what_a_file_on_the_server_provides_is_never_written(
    scripted_server: ScriptedServer, version: str, tmp_path: Path
) -> None:
    """7.5 would take it (measured), and its file provider would put the old one back."""
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    board = fake.state.board(SMALL, folder=False)
    assert board is not None
    board.provisioned = "Falco/small.json"
    small(folder, title="Renamed")
    refused = change(plan_deploy(deployment(folder), api, Wishes(force=True)), SMALL)
    assert refused.action == "refused"
    assert "Falco/small.json" in refused.reason


def test_what_a_file_provides_just_so_is_unchanged(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    """A file that was written by --target files has neither tag nor mark of a deploy."""
    fake = served(scripted_server)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    board = fake.state.board(SMALL, folder=False)
    assert board is not None
    (made,) = render_offline(deployment(folder), GrafanaVersion(12, 1)).dashboards
    board.model, board.provisioned = made.model, "small.json"
    assert change(plan_deploy(deployment(folder), api, PLAIN), SMALL).action == "unchanged"


@pytest.mark.parametrize("version", ["7.5.5", "12.1.0"])
def test_a_dashboard_that_was_moved_goes_back_to_its_folder(
    scripted_server: ScriptedServer, version: str, tmp_path: Path
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    board = fake.state.board(SMALL, folder=False)
    home = fake.state.board("falco-toolkit", folder=True)
    assert board is not None and home is not None
    board.folder_id = 0
    plan = plan_deploy(deployment(folder), api, PLAIN)
    assert change(plan, SMALL).diff == ("~ folder: General → Falco",)
    apply_plan(plan, api)
    assert board.folder_id == home.id


@pytest.mark.parametrize("version", ["7.5.5", "12.1.0"])
def test_a_folder_of_that_title_is_used_whatever_its_uid(
    scripted_server: ScriptedServer, version: str, tmp_path: Path
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    api.create_folder("by-hand", "falco")
    plan = plan_deploy(deployment(small(tmp_path / "b")), api, PLAIN)
    assert change(plan, "by-hand").action == "unchanged"
    apply_plan(plan, api)
    board = fake.state.board(SMALL, folder=False)
    folder = fake.state.board("by-hand", folder=True)
    assert board is not None and folder is not None
    assert board.folder_id == folder.id


def test_only_what_is_named_is_deployed_and_an_unknown_name_is_an_error(
    scripted_server: ScriptedServer,
) -> None:
    served(scripted_server)
    api = api_of(scripted_server)
    plan = plan_deploy(deployment(only=("over*", "falco-trends")), api, PLAIN)
    assert actions(plan).keys() == {"falco-loki", "falco-toolkit", OVERVIEW, "falco-trends"}
    with pytest.raises(SettingsError, match="is called nothing") as caught:
        plan_deploy(deployment(only=("nothing",)), api, PLAIN)
    assert {OVERVIEW, "falco-trends"} <= set(str(caught.value.hint).split(": ")[1].split(", "))


# --- alert rules ----------------------------------------------------------------------------------


def alerting(folder: Path, title: str = "Too many") -> Path:
    """A folder with one alert rule."""
    folder.mkdir(exist_ok=True)
    (folder / "x.alertgroup.py").write_text(
        ALERTS.replace("{title}", title).replace("{{", "{").replace("}}", "}")
    )
    return folder


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


# --- the data source ------------------------------------------------------------------------------


@pytest.mark.parametrize("version", GENERATIONS)
@pytest.mark.parametrize("url", [LOKI, LOKI + "/", LOKI.replace("loki.loki", "LOKI.loki")])
def test_a_loki_that_somebody_added_by_hand_is_used_and_never_doubled(
    scripted_server: ScriptedServer, version: str, url: str
) -> None:
    fake = served(scripted_server, version)
    fake.add_source("P8E80F9AEF21F6940", url, name="My Loki", jsonData={"maxLines": 7})
    api = api_of(scripted_server)
    plan = plan_deploy(deployment(), api, PLAIN)
    apply_plan(plan, api)
    (source,) = fake.state.sources
    assert source.model["jsonData"] == {"maxLines": 7}
    assert "is used" in change(plan, "P8E80F9AEF21F6940").reason
    (variable, *_) = stored(fake, OVERVIEW)["templating"]["list"]
    expected = "My Loki" if version == "7.5.5" else "P8E80F9AEF21F6940"
    assert variable["current"]["value"] == expected
    if version != "7.5.5":
        (rule, *_) = fake.state.groups["falco-toolkit", "falco-security"]["rules"]
        assert rule["data"][0]["datasourceUid"] == "P8E80F9AEF21F6940"


def test_of_several_of_the_same_address_the_default_one_is_used(
    scripted_server: ScriptedServer,
) -> None:
    fake = served(scripted_server)
    fake.add_source("first", LOKI, name="A")
    fake.add_source("second", LOKI, name="B", isDefault=True)
    plan = plan_deploy(deployment(), api_of(scripted_server), PLAIN)
    assert change(plan, "second").action == "unchanged"


@pytest.mark.parametrize("version", GENERATIONS)
def test_our_own_data_source_follows_a_new_address_and_keeps_the_rest(
    scripted_server: ScriptedServer, version: str
) -> None:
    fake = served(scripted_server, version)
    fake.add_source("falco-loki", "http://old:3100", jsonData={"maxLines": 7})
    api = api_of(scripted_server)
    plan = plan_deploy(deployment(), api, PLAIN)
    assert change(plan, "falco-loki").diff == (f"~ url: http://old:3100 → {LOKI}",)
    apply_plan(plan, api)
    (source,) = fake.state.sources
    assert source.model["url"] == LOKI
    assert source.model["jsonData"] == {"maxLines": 7}


def test_a_provisioned_data_source_is_not_changed(scripted_server: ScriptedServer) -> None:
    """7.5 would make it editable, which was measured; later ones answer 403."""
    fake = served(scripted_server, "7.5.5")
    fake.add_source("falco-loki", "http://old:3100", readOnly=True)
    plan = plan_deploy(deployment(), api_of(scripted_server), PLAIN)
    assert change(plan, "falco-loki").action == "refused"
    assert "provisioned" in change(plan, "falco-loki").reason


def test_a_data_source_named_by_uid_is_used_as_it_is(scripted_server: ScriptedServer) -> None:
    fake = served(scripted_server)
    fake.add_source("theirs", "http://elsewhere:3100")
    wanted = deployment(source=WantedSource(uid="theirs"))
    plan = plan_deploy(wanted, api_of(scripted_server), PLAIN)
    assert change(plan, "theirs").action == "unchanged"


def test_a_data_source_named_by_uid_that_is_nowhere_is_an_error(
    scripted_server: ScriptedServer,
) -> None:
    fake = served(scripted_server)
    fake.add_source("theirs", "http://elsewhere:3100", name="Their Loki")
    with pytest.raises(PublishError, match="there is no data source gone in Grafana") as caught:
        plan_deploy(deployment(source=WantedSource(uid="gone")), api_of(scripted_server), PLAIN)
    assert "theirs (Their Loki)" in (caught.value.hint or "")
    assert "--loki-datasource-url" in (caught.value.hint or "")
    # With an address it is known what to make of it.
    wanted = deployment(source=WantedSource(uid="gone", url=LOKI))
    assert change(plan_deploy(wanted, api_of(scripted_server), PLAIN), "gone").action == "create"


def test_a_prometheus_that_is_nowhere_or_is_none_is_an_error(
    scripted_server: ScriptedServer,
) -> None:
    fake = served(scripted_server)
    fake.add_source("loki", LOKI)
    fake.add_source("prom", "http://prometheus:9090", name="P", type="prometheus")
    api = api_of(scripted_server)
    with pytest.raises(PublishError, match="no data source gone") as caught:
        plan_deploy(deployment(prometheus="gone"), api, PLAIN)
    assert "prom (P)" in (caught.value.hint or "")
    with pytest.raises(PublishError, match="loki is a loki, not a Prometheus"):
        plan_deploy(deployment(prometheus="loki"), api, PLAIN)
    plan = plan_deploy(deployment(prometheus="prom"), api, PLAIN)
    rules = (change(plan, "falco-pipeline").after or {})["rules"]
    assert "Falcosidekick loses events" in [rule["title"] for rule in rules]


@pytest.mark.parametrize("version", ["9.5.21", "12.1.0"])
def test_an_editor_brings_dashboards_to_a_server_that_has_none_yet(
    scripted_server: ScriptedServer, version: str
) -> None:
    """For a dashboard that is not there 9.4 answers 403 to an Editor, as was measured."""
    fake = served(scripted_server, version)
    api = api_of(scripted_server, "editor-token")
    apply_plan(plan_deploy(deployment(), api, PLAIN), api)
    assert stored(fake, OVERVIEW)["title"]


def test_a_data_source_named_by_uid_that_is_no_loki_is_an_error(
    scripted_server: ScriptedServer,
) -> None:
    fake = served(scripted_server)
    fake.add_source("prom", "http://prometheus:9090", type="prometheus")
    with pytest.raises(PublishError, match="prom is a prometheus, not a Loki"):
        plan_deploy(deployment(source=WantedSource(uid="prom")), api_of(scripted_server), PLAIN)


def test_a_name_that_is_taken_is_not_fought_over(scripted_server: ScriptedServer) -> None:
    fake = served(scripted_server)
    fake.add_source("other", "http://other:3100", name="Loki")
    api = api_of(scripted_server)
    apply_plan(plan_deploy(deployment(), api, PLAIN), api)
    assert {one.model["name"] for one in fake.state.sources} == {"Loki", "Loki (Falco)"}


# --- rights ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", GENERATIONS)
def test_an_editors_token_deploys_dashboards_and_is_told_what_the_rest_needs(
    scripted_server: ScriptedServer, version: str
) -> None:
    fake = served(scripted_server, version)
    fake.add_source("their-loki", LOKI)
    api = api_of(scripted_server, "editor-token")
    wanted = deployment(source=WantedSource(uid="their-loki"))
    plan = plan_deploy(wanted, api, PLAIN)
    source = change(plan, "their-loki")
    if version == "7.5.5":
        assert source.action == "skipped"
        assert "datasources:read" in source.hint
    else:
        # An Editor sees data sources there, and may not make one.
        assert source.action == "unchanged"
    apply_plan(plan, api)
    (variable, *_) = stored(fake, OVERVIEW)["templating"]["list"]
    # 7.5 names data sources by name, which an Editor cannot look up: Grafana then chooses a Loki.
    expected = {} if version == "7.5.5" else {"text": "Loki", "value": "their-loki"}
    assert variable["current"] == expected
    alerts = change(plan, "falco-security")
    if version in ("9.5.21", "10.4.2"):
        assert alerts.action == "refused"
        assert "alert.provisioning:read" in alerts.hint
    elif version != "7.5.5":
        assert alerts.action == "create"


def test_without_the_right_to_make_a_data_source_dashboards_are_deployed_all_the_same(
    scripted_server: ScriptedServer,
) -> None:
    fake = served(scripted_server, "9.5.21")
    api = api_of(scripted_server, "editor-token")
    outcome = apply_plan(plan_deploy(deployment(), api, PLAIN), api)
    (denied,) = outcome.denied
    assert (denied.kind, denied.action) == ("data source", "refused")
    assert "datasources:create" in denied.hint
    assert fake.state.board(OVERVIEW, folder=False)


def test_a_viewers_token_is_told_what_is_missing(scripted_server: ScriptedServer) -> None:
    served(scripted_server)
    api = api_of(scripted_server, "viewer-token")
    plan = plan_deploy(deployment(), api, Wishes(alerts=False))
    with pytest.raises(PublishError, match="may not POST /api/folders") as caught:
        apply_plan(plan, api)
    assert caught.value.status == 403
    assert "folders:create" in (caught.value.hint or "")
    assert "Editor" in (caught.value.hint or "")


@pytest.mark.parametrize("token", ["nonsense", None])
def test_credentials_that_are_not_accepted(
    scripted_server: ScriptedServer, token: str | None
) -> None:
    served(scripted_server)
    more = {} if token else {"username": None, "password": None}
    api = api_of(scripted_server, token, **more)
    with pytest.raises(PublishError, match="does not accept these credentials") as caught:
        plan_deploy(deployment(), api, PLAIN)
    assert "GRAFANA_TOKEN" in (caught.value.hint or "")
    assert "nonsense" not in str(caught.value)


# --- half way -------------------------------------------------------------------------------------


def test_a_failure_half_way_says_what_was_done_and_the_next_run_goes_on(
    scripted_server: ScriptedServer,
) -> None:
    fake = served(scripted_server)
    fake.faults["POST /api/dashboards/db"] = Answer(
        500, b'{"message":"database is locked"}', {"Content-Type": "application/json"}
    )
    api = api_of(scripted_server)
    plan = plan_deploy(deployment(), api, PLAIN)
    with pytest.raises(PublishError, match="500 database is locked") as caught:
        apply_plan(plan, api)
    assert "2 of " in str(caught.value)
    assert "not made: Falco /" in str(caught.value)
    assert "run the command again" in (caught.value.hint or "")

    fake.faults.clear()
    second = plan_deploy(deployment(), api, PLAIN)
    assert actions(second)["falco-toolkit"] == "unchanged"
    apply_plan(second, api)
    assert plan_deploy(deployment(), api, PLAIN).is_empty


def test_somebody_who_saves_meanwhile_is_not_overwritten(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake = served(scripted_server)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    small(folder, title="Renamed")
    plan = plan_deploy(deployment(folder), api, PLAIN)
    fake.edit(SMALL, refresh="1m")
    with pytest.raises(PublishError, match="changed by someone else") as caught:
        apply_plan(plan, api)
    assert caught.value.status == 412
    assert stored(fake, SMALL)["refresh"] == "1m"


# --- leftovers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["7.5.5", "12.1.0"])
def test_pruning_deletes_what_is_ours_and_nothing_else(
    scripted_server: ScriptedServer, version: str, tmp_path: Path
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    small(folder, uid="falco-toolkit-old", title="Old")
    small(folder, uid="falco-toolkit-edited", title="Edited")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    fake.edit("falco-toolkit-edited", refresh="1m")
    # Somebody saved a copy under another name: it has our tag and our mark.
    copy = stored(fake, "falco-toolkit-old") | {"uid": "copy", "title": "My copy"}
    del copy["version"], copy["id"]
    home = fake.state.board("falco-toolkit", folder=True)
    assert home is not None
    api.save_dashboard(copy, {"uid": home.uid, "id": home.id}, "")
    (folder / "falco-toolkit-old.dashboard.py").unlink()
    (folder / "falco-toolkit-edited.dashboard.py").unlink()

    assert "falco-toolkit-old" not in actions(plan_deploy(deployment(folder), api, PLAIN))
    plan = plan_deploy(deployment(folder), api, Wishes(prune=True))
    found = actions(plan)
    assert found["falco-toolkit-old"] == "delete"
    assert found["falco-toolkit-edited"] == "skipped"
    assert found["copy"] == "skipped"
    apply_plan(plan, api)
    left = {board.uid for board in fake.state.boards if not board.is_folder}
    assert left == {SMALL, "falco-toolkit-edited", "copy"}


def test_pruning_deletes_rules_of_groups_that_are_gone(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake = served(scripted_server)
    api = api_of(scripted_server)
    folder = alerting(small(tmp_path / "all"))
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    (folder / "x.alertgroup.py").unlink()
    plan = plan_deploy(deployment(folder), api, Wishes(prune=True))
    assert change(plan, "falco-toolkit-too-many").action == "delete"
    apply_plan(plan, api)
    assert fake.state.groups == {}


@pytest.mark.parametrize("version", ["9.4.0", "12.1.0"])
def test_a_rule_that_goes_to_another_group_is_moved_and_not_pruned(
    scripted_server: ScriptedServer, tmp_path: Path, version: str
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    folder = small(tmp_path / "d")
    path = folder / "x.alertgroup.py"
    text = ALERTS.replace("{title}", "T").replace("{{rule}}", "{rule}")
    path.write_text(text)
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    path.write_text(text.replace('"g"', '"other"'))
    plan = plan_deploy(deployment(folder), api, Wishes(prune=True))
    apply_plan(plan, api)
    assert [(key[1], len(group["rules"])) for key, group in fake.state.groups.items()] == [
        ("other", 1)
    ]


@pytest.mark.parametrize("version", ["9.4.0", "12.1.0"])
def test_a_group_whose_rules_the_labels_feed_no_more_is_emptied(
    scripted_server: ScriptedServer, version: str
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    old = deployment(schema=dialects()["falcosidekick-2.25"])
    first = plan_deploy(old, api, PLAIN)
    assert change(first, "falco-pipeline").action == "skipped"
    assert "feed none of its rules" in change(first, "falco-pipeline").reason
    apply_plan(plan_deploy(deployment(), api, PLAIN), api)
    assert ("falco-toolkit", "falco-pipeline") in fake.state.groups
    plan = plan_deploy(old, api, PLAIN)
    assert change(plan, "falco-pipeline").action == "update"
    apply_plan(plan, api)
    assert ("falco-toolkit", "falco-pipeline") not in fake.state.groups


def test_nothing_is_called_left_over_when_only_some_were_chosen(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    served(scripted_server)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    small(folder, uid="falco-toolkit-other", title="Other")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    wishes = Wishes(prune=True, partial=True)
    plan = plan_deploy(deployment(folder, only=(SMALL,)), api, wishes)
    assert "falco-toolkit-other" not in actions(plan)


def test_a_folder_of_ones_own(scripted_server: ScriptedServer, tmp_path: Path) -> None:
    fake = served(scripted_server)
    api = api_of(scripted_server)
    wanted = deployment(small(tmp_path / "b"), folder=Folder("sec", "Security"))
    apply_plan(plan_deploy(wanted, api, PLAIN), api)
    assert fake.state.board("sec", folder=True)
