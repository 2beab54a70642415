"""``toolkit dashboards``: panels that stay empty and why; what was changed in Grafana."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ScriptedServer
from tests.lint.support import model
from tests.publish.support import served, small
from toolkit.catalog import catalog
from toolkit.cli.blame import Cause
from toolkit.cli.empty_panels import Asker, EmptyPanel
from toolkit.cli.main import Entry, resolve
from toolkit.engine.store import Store, StreamBatch
from toolkit.errors import DefinitionError, SettingsError
from toolkit.falco.event import FalcoEvent, parse_event
from toolkit.falco.labels import SOURCE_FALCO, dialects
from toolkit.falco.sample import sample_lines
from toolkit.lint.board import Board
from toolkit.sources.embedded import EmbeddedSource

MINUTE = 60_000_000_000
HOUR = 60 * MINUTE
END = 1_790_000_000 * 1_000_000_000
START = END - HOUR

FALCO = {"source": "falco", "rule": "Shell", "priority": "Notice"}
STREAMS: list[tuple[dict[str, str], list[str]]] = [
    ({**FALCO, "hostname": "node-1"}, ["shell in a box", "latency=5ms"]),
    ({**FALCO, "hostname": "node-2", "rule": "Read"}, ["read a secret"]),
    ({"app": "nginx", "priority": "6"}, ["GET /"]),
]


@pytest.fixture
def source() -> EmbeddedSource:
    """Three streams, one line a minute each, ten minutes before the end."""
    store = Store.in_memory()
    for labels, lines in STREAMS:
        times = [END - 10 * MINUTE + index for index in range(len(lines))]
        store.append([StreamBatch(labels, times, lines)])
    return EmbeddedSource.over(store)


def looked_at(source: EmbeddedSource, *targets: dict[str, Any], **case: Any) -> list[EmptyPanel]:
    """The empty ones of panels with these queries, each on a panel of its own."""
    board = Board(model({**case, "panels": [{"targets": [one]} for one in targets]}))
    asker = Asker(source, SOURCE_FALCO, catalog(), START, END)
    tour = asker.tour([board], case.get("given", {}))
    assert tour.panels == len(targets)
    return list(tour.empty)


def cause(source: EmbeddedSource, expr: str, **more: Any) -> Cause:
    """Why the query has no answer: the one cause that there is."""
    (empty,) = looked_at(source, {"expr": expr, **more})
    assert not empty.error
    (found,) = empty.causes
    return found


def test_panels_with_an_answer_are_not_listed(source: EmbeddedSource) -> None:
    assert not looked_at(
        source,
        {"expr": '{source="falco"}'},
        {"expr": 'sum by (rule) (count_over_time({source="falco"}[$__auto]))'},
        {"expr": 'sum(count_over_time({source="falco"}[$__range]))', "queryType": "instant"},
        {"expr": 'sum(count_over_time({source="falco", rule="None"}[1h])) or vector(0)'},
    )


def test_a_label_that_no_stream_has_and_the_setting_that_brings_it(source: EmbeddedSource) -> None:
    found = cause(source, 'sum(count_over_time({source="falco", k8s_ns_name="shop"}[$__auto]))')
    assert (found.kind, found.text) == ("label", "no stream has the label k8s_ns_name")
    assert "Falcosidekick 2.31" in found.hint
    assert found.is_fault


def test_of_a_label_that_is_none_of_falcos_no_setting_is_named(source: EmbeddedSource) -> None:
    found = cause(source, '{source="falco", cluster="blue"}')
    assert (found.kind, found.hint) == ("label", "")


def test_a_value_that_no_stream_has_with_those_that_there_are(source: EmbeddedSource) -> None:
    found = cause(source, '{source="falco", rule=~"Sh.*x|Write"}')
    assert found.kind == "value"
    assert found.text == 'no stream has rule=~"Sh.*x|Write"; of rule there are Read, Shell'
    assert not found.is_fault


def test_events_labelled_otherwise_than_thought_are_a_fault() -> None:
    store = Store.in_memory()
    store.append([StreamBatch({**FALCO, "source": "syscall"}, [END - MINUTE], ["x"])])
    found = cause(EmbeddedSource.over(store), '{source="falco"}')
    assert (found.kind, found.is_fault) == ("dialect", True)
    assert found.text == 'no stream has source="falco"; of source there are syscall'
    assert found.hint == "name the labels in use with --labels"


@pytest.mark.parametrize(
    "written",
    ["falcosidekick", "falcosidekick-json", "falcosidekick-2.25", "source-falco-json", "stdout"],
)
def test_the_labels_that_are_in_use_are_named(written: str) -> None:
    """Dashboards made for others than a Loki holds are all empty; one word puts them right."""
    asked = "source-falco-2.24" if written != "source-falco-json" else "stdout"
    store = Store.in_memory()
    for number, line in enumerate(islice(sample_lines(1, END), 300)):
        event = parse_event(line)
        assert isinstance(event, FalcoEvent)
        labels, _, text = dialects()[written].entry(event)
        store.append([StreamBatch(labels, [END - 10 * MINUTE + number], [text])])
    schema = dialects()[asked]
    board = Board(model({"panels": [{"targets": [{"expr": str(schema.selector())}]}]}))
    tour = Asker(EmbeddedSource.over(store), schema, catalog(), START, END).tour([board], {})
    ((found, *_),) = (one.causes for one in tour.empty)
    assert (found.kind, found.is_fault) == ("dialect", True)
    assert found.hint == f"events of Falco's are there with --labels {written}"


def test_matchers_that_never_meet(source: EmbeddedSource) -> None:
    found = cause(source, '{source="falco", rule="Read", hostname="node-1"}')
    assert found.kind == "together"
    assert found.text == 'no stream has rule="Read" and the rest of the selector'


@pytest.mark.parametrize(
    ("stages", "stopping"),
    [
        ('|= "shell" |= "fish"', '|= "fish"'),
        ('| json name="a" | name="b"', '| name="b"'),
    ],
)
def test_the_stage_that_lets_no_line_through(
    stages: str, stopping: str, source: EmbeddedSource
) -> None:
    found = cause(source, f'{{source="falco"}} {stages}')
    assert (found.kind, found.text) == ("stage", f"no line passes {stopping}")


def test_numbers_that_no_line_has(source: EmbeddedSource) -> None:
    expr = 'sum(sum_over_time({source="falco"} | json n="n" | unwrap n | __error__="" [$__auto]))'
    found = cause(source, expr)
    assert (found.kind, found.text) == ("stage", "no line has a number in n")


def test_nothing_at_that_time_is_no_fault(source: EmbeddedSource) -> None:
    earlier = 'sum(count_over_time({source="falco"}[$__range] offset $__range))'
    found = cause(source, earlier, queryType="instant")
    assert (found.kind, found.is_fault) == ("quiet", False)
    same = 'sum by (rule) (count_over_time({source="falco"}[$__auto]))'
    assert cause(source, f"{same} unless {same}").kind == "quiet"


def test_what_is_taken_away_is_not_to_blame(source: EmbeddedSource) -> None:
    kept = 'sum by (rule) (count_over_time({source="falco"}[1h]))'
    gone = 'sum by (rule) (count_over_time({source="falco"}[1h]))'
    away = 'sum by (rule) (count_over_time({nowhere="at all"}[1h]))'
    found = cause(source, f"({kept} unless {gone}) unless {away}")
    assert found.kind == "quiet"


def test_an_empty_source_is_a_fault() -> None:
    found = cause(EmbeddedSource.over(Store.in_memory()), '{source="falco"}')
    assert (found.kind, found.text) == ("label", "there is no stream at all in this time range")


def test_a_query_that_is_refused_is_an_error_of_its_panel(source: EmbeddedSource) -> None:
    (empty,) = looked_at(source, {"expr": 'count_over_time({source="falco"}[1h'})
    assert "parse error" in empty.error
    assert empty.is_fault


def test_variables_open_with_what_they_hold_unless_given(source: EmbeddedSource) -> None:
    variable = {"name": "node", "type": "query", "includeAll": True, "allValue": ".*"}
    target = {"expr": '{source="falco", hostname=~"$node"}'}
    held = {**variable, "current": {"value": ["$__all"]}}
    assert not looked_at(source, target, variables=[held])
    held = {**variable, "current": {"value": ["node-9"]}}
    (empty,) = looked_at(source, target, variables=[held])
    assert "node-9" in empty.causes[0].text
    assert not looked_at(source, target, variables=[held], given={"node": ["node-1"]})
    with pytest.raises(DefinitionError, match="no dashboard has the variable nod"):
        looked_at(source, target, variables=[held], given={"nod": ["x"]})


# --- the commands ---------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the machine's, and a folder with an event and a dashboard."""
    for name in ("LOKI_URL", "GRAFANA_URL", "GRAFANA_TOKEN", "GRAFANA_USER", "GRAFANA_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    event = {
        "time": "2026-09-21T10:00:00Z",
        "rule": "Shell",
        "priority": "Notice",
        "source": "syscall",
        "output": "10:00:00.000000000: Notice shell",
        "output_fields": {"proc.name": "sh"},
        "hostname": "node-1",
    }
    Path("events.jsonl").write_text(json.dumps(event) + "\n")
    expr = 'sum(count_over_time({source="falco", EXTRA}[$__range]))'
    panels = [
        {
            "title": title,
            "targets": [{"expr": expr.replace("EXTRA", extra), "queryType": "instant"}],
        }
        for title, extra in (
            ("Here", 'rule!="Test rule", rule!~"Falco internal:.*", hostname=~".+"'),
            ("Missing", 'k8s_ns_name="shop", rule=~"Sh.*"'),
            ("Quiet", 'rule="Read"'),
        )
    ]
    Path("board.json").write_text(json.dumps(model({"panels": panels})))


