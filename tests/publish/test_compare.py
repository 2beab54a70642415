"""What counts as a difference between two dashboards, and how it reads."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.publish.compare import difference, fingerprint, same
from toolkit.publish.marks import mark_of, marked, untouched

BOARD: dict[str, Any] = {
    "uid": "u",
    "title": "T",
    "tags": ["a"],
    "templating": {"list": [{"name": "rule", "type": "textbox"}]},
    "panels": [
        {"id": 1, "title": "One", "targets": [{"refId": "A", "expr": "x"}]},
        {"id": 2, "title": "Two", "targets": [{"refId": "A", "expr": "y"}]},
    ],
}


def changed(**values: Any) -> dict[str, Any]:
    return {**deepcopy(BOARD), **values}


def test_what_a_server_adds_is_no_difference() -> None:
    added = changed(id=7, version=3, iteration=9, schemaVersion=39, description=None, links=[])
    added["panels"][0] |= {"pluginVersion": "12.1.0", "options": {}, "description": ""}
    assert same(BOARD, added)
    assert fingerprint(BOARD) == fingerprint(added)
    assert difference(BOARD, added) == ()


def test_a_difference_names_the_panel_and_the_query_as_people_do() -> None:
    other = deepcopy(BOARD)
    other["panels"][1]["targets"][0]["expr"] = "z"
    assert difference(BOARD, other) == ("~ panels[Two].targets[A].expr: y → z",)


def test_a_panel_more_and_a_panel_less() -> None:
    fewer = changed(panels=BOARD["panels"][:1])
    (line,) = difference(BOARD, fewer)
    assert line.startswith("- panels[Two]: ")
    (line,) = difference(fewer, BOARD)
    assert line.startswith("+ panels[Two]: ")


def test_a_panel_of_another_title_is_the_same_panel() -> None:
    """By its id, if it is of the same type; whatever else has its title is compared by that."""
    board = deepcopy(BOARD)
    for panel in board["panels"]:
        panel["type"] = "stat"
    other = deepcopy(board)
    other["panels"][1] |= {"title": "Second"}
    assert difference(board, other) == ("~ panels[Two].title: Two → Second",)
    other["panels"][1] |= {"type": "table"}
    assert [line[:17] for line in difference(board, other)] == [
        "+ panels[Second]:",
        '- panels[Two]: {"',
    ]


def test_another_order_is_said_once() -> None:
    turned = changed(panels=BOARD["panels"][::-1])
    assert difference(BOARD, turned) == ("~ panels: in another order",)


def test_a_panel_that_was_renamed_and_two_of_one_name_are_told_by_place() -> None:
    twins = changed(panels=[{"title": "One"}, {"title": "One", "type": "text"}])
    assert difference(changed(panels=[{"title": "One"}, {"title": "One"}]), twins) == (
        "+ panels[1].type: text",
    )


def test_a_long_value_is_cut() -> None:
    (line,) = difference(BOARD, changed(title="x" * 500))
    assert len(line) < 200 and line.endswith("…")


def test_of_long_values_the_place_is_shown_where_they_part() -> None:
    one, other = "x" * 300 + " old " + "y" * 300, "x" * 300 + " new " + "y" * 300
    (line,) = difference(changed(title=one), changed(title=other))
    assert " old " in line and " new " in line
    assert len(line) < 400


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "title", "name", "refId"]), inner, max_size=3)
    ),
    max_leaves=8,
)
MODELS = st.dictionaries(st.sampled_from(["title", "panels", "links", "x"]), VALUES, max_size=3)


@settings(max_examples=150)
@given(MODELS, MODELS)
def test_two_models_are_the_same_just_when_they_do_not_differ(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert same(one, other) == (difference(one, other) == ())
    assert same(one, other) == (fingerprint(one) == fingerprint(other))
    assert same(one, deepcopy(one))


def test_a_mark_holds_the_uid_and_what_the_dashboard_shows() -> None:
    board = marked(BOARD)
    mark = mark_of(board)
    assert mark is not None
    assert (mark.uid, mark.content) == ("u", fingerprint(board))
    assert marked(board) == board
    assert untouched(board, None)


def test_an_edit_and_a_copy_are_told_by_the_mark() -> None:
    board = marked(BOARD)
    assert not untouched({**board, "title": "Edited"}, None)
    assert not untouched({**board, "uid": "copy"}, None)
    assert not untouched(BOARD, None)


def test_where_the_content_does_not_tell_the_history_does() -> None:
    """A server that stores dashboards in its own words."""
    board = marked(BOARD)
    restated = {**board, "preload": False, "panels": []}
    mark = mark_of(board)
    assert mark is not None
    ours = {"version": 2, "parentVersion": 1, "message": f"falco-toolkit deploy {mark.content}"}
    theirs = {"version": 3, "parentVersion": 2, "message": ""}
    first = {"version": 1, "parentVersion": 0, "message": "Initial save"}
    assert untouched(restated, ours)
    assert untouched(restated, first)
    assert not untouched(restated, theirs)
    assert not untouched(restated, None)
    older = {**ours, "message": "falco-toolkit deploy 0000000000000000"}
    assert not untouched(restated, older)
