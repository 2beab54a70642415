"""Dashboards from files of every kind, and what is said of those that hold none."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from toolkit.catalog import catalog
from toolkit.grafana.context import Context
from toolkit.lint.board import Board
from toolkit.lint.positions import line_of
from toolkit.lint.reading import UNREADABLE, Reading, read
from toolkit.lint.run import lint

BOARD: dict[str, Any] = {"uid": "a", "title": "A", "panels": [{"type": "stat", "title": "Empty"}]}


def reading(*paths: Path) -> Reading:
    return read(paths, Context(catalog()))


def configmap(name: str, data: dict[str, str], **metadata: Any) -> dict[str, Any]:
    held = {"name": name, **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": held, "data": data}


@pytest.mark.parametrize(
    "whole",
    [
        BOARD,
        {"dashboard": BOARD, "meta": {"version": 3}},
        {"apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard", "spec": BOARD},
    ],
    ids=["plain", "as the API answers", "as a resource"],
)
def test_plain_json_and_what_servers_wrap_around_it(whole: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("\n\n" + json.dumps(whole, indent=2))
    (board,) = reading(path).boards
    assert board.title == "A"
    line = board.line(("panels", 0, "title"))
    assert path.read_text().splitlines()[line - 1].strip() == '"title": "Empty"'


def test_configmaps_in_a_list_with_the_lines_of_the_file(tmp_path: Path) -> None:
    first = configmap("one", {"one.json": json.dumps(BOARD, indent=1), "note.txt": "{"})
    block = json.dumps({**BOARD, "uid": "b"}, indent=1).replace("\n", "\n      ")
    text = (
        yaml.safe_dump(first)
        + "---\nkind: List\nitems:\n- kind: ConfigMap\n  metadata:\n"
        + "    annotations: {grafana_folder: Falco}\n  data:\n    two.json: |\n      "
        + block
        + "\n"
    )
    path = tmp_path / "boards.yaml"
    path.write_text(text)
    one, two = reading(path).boards
    assert (one.key, one.folder) == ("one.json", "")
    assert (two.key, two.folder, two.uid) == ("two.json", "Falco", "b")
    line = two.line(("panels", 0, "title"))
    assert text.splitlines()[line - 1].strip() == '"title": "Empty"'


def test_a_grafana_operator_resource(tmp_path: Path) -> None:
    path = tmp_path / "board.yml"
    path.write_text(
        yaml.safe_dump({"kind": "GrafanaDashboard", "spec": {"json": json.dumps(BOARD)}})
    )
    assert [one.uid for one in reading(path).boards] == ["a"]


def test_a_folder_is_searched_and_what_is_no_dashboard_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "deep" / "a.json").write_text(json.dumps(BOARD))
    (tmp_path / ".git" / "b.json").write_text(json.dumps(BOARD))
    (tmp_path / "package.json").write_text('{"name": "x"}')
    (tmp_path / "values.yaml").write_text("a: [")
    found = reading(tmp_path)
    assert [one.file for one in found.boards] == [str(tmp_path / "deep" / "a.json")]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.json", '{\n "panels": [\n}', "line 3: Expecting value"),
        ("a.json", '{"name": "x"}', "no dashboard is in it"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.json", "\udcff", "can't decode byte"),
        ("a.yaml", "kind: ConfigMap\ndata: [", "the YAML cannot be read"),
        ("a.json", '{"spec": {"elements": {}, "layout": {}}}', "schema v2"),
        ("a.dashboard.py", "dashboard = 1 / 0\n", "ZeroDivisionError"),
        ("a.dashboard.py", "x = 1\n", "sets no variable dashboard"),
    ],
)
def test_a_named_file_that_cannot_be_read_is_a_problem(
    name: str, text: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    found = reading(path)
    assert found.boards == ()
    (problem,) = found.problems
    assert problem.code == UNREADABLE
    assert says in problem.summary


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (problem,) = reading(tmp_path / "none.json").problems
    assert problem.summary == "No such file or directory"


def test_our_own_definitions_are_rendered(tmp_path: Path) -> None:
    path = tmp_path / "mine.dashboard.py"
    path.write_text(
        "from grafanalib.core import Dashboard\n"
        "dashboard = Dashboard(title='Mine', uid='mine', panels=[])\n"
    )
    (board,) = reading(path).boards
    assert board.uid == "mine"


def test_what_is_wrong_with_a_definition_is_told_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.dashboard.py"
    path.write_text(
        "from grafanalib.core import Dashboard, Template, Templating, Text\n"
        "\n"
        "dashboard = Dashboard(\n"
        "    title='Mine',\n"
        "    uid='mine',\n"
        "    templating=Templating([Template('cluster', query='x')]),\n"
        "    panels=[Text(title='Read me')],\n"
        ")\n"
    )
    (board,) = reading(path).boards
    places = {
        ("title",): 4,
        ("uid",): 5,
        ("refresh",): 4,
        ("templating", "list", 0, "refresh"): 6,
        ("panels", 0, "options", "content"): 7,
        ("panels", 7): 4,
    }
    assert {place: board.line(place) for place in places} == places


def test_a_definition_that_raises_is_a_problem_on_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.dashboard.py"
    path.write_text("\nx = {}['title']\n")
    (problem,) = reading(path).problems
    assert (problem.location.line, problem.summary) == (2, "KeyError: 'title'")


# --- laws -----------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)
WHOLE = json.loads((Path(__file__).parent / "boards" / "label-sets.json").read_text("utf-8"))


@given(st.data(), JSON)
def test_no_wrong_type_anywhere_makes_a_check_stumble(data: st.DataObject, wrong: Any) -> None:
    model = deepcopy(WHOLE)
    inner: Any = model
    while True:
        key = data.draw(
            st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner)))
        )
        below = inner[key]
        if not isinstance(below, dict | list) or not below or data.draw(st.booleans()):
            break
        inner = below
    inner[key] = wrong
    lint([Board(model), Board(model)])


@given(JSON.filter(lambda value: isinstance(value, dict | list)), st.data())
def test_every_value_is_found_on_its_line(value: Any, data: st.DataObject) -> None:
    """With an indent each value begins a line of its own: walking the lines gives its number."""
    path: list[str | int] = []
    inner, line = value, 1
    while isinstance(inner, dict | list) and inner:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        chosen = data.draw(st.sampled_from(keys))
        before = keys[: keys.index(chosen)]
        line += 1 + sum(json.dumps(inner[key], indent=1).count("\n") + 1 for key in before)
        path.append(chosen)
        inner = inner[chosen]
    assert line_of(json.dumps(value, indent=1), tuple(path)) == line