def run(*arguments: str) -> int:
    """Runs the command and gives its exit status; errors of ours come through."""
    command = resolve(Entry("dashboards", "toolkit.cli.dashboards", "app", ""))
    with pytest.raises(SystemExit) as exit_:
        command.main(args=list(arguments), standalone_mode=True)
    return int(exit_.value.code or 0)


LIVE = ("--live", "--events", "events.jsonl", "--labels", "source-falco", "--since", "1h")
AT = ("--to", "2026-09-21T10:30:00")


def test_live_lists_empty_panels_and_exits_1_for_want_of_a_label(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("check", "board.json", *LIVE, *AT) == 1
    said = capsys.readouterr().out
    assert '"Here"' not in said
    assert 'A board: "Missing" is empty for want of a label' in said
    assert "no stream has the label k8s_ns_name\n  hint: k8s_ns_name needs Falcosidekick" in said
    assert 'A board: "Quiet" is empty\n' in said
    assert said.endswith("3 panels of 1 dashboard: 2 empty, 1 of them by fault\n")


def test_panels_that_are_empty_for_one_reason_are_told_together(
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = json.loads(Path("board.json").read_text())
    whole["panels"].append({**whole["panels"][1], "title": "Missing too"})
    Path("board.json").write_text(json.dumps(whole))
    run("check", "board.json", *LIVE, *AT)
    said = capsys.readouterr().out
    assert 'A board: "Missing", "Missing too"\n  the 2 are empty for want of a label; the' in said
    assert said.count("no stream has the label k8s_ns_name") == 1
    assert 'A board: "Quiet" is empty\n' in said


def test_panels_that_have_nothing_to_show_are_no_fault() -> None:
    whole = json.loads(Path("board.json").read_text())
    del whole["panels"][1]
    Path("board.json").write_text(json.dumps(whole))
    assert run("check", "board.json", *LIVE, *AT) == 0


def test_live_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "board.json", *LIVE, *AT, "--json") == 1
    data = json.loads(capsys.readouterr().out)
    assert [(one["panel"], one["fault"]) for one in data["empty"]] == [
        ("Missing", True),
        ("Quiet", False),
    ]
    assert data["empty"][0]["causes"][0]["kind"] == "label"


def test_without_live_it_is_lint(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "board.json") == 0
    assert "[test-events-counted]" not in capsys.readouterr().out
    assert run("check") == 0
    assert "in 9 dashboards" in capsys.readouterr().out


def test_our_own_dashboards_have_no_fault_on_the_sample(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert run("check", "--live") == 0
    assert "0 of them by fault" in capsys.readouterr().out


def test_what_is_typed_wrongly_is_refused() -> None:
    command = resolve(Entry("dashboards", "toolkit.cli.dashboards", "app", ""))
    for arguments in (["--var", "node"], ["--since", "soon"], ["--to", "then"]):
        with pytest.raises(SettingsError):
            command.main(args=["check", "board.json", *LIVE, *arguments], standalone_mode=True)
    with pytest.raises(SettingsError):
        command.main(args=["check", "--json"], standalone_mode=True)


def test_pull_brings_home_what_was_changed(
    scripted_server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fake = served(scripted_server)
    monkeypatch.setenv("GRAFANA_URL", scripted_server.url)
    monkeypatch.setenv("GRAFANA_USER", "admin")
    monkeypatch.setenv("GRAFANA_PASSWORD", "admin")
    folder = str(small(Path("boards")))
    deploy = resolve(Entry("deploy", "toolkit.cli.deploy", "deploy_dashboards", ""))
    with pytest.raises(SystemExit):
        deploy.main(args=["--dashboards", folder, "--backups", "kept"])
    assert run("pull", "--dashboards", folder) == 0
    assert "All is in Grafana as it is defined." in capsys.readouterr().out
    fake.edit("falco-toolkit-small", who="alice", refresh="1m")
    fake.writes.clear()
    assert run("pull", "--dashboards", folder) == 0
    said = capsys.readouterr().out
    assert "Small (falco-toolkit-small), saved by alice at " in said
    assert '+ "refresh": "1m",' in said
    assert run("pull", "--dashboards", folder, "--output", "changed") == 0
    assert '+ "refresh": "1m",' in Path("changed/falco-toolkit-small.patch").read_text()
    assert json.loads(Path("changed/falco-toolkit-small.json").read_text())["refresh"] == "1m"
    assert fake.writes == []
