"""Grafana's variables: found, and replaced as Grafana replaces them."""

from __future__ import annotations

import pytest

from toolkit.errors import Span
from toolkit.logql.variables import (
    Reference,
    format_interval,
    format_value,
    has_variable,
    macros,
    references,
    substitute,
)

_SECOND = 10**9
_HOUR = 3600 * _SECOND


def test_references_are_found_in_every_form_and_place() -> None:
    text = 'rate({a="$x", b=~"${y:regex}"} |= `[[z]]` [$__auto]) # ${w.text}'
    assert [(r.name, r.format, r.field, r.text) for r in references(text)] == [
        ("x", "", "", "$x"),
        ("y", "regex", "", "${y:regex}"),
        ("z", "", "", "[[z]]"),
        ("__auto", "", "", "$__auto"),
        ("w", "", "text", "${w.text}"),
    ]
    assert references("a $x")[0] == Reference("x", "", "", "$x", Span(2, 4))


def test_a_dollar_alone_is_no_variable() -> None:
    for text in ("$", "$ x", "^a$", "${}", "${a b}", "[[a b]]", ""):
        assert not has_variable(text)


def test_values_are_put_in_and_unknown_names_left() -> None:
    assert substitute("$a ${a} [[a]] $ab $c", {"a": "1"}) == "1 1 1 $ab $c"


def test_several_values_become_alternatives_of_a_regex_in_a_string() -> None:
    """The expected text is what grafana-loki-datasource's lokiSpecialRegexEscape makes."""
    assert substitute('{a=~"$x"}', {"x": ["a.b", "c|d"]}) == r'{a=~"a\\.b|c\\|d"}'
    assert substitute('{a=~"$x"}', {"x": ["a\\b"]}) == r'{a=~"a\\\\b"}'
    assert substitute('{a=~"$x"}', {"x": "a.b"}) == '{a=~"a.b"}'


@pytest.mark.parametrize(
    ("format", "single", "several"),
    [
        # The values and results are those of the format registry's own tests in grafana/scenes.
        ("csv", "test", "test,test2"),
        ("pipe", "test", "test|test2"),
        ("distributed", "test", "test,server=test2"),
        ("json", "test", '["test","test2"]'),
        ("singlequote", "'test'", "'test','test2'"),
        ("doublequote", '"test"', '"test","test2"'),
        ("sqlstring", "'test'", "'test','test2'"),
        ("glob", "test", "{test,test2}"),
        ("regex", "test", "(test|test2)"),
        ("raw", "test", "test,test2"),
        ("percentencode", "test", "%7Btest%2Ctest2%7D"),
        ("queryparam", "var-server=test", "var-server=test&var-server=test2"),
        ("lucene", "test", '("test" OR "test2")'),
        ("text", "test", "test + test2"),
        ("unheard-of", "test", "{test,test2}"),
    ],
)
def test_formats_are_grafanas(format: str, single: str, several: str) -> None:
    assert format_value("server", "test", format) == single
    assert format_value("server", ["test", "test2"], format) == several


@pytest.mark.parametrize(
    ("value", "format", "result"),
    [
        ("foo()bar BAZ", "percentencode", "foo%28%29bar%20BAZ"),
        ("test'2", "singlequote", r"'test\'2'"),
        ('test"2', "doublequote", r'"test\"2"'),
        ("test'value", "sqlstring", "'test''value'"),
        ("<a>", "html", "&lt;a&gt;"),
        ("a.b", "regex", r"a\.b"),
        ("foo bar:baz", "lucene", r"foo\ bar\:baz"),
    ],
)
def test_formats_escape_as_grafana_does(value: str, format: str, result: str) -> None:
    assert format_value("x", value, format) == result


def test_macros_of_a_range_query() -> None:
    assert macros(interval=90 * _SECOND, range=6 * _HOUR) == {
        "__interval": "1m",
        "__interval_ms": "90000",
        "__range": "21600s",
        "__range_s": "21600",
        "__range_ms": "21600000",
        "__auto": "1m",
    }


def test_auto_is_the_step_of_a_range_query_and_the_range_of_an_instant_query() -> None:
    assert macros(interval=_SECOND, range=_HOUR, step=5 * _SECOND)["__auto"] == "5s"
    assert macros(interval=_SECOND, range=_HOUR, instant=True)["__auto"] == "3600s"


def test_auto_has_no_form_with_braces() -> None:
    """As in Grafana's plugin ("we don't want to support this templating format")."""
    values = macros(interval=_SECOND, range=_HOUR)
    assert substitute("[$__auto] [${__auto}] [${__interval}]", values) == "[1s] [${__auto}] [1s]"


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(0, "1ms"), (250_000_000, "250ms"), (_SECOND, "1s"), (90 * _SECOND, "1m"), (36 * _HOUR, "1d")],
)
def test_intervals_are_cut_to_their_largest_unit(nanoseconds: int, text: str) -> None:
    assert format_interval(nanoseconds) == text
