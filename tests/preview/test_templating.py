"""What is chosen in a dashboard's variables, and what becomes of it in LogQL."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.stores import SECOND, filled
from toolkit.engine.engine import Engine
from toolkit.errors import DefinitionError
from toolkit.preview.templating import Variables, choose
from toolkit.sources.embedded import EmbeddedSource

ALL = {"text": ["All"], "value": ["$__all"]}


def source() -> EmbeddedSource:
    nodes = [("w1", "b"), ("w2", "b"), ("x", "c")]
    store = filled([({"node": node, "a": a}, 1, "line") for node, a in nodes])
    return EmbeddedSource(Engine(store.snapshot))


def chosen(variable: dict[str, Any], **given: Any) -> Variables:
    dashboard = {"templating": {"list": [{"name": "v", **variable}]}}
    return choose(dashboard, given, source(), start=0, end=100 * SECOND)


def query(variable: dict[str, Any], text: str = '{n=~"$v"}', **given: Any) -> str:
    return chosen(variable, **given).in_query(text, {})


def test_all_is_put_in_as_the_variable_says() -> None:
    variable = {"type": "query", "multi": True, "allValue": ".*", "current": ALL}
    assert query(variable) == '{n=~".*"}'
    assert chosen(variable).texts["v"] == "All"


@pytest.mark.parametrize(
    "asking",
    [
        {"label": "node", "stream": '{a="b"}', "type": 1},
        'label_values({a="b"}, node)',
    ],
)
def test_all_without_a_value_of_its_own_is_every_value_there_is(asking: Any) -> None:
    variable = {"type": "query", "multi": True, "query": asking, "current": ALL}
    assert query(variable) == '{n=~"w1|w2"}'


def test_all_of_a_custom_variable_is_every_choice() -> None:
    variable = {"type": "custom", "multi": True, "query": "a, b.c", "current": ALL}
    assert query(variable) == r'{n=~"a|b\\.c"}'


def test_all_of_what_cannot_be_listed_is_refused() -> None:
    with pytest.raises(DefinitionError, match="cannot list the values of the variable v"):
        query({"type": "query", "multi": True, "query": "label_names()", "current": ALL})


def test_several_values_are_alternatives_and_escaped_for_the_string_around_them() -> None:
    variable = {"type": "query", "multi": True, "current": ALL, "allValue": ".*"}
    assert query(variable, v=["a(b)", "c"]) == r'{n=~"a\\(b\\)|c"}'
    assert query(variable, v="a.b") == r'{n=~"a\\.b"}'


def test_a_text_is_put_in_as_it_is() -> None:
    variable = {"type": "textbox", "query": "a.*", "current": {"text": "a.*", "value": "a.*"}}
    assert query(variable, "|~ `$v`") == "|~ `a.*`"
    assert query(variable, "|~ `$v`", v="x|y") == "|~ `x|y`"
    assert query({"type": "textbox", "query": "deep"}, "$v") == "deep"


def test_a_value_for_an_unknown_variable_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DefinitionError, match="no variable w") as caught:
        chosen({"type": "textbox"}, w="1")
    assert caught.value.hint == "variables: v"


def test_texts_have_what_people_read() -> None:
    made = chosen({"type": "custom", "multi": True, "query": "a,b"}, v=["a", "b"])
    assert made.in_text("Rules of $v") == "Rules of a + b"
