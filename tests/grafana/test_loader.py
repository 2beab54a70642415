"""What is wrong with a definition is said with the line that it stands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.grafana.support import context
from toolkit.errors import DefinitionError
from toolkit.grafana.loader import line_of_text, load_definition, located
from toolkit.grafana.render import render_dashboard

NEEDS = """\
from toolkit.grafana.dashboard import Row, dashboard
from toolkit.grafana.panels import Stat
from toolkit.grafana.query import total
"""


@pytest.mark.parametrize("named", ["whole", "from here"])
@pytest.mark.parametrize(
    ("text", "line"), [("\n\nx = {}['title']\n", 3), ("x = 1\ny = (\n", 2), ("def f(\n", 1)]
)
def test_the_line_is_told_however_the_file_was_named(
    text: str, line: int, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.dashboard.py"
    path.write_text(text)
    monkeypatch.chdir(tmp_path)
    given = path if named == "whole" else Path(path.name)
    with pytest.raises(DefinitionError) as caught:
        load_definition(given)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"{given}:{line}: ")


def test_a_query_that_nobody_named_is_told_with_its_panel_and_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.dashboard.py"
    path.write_text(
        NEEDS
        + 'rows = [Row("How many", [Stat("Events",\n    total("events_totall"))])]\n'
        + 'dashboard = dashboard("A", "a", rows, description="d")\n'
    )
    with pytest.raises(DefinitionError) as caught:
        render_dashboard(load_definition(path).value, context())
    error = located(caught.value, path)
    assert str(error) == f"{path}:5: panel 'Events': there is no query named events_totall"
    assert error.hint == "did you mean events_total?"


def test_quoted_texts_are_found_before_others(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("# Events\nx = 'Events'\ny = 1\n")
    assert line_of_text(path, "Events") == 2
    assert line_of_text(path, "y = ") == 3
    assert line_of_text(path, "Rules") == 0
    assert line_of_text(path, "") == 0
    assert line_of_text(tmp_path / "none.py", "Events") == 0


def test_grafanalibs_own_panels_ask_the_dashboards_data_source(tmp_path: Path) -> None:
    """Without one Grafana asks its default data source, which may be a Prometheus."""
    path = tmp_path / "x.dashboard.py"
    path.write_text(
        "from grafanalib.core import Dashboard, GridPos, Stat\n"
        "from toolkit.grafana.target import LokiTarget\n"
        "place = GridPos(4, 4, 0, 0)\n"
        "target = LokiTarget(expr='{a=\"b\"}')\n"
        "dashboard = Dashboard(title='t', uid='u', panels=[\n"
        "    Stat(title='ours', targets=[target], gridPos=place),\n"
        "    Stat(title='theirs', dataSource='x', targets=[target], gridPos=place)])\n"
    )
    definition = load_definition(path).value
    for version, wanted in (
        ("13.0", {"type": "loki", "uid": "${datasource}"}),
        ("7.5", "${datasource}"),
    ):
        ours, theirs = render_dashboard(definition, context(version))["panels"]
        assert ours["datasource"] == wanted
        assert theirs["datasource"] == "x"
