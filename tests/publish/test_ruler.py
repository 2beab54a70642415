"""Alert rules over the API of Loki's ruler, as a real one answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Answer, Asked, ScriptedServer
from tests.publish.support import actions, change, deployment
from toolkit.errors import PublishError, SourceResponseError
from toolkit.grafana.version import NEWEST
from toolkit.http import HttpClient
from toolkit.publish.backup import write_backup
from toolkit.publish.deploy import render_offline
from toolkit.publish.model import Plan
from toolkit.publish.ruler import apply_rules, plan_rules, rules_rollback
from toolkit.settings import Connection

YAML = {"Content-Type": "application/yaml"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
DONE = b'{"status":"success","data":null,"errorType":"","error":""}'
RENDERED = render_offline(deployment(), NEWEST)


class Ruler:
    """Loki's rule store: statuses and texts are those of a running Loki of August 2026."""

    def __init__(self) -> None:
        self.groups: dict[str, dict[str, Any]] = {}
        self.writes = 0
        self.tenants: set[str] = set()

    def __call__(self, asked: Asked) -> Answer:
        assert asked.path.startswith("/loki/api/v1/rules/falco-toolkit")
        self.tenants.add(asked.headers.get("x-scope-orgid", ""))
        if asked.method == "GET":
            if not self.groups:
                return Answer(404, b"no rule groups found\n", TEXT)
            body = {"falco-toolkit": [self._told(group) for group in self.groups.values()]}
            return Answer(200, yaml.safe_dump(body, sort_keys=False).encode(), YAML)
        self.writes += 1
        if asked.method == "DELETE":
            self.groups.pop(asked.path.rsplit("/", 1)[1], None)
            return Answer(202, DONE)
        group = yaml.safe_load(asked.body)
        if any(rule["expr"] == "{" for rule in group["rules"]):
            return Answer(400, b"could not parse expression for alert 'x' in group 'g'\n", TEXT)
        self.groups[group["name"]] = group
        return Answer(202, DONE)

    @staticmethod
    def _told(group: dict[str, Any]) -> dict[str, Any]:
        """A pending period of nothing is not told."""
        rules = [
            {k: v for k, v in rule.items() if (k, v) != ("for", "0s")} for rule in group["rules"]
        ]
        return {**group, "rules": rules}


@pytest.fixture
def ruler(scripted_server: ScriptedServer) -> Ruler:
    found = Ruler()
    scripted_server.answer = found
    return found


def http(server: ScriptedServer) -> HttpClient:
    return HttpClient(Connection(url=server.url, tenant="team-a", retries=0))


def planned(server: ScriptedServer, *, prune: bool = False) -> Plan:
    return plan_rules(http(server), RENDERED.groups, RENDERED.context, prune=prune)


def test_rules_are_brought_once_and_a_second_run_sends_nothing(
    scripted_server: ScriptedServer, ruler: Ruler
) -> None:
    done = apply_rules(planned(scripted_server), http(scripted_server))
    assert [one.uid for one in done] == ["falco-security", "falco-trends", "falco-pipeline"]
    assert ruler.groups["falco-security"]["rules"][0]["alert"] == "Critical Falco event"
    assert ruler.tenants == {"team-a"}
    before = ruler.writes
    again = planned(scripted_server)
    assert again.is_empty
    assert apply_rules(again, http(scripted_server)) == ()
    assert ruler.writes == before


def test_a_changed_rule_is_shown_and_sent(scripted_server: ScriptedServer, ruler: Ruler) -> None:
    apply_rules(planned(scripted_server), http(scripted_server))
    ruler.groups["falco-trends"]["interval"] = "1h"
    plan = planned(scripted_server)
    assert actions(plan)["falco-security"] == "unchanged"
    assert change(plan, "falco-trends").diff == ("~ interval: 1h → 15m",)


def test_what_nothing_defines_goes_only_when_it_is_asked_for(
    scripted_server: ScriptedServer, ruler: Ruler
) -> None:
    ruler.groups["old"] = {"name": "old", "interval": "1m", "rules": []}
    assert "old" not in actions(planned(scripted_server))
    plan = planned(scripted_server, prune=True)
    assert change(plan, "old").action == "delete"
    apply_rules(plan, http(scripted_server))
    assert "old" not in ruler.groups


def test_a_loki_without_a_ruler_is_told_from_one_without_rules(
    scripted_server: ScriptedServer,
) -> None:
    scripted_server.answer = lambda asked: Answer(404, b"404 page not found\n", TEXT)
    with pytest.raises(PublishError, match="has no ruler, or its API is off") as caught:
        planned(scripted_server)
    assert "ruler.enable_api" in (caught.value.hint or "")


def test_a_ruler_that_reads_files_takes_none(scripted_server: ScriptedServer, ruler: Ruler) -> None:
    plan = planned(scripted_server)
    scripted_server.answer = lambda asked: Answer(500, b"unsupported operation\n", TEXT)
    with pytest.raises(PublishError, match="500 unsupported operation") as caught:
        apply_rules(plan, http(scripted_server))
    assert "--target configmap" in (caught.value.hint or "")


def test_something_else_than_a_ruler(scripted_server: ScriptedServer) -> None:
    scripted_server.answer = lambda asked: Answer(200, b"<html>sign in", {})
    with pytest.raises(SourceResponseError, match="no list of rules"):
        planned(scripted_server)


def test_the_command(
    scripted_server: ScriptedServer,
    ruler: Ruler,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from tests.publish.test_command import run

    monkeypatch.chdir(tmp_path)
    assert run("--target", "ruler", "--loki-url", scripted_server.url, "--dry-run") == 0
    assert "+ alert group falco-security: create" in capsys.readouterr().out
    assert ruler.groups == {}
    assert run("--target", "ruler", "--loki-url", scripted_server.url) == 0
    assert "Sent 3 changes." in capsys.readouterr().out
    assert run("--target", "ruler", "--loki-url", scripted_server.url) == 0
    assert "Nothing changed; nothing was sent." in capsys.readouterr().out


def test_a_rollback_puts_groups_back_and_takes_new_ones_away(
    scripted_server: ScriptedServer, ruler: Ruler, tmp_path: Path
) -> None:
    old = {"name": "falco-trends", "interval": "1h", "rules": []}
    ruler.groups["falco-trends"] = dict(old)
    plan = planned(scripted_server)
    kept = write_backup(plan, tmp_path, datetime(2026, 11, 23, tzinfo=UTC))
    assert kept is not None
    apply_rules(plan, http(scripted_server))
    back = rules_rollback(http(scripted_server), kept)
    assert actions(back) == {
        "falco-pipeline": "delete",
        "falco-trends": "update",
        "falco-security": "delete",
    }
    apply_rules(back, http(scripted_server))
    assert ruler.groups == {"falco-trends": old}
    assert rules_rollback(http(scripted_server), kept).is_empty


def test_with_only_some_chosen_nothing_is_left_over(
    scripted_server: ScriptedServer,
    ruler: Ruler,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from tests.publish.test_command import run

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    ruler.groups["old"] = {"name": "old", "interval": "1m", "rules": []}
    chosen = ("--only", "falco-trends", "--prune", "--yes", "--json")
    assert run("--target", "ruler", "--loki-url", scripted_server.url, *chosen) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == {"create": 1}
    assert set(ruler.groups) == {"old", "falco-trends"}
