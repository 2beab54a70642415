"""Definition files that do not do: each error names the file, and the line where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.publish.support import BOARD, deployment, small
from toolkit.errors import DefinitionError
from toolkit.grafana.version import NEWEST
from toolkit.publish.deploy import render_offline


def refused(folder: Path) -> DefinitionError:
    with pytest.raises(DefinitionError) as caught:
        render_offline(deployment(folder), NEWEST)
    return caught.value


def written(folder: Path, text: str, name: str = "x.dashboard.py") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder


PLAIN = """
from grafanalib.core import Dashboard, GridPos, Target, Templating, TimeSeries

dashboard = Dashboard(
    title="t",
    uid="u",
    panels=[
        TimeSeries(
            title="p",
            dataSource={"type": "loki", "uid": "x"},
            gridPos=GridPos(h=8, w=12, x=0, y=0),
            targets=[Target(expr='EXPR')],
        )
    ],
)
"""


def test_a_file_that_raises(tmp_path: Path) -> None:
    error = refused(written(tmp_path / "d", "\n\nx = 1 / 0\n"))
    assert str(error).endswith("x.dashboard.py:3: ZeroDivisionError: division by zero")


def test_a_file_that_does_not_parse(tmp_path: Path) -> None:
    error = refused(written(tmp_path / "d", "x = 1\ny = = 2\n"))
    assert "x.dashboard.py:2: SyntaxError: invalid syntax" in str(error)


def test_a_file_that_exits(tmp_path: Path) -> None:
    assert "x.dashboard.py:1: SystemExit: 3" in str(
        refused(written(tmp_path / "d", "raise SystemExit(3)\n"))
    )


def test_a_file_that_imports_what_is_not_there(tmp_path: Path) -> None:
    error = refused(written(tmp_path / "d", "\nimport nothing_of_that_name\n"))
    assert "x.dashboard.py:2: ModuleNotFoundError" in str(error)


def test_a_file_without_the_variable(tmp_path: Path) -> None:
    error = refused(written(tmp_path / "d", "x = 1\n"))
    assert "sets no variable dashboard" in str(error)
    assert error.hint == "end the file with dashboard = ..."


def test_a_file_whose_variable_is_something_else(tmp_path: Path) -> None:
    assert "dashboard is a int" in str(refused(written(tmp_path / "d", "dashboard = 1\n")))


def test_a_folder_that_is_not_there_and_one_that_is_empty(tmp_path: Path) -> None:
    assert "there is no folder" in str(refused(tmp_path / "gone"))
    (tmp_path / "empty").mkdir()
    assert "holds no *.dashboard.py" in str(refused(tmp_path / "empty"))


def test_two_dashboards_with_one_uid(tmp_path: Path) -> None:
    folder = small(tmp_path / "d")
    again = BOARD.replace("{title}", "Again").replace("{uid}", "falco-toolkit-small")
    error = refused(written(folder, again, "z.dashboard.py"))
    assert "z.dashboard.py:7: the uid falco-toolkit-small is that of" in str(error)
    assert "falco-toolkit-small.dashboard.py too" in str(error)


def test_a_uid_over_40_characters(tmp_path: Path) -> None:
    folder = small(tmp_path / "d", uid="u" * 41)
    assert "has 41 characters, Grafana takes 40" in str(refused(folder))


def test_a_uid_with_a_blank(tmp_path: Path) -> None:
    text = BOARD.replace("{title}", "t").replace("{uid}", "a b")
    error = refused(written(tmp_path / "d", text))
    assert "x.dashboard.py:7: the uid 'a b' may hold letters" in str(error)


def test_a_title_of_6000_characters(tmp_path: Path) -> None:
    folder = small(tmp_path / "d", title="t" * 6000)
    assert "the title has 6000 characters, Grafana takes 5000" in str(refused(folder))


def test_a_query_that_does_not_parse(tmp_path: Path) -> None:
    error = refused(written(tmp_path / "d", PLAIN.replace("EXPR", '{a="b"} |= ')))
    assert "x.dashboard.py:12: panel 'p', query A: parse error" in str(error)
    assert '{a="b"} |= ' in str(error)


def test_a_variable_that_does_not_exist(tmp_path: Path) -> None:
    error = refused(written(tmp_path / "d", PLAIN.replace("EXPR", '{a="$nothing"}')))
    assert "x.dashboard.py:12: panel 'p', query A: there is no variable $nothing" in str(error)


def test_grafanas_own_variables_and_templates_groups_are_no_unknown_ones(tmp_path: Path) -> None:
    text = '{a="b"} | line_format "${1} {{.x}}"'
    render_offline(deployment(written(tmp_path / "a", PLAIN.replace("EXPR", text))), NEWEST)
    text = 'count_over_time({a="b"}[$__auto])'
    render_offline(deployment(written(tmp_path / "b", PLAIN.replace("EXPR", text))), NEWEST)


def test_a_query_of_no_such_name(tmp_path: Path) -> None:
    folder = small(tmp_path / "d")
    path = folder / "falco-toolkit-small.dashboard.py"
    path.write_text(path.read_text().replace("events_total", "event_total"))
    error = refused(folder)
    assert "there is no query named event_total" in str(error)
    assert "did you mean events_total?" in (error.hint or "")


def test_two_alert_groups_of_one_name(tmp_path: Path) -> None:
    text = """
from toolkit.grafana.alerting import AlertGroup, AlertGroups, AlertRule

rule = AlertRule("t", query="events_total", summary="s")
alertgroup = AlertGroups([AlertGroup("g", [rule]), AlertGroup("g", [])])
"""
    error = refused(written(tmp_path / "d", text, "x.alertgroup.py"))
    assert "x.alertgroup.py:5: there are two alert groups called g" in str(error)


def test_an_alert_text_that_names_what_its_query_does_not_keep(tmp_path: Path) -> None:
    text = """
from toolkit.grafana.alerting import AlertGroup, AlertRule

alertgroup = AlertGroup("g", [AlertRule("t", query="events_total", summary="{rule}")])
"""
    error = refused(written(tmp_path / "d", text, "x.alertgroup.py"))
    assert "x.alertgroup.py:4: alert rule 't' says {rule}" in str(error)


def test_a_plain_dashboard_of_grafanalib_is_repaired_and_taken(tmp_path: Path) -> None:
    folder = written(tmp_path / "d", PLAIN.replace("EXPR", 'rate({a="b"}[5m])'))
    (made,) = render_offline(deployment(folder), NEWEST).dashboards
    (panel,) = made.model["panels"]
    assert panel["targets"][0]["queryType"] == "range"
    assert panel["targets"][0]["refId"] == "A"
    assert "step" not in panel["targets"][0]
    assert panel["id"] == 1


def test_a_definition_leaves_no_trace(tmp_path: Path) -> None:
    folder = small(tmp_path / "d")
    render_offline(deployment(folder), NEWEST)
    assert [path.name for path in folder.iterdir()] == ["falco-toolkit-small.dashboard.py"]
