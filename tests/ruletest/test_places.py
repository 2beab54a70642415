"""A character of a text is found again in the YAML file, whatever style the text is written in."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import Span
from toolkit.ruletest.places import WIDTH, Place, Source, Text, excerpt, offsets


def scalar(source: str) -> yaml.ScalarNode:
    node = yaml.compose(source, Loader=yaml.SafeLoader)
    assert isinstance(node, yaml.MappingNode)
    value = node.value[0][1]
    assert isinstance(value, yaml.ScalarNode)
    return value


def found(source: str, part: str) -> str:
    """``line:column`` of the first ``part`` of the text under the first key."""
    node = scalar(source)
    held = Source("f", source)
    text = Text(node.value, held.of(node), held, node)
    start = node.value.index(part)
    place, excerpt = text.at(Span(start, start + len(part)))
    marked = excerpt.split("\n")
    assert len(marked) == 2
    return (
        f"{place.line}:{place.column} {marked[0][marked[1].index('^') :][: marked[1].count('^')]}"
    )


@pytest.mark.parametrize(
    ("source", "part", "expected"),
    [
        ("expr: rate(x)", "(x)", "1:11 (x)"),
        ("expr: 'it''s {a=\"b\"}'", "{a", "1:14 {a"),
        ('expr: "say \\"hi\\" {a}"', "{a}", "1:19 {a}"),
        ('expr: "\\u00e9 \\x41 \\t z"', "z", "1:23 z"),
        ("expr: |\n  sum(\n    rate(x)\n  )\n", "rate", "3:5 rate"),
        ("expr: |-\n  a\n\n  b\n", "b", "4:3 b"),
        ("expr: |2\n    indented\n", "indented", "2:5 indented"),
        ("expr: >\n  folded\n  text here\n\n  more\n", "here", "3:8 here"),
        ("expr: >-\n  folded\n\n  more\n", "more", "4:3 more"),
        ("expr: plain over\n  two lines\n", "lines", "2:7 lines"),
        ("expr: 'quoted over\n  two lines'\n", "lines", "2:7 lines"),
        ('expr: "broken \\\n  off"\n', "off", "2:3 off"),
    ],
)
def test_the_place_of_a_part(source: str, part: str, expected: str) -> None:
    assert found(source, part) == expected


WORDS = st.text(st.sampled_from("ab{}()'\"\\|#:éx \n\t="), min_size=1, max_size=30)


@settings(max_examples=300)
@given(WORDS, st.sampled_from([None, "'", '"', "|", ">"]), st.integers(20, 60))
def test_every_character_but_blanks_is_found(value: str, style: str | None, width: int) -> None:
    """Whatever PyYAML writes: the place of a character holds it, or the escape that makes it."""
    source = (
        yaml.safe_dump({"key": value}, default_style=style, width=width, allow_unicode=True)
        .replace('"key"', "key")
        .replace("'key'", "key")
    )
    node = scalar(source)
    assert node.value == value
    places = offsets(source, node)
    assert len(places) == len(value) + 1
    assert places == sorted(places)
    for char, place in zip(value, places, strict=False):
        if not char.isspace():
            assert source[place] in (char, "\\")


def test_a_text_that_a_program_made_stands_where_it_was_made() -> None:
    text = Text("rate(x)", Place("groups.py", 7))
    assert text.at(Span(5, 6)) == (Place("groups.py", 7), "rate(x)\n     ^")
    assert Text("", Place("groups.py", 7)).at(Span(0, 0)) == (Place("groups.py", 7), "")


def test_a_place_is_written_as_far_as_it_is_known() -> None:
    assert str(Place("f")) == "f"
    assert str(Place("f", 3)) == "f:3"
    assert str(Place("f", 3, 9)) == "f:3:9"


def test_a_span_at_the_end_of_a_text_shows_its_last_character() -> None:
    source = "expr: rate(\nnext: 1\n"
    node = scalar(source)
    held = Source("f", source)
    text = Text(node.value, held.of(node), held, node)
    place, excerpt = text.at(Span(5, 5))
    assert (place.line, place.column, excerpt) == (1, 11, "expr: rate(\n          ^")


@pytest.mark.parametrize("start", [0, 60, 150, 290])
def test_of_a_long_line_the_part_around_the_place_is_shown(start: int) -> None:
    line = "".join(chr(ord("a") + n % 26) for n in range(300))
    shown, mark = excerpt(f"before\n{line}\nafter", Span(7 + start, 7 + start + 5)).split("\n")
    assert len(shown) <= WIDTH + 2
    at = mark.index("^")
    assert mark.count("^") == 5
    assert shown[at : at + 5] == line[start : start + 5]
    assert shown.strip("…") in line
