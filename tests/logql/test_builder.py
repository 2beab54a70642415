"""What the builder builds can be sent, and no value changes the structure of a query."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logql.trees import TEXTS
from toolkit.errors import LogQLError
from toolkit.logql import ast
from toolkit.logql.builder import Logs, Metric, logs, number, parsed, vector
from toolkit.logql.conditions import (
    all_of,
    any_of,
    condition,
    differs,
    duration,
    escape_regex,
    ip,
    is_one_of,
    matcher,
    matches,
    mismatches,
    one_of,
    size,
)
from toolkit.logql.parser import parse
from toolkit.logql.visitor import walk

_APP = logs(app="a")


@pytest.mark.parametrize(
    ("built", "query"),
    [
        (logs(a="b", c=matches("d.*")), '{a="b", c=~"d.*"}'),
        (logs({"a": differs("b")}, c=mismatches("d"), e="f"), '{a!="b", c!~"d", e="f"}'),
        (logs(a=one_of(["b.c", "d"])), r"{a=~`b\.c|d`}"),
        (logs(a=["b", "c"]), '{a=~"b|c"}'),
        (logs([matcher("a", "b"), matcher("a", differs("c"))]), '{a="b", a!="c"}'),
        (_APP.contains("x", "y").lacks("z"), '{app="a"} |= "x" or "y" != "z"'),
        (_APP.matches("x.").mismatches("y+"), '{app="a"} |~ "x." !~ "y+"'),
        (_APP.like("<_> x").unlike("y <_>"), '{app="a"} |> "<_> x" !> "y <_>"'),
        (
            _APP.contains_ip("::1").lacks_ip("10.0.0.0/8"),
            '{app="a"} |= ip("::1") != ip("10.0.0.0/8")',
        ),
        (_APP.json().json("x", y="z.w"), '{app="a"} | json | json x, y="z.w"'),
        (
            _APP.logfmt("x", strict=True, keep_empty=True),
            '{app="a"} | logfmt --strict --keep-empty x',
        ),
        (
            _APP.regexp("(?P<x>y)").pattern("<x> y"),
            '{app="a"} | regexp "(?P<x>y)" | pattern "<x> y"',
        ),
        (_APP.unpack().decolorize(), '{app="a"} | unpack | decolorize'),
        (_APP.line_format("{{.x}}"), '{app="a"} | line_format "{{.x}}"'),
        (
            _APP.label_format(x="{{.y}}").rename(z="x"),
            '{app="a"} | label_format x="{{.y}}" | label_format z=x',
        ),
        (_APP.drop("x", matcher("y", "z")).keep("w"), '{app="a"} | drop x, y="z" | keep w'),
        (_APP.where("x", "=", "y").where("z", ">=", 400), '{app="a"} | x="y" | z >= 400'),
        (
            _APP.where("x", "=", 1.5).where("y", "<", size("1KiB")),
            '{app="a"} | x == 1.5 | y < 1KiB',
        ),
        (_APP.where("x", ">", timedelta(minutes=1)), '{app="a"} | x > 1m0s'),
        (
            _APP.where("x", ">", duration("90s")).where("y", "!=", ip("::1")),
            '{app="a"} | x > 90s | y!=ip("::1")',
        ),
        (_APP.where(is_one_of("x", ["war", "warm"])), '{app="a"} | x="war" or x="warm"'),
        (
            _APP.where(
                all_of(
                    condition("a", "=", "b"),
                    any_of(condition("c", "=", "d"), condition("e", "=", "f")),
                )
            ),
            '{app="a"} | a="b" and (c="d" or e="f")',
        ),
        (_APP.rate("5m"), 'rate({app="a"}[5m])'),
        (
            _APP.count_over_time("$__auto", offset="1h"),
            'count_over_time({app="a"}[$__auto] offset 1h)',
        ),
        (_APP.bytes_rate(timedelta(hours=1)), 'bytes_rate({app="a"}[1h])'),
        (_APP.bytes_over_time("5m").max(), 'max(bytes_over_time({app="a"}[5m]))'),
        (_APP.absent_over_time("5m"), 'absent_over_time({app="a"}[5m])'),
        (
            _APP.unwrap("x", "bytes", condition("__error__", "=", "")).over(
                "max_over_time", "5m", by=["y"]
            ),
            'max_over_time({app="a"} | unwrap bytes(x) | __error__="" [5m]) by (y)',
        ),
        (
            _APP.unwrap("x").over("quantile_over_time", "5m", parameter=0.9),
            'quantile_over_time(0.9, {app="a"} | unwrap x [5m])',
        ),
        (
            _APP.rate("5m").sum(by=["x", "y"]).topk(3),
            'topk(3, sum by (x, y) (rate({app="a"}[5m])))',
        ),
        (
            _APP.rate("5m").avg(without="x").bottomk(3),
            'bottomk(3, avg without (x) (rate({app="a"}[5m])))',
        ),
        (_APP.rate("5m").min().sort(descending=True), 'sort_desc(min(rate({app="a"}[5m])))'),
        (_APP.rate("5m").count(by=[]), 'count by () (rate({app="a"}[5m]))'),
        (
            _APP.rate("5m").label_replace("x", "$1", "y", "(.*)"),
            'label_replace(rate({app="a"}[5m]), "x", "$1", "y", "(.*)")',
        ),
        ((_APP.rate("5m") + 1) * 2 - vector(3), '(rate({app="a"}[5m]) + 1) * 2 - vector(3)'),
        (_APP.rate("5m") / _APP.rate("1h") > 2, 'rate({app="a"}[5m]) / rate({app="a"}[1h]) > 2'),
        (_APP.rate("5m").sum() | vector(0), 'sum(rate({app="a"}[5m])) or vector(0)'),
        (
            _APP.rate("5m").operate(
                "/", vector(2), on=["x"], group_left=["y"], bool_modifier=False
            ),
            'rate({app="a"}[5m]) / on (x) group_left (y) vector(2)',
        ),
        (
            _APP.rate("5m").operate(
                ">=", vector(2), ignoring=["x"], group_right=[], bool_modifier=True
            ),
            'rate({app="a"}[5m]) >= bool ignoring (x) group_right vector(2)',
        ),
        (number(1) + 2, "3"),
        (parsed('{a="b"} | json').where("x", "=", "y"), '{a="b"} | json | x="y"'),  # type: ignore[union-attr]
    ],
)
def test_what_is_built_reads_as_written(built: Logs | Metric, query: str) -> None:
    assert str(built) == query
    assert parse(query) == built.expr


@pytest.mark.parametrize(
    "build",
    [
        lambda: logs(),
        lambda: logs(a=""),
        lambda: logs(a=matches(".*")),
        lambda: logs(a=matches("(")),
        lambda: logs({"a b": "c"}),
        lambda: logs({'a="b", c': "d"}),
        lambda: logs({"json": "c"}),
        lambda: logs({"": "c"}),
        lambda: _APP.contains(),
        lambda: _APP.matches("("),
        lambda: _APP.like("<a>"),
        lambda: _APP.contains_ip("nowhere"),
        lambda: _APP.json(x="a..b"),
        lambda: _APP.regexp("no group"),
        lambda: _APP.pattern("no capture"),
        lambda: _APP.line_format("{{"),
        lambda: _APP.label_format(),
        lambda: _APP.drop(),
        lambda: _APP.where("x", ">", "text"),
        lambda: _APP.where("x", "=~", 5),
        lambda: _APP.where("x", ">", ip("::1")),
        lambda: _APP.where("x", "> 1 or y", 5),
        lambda: _APP.where("x", ">", float("inf")),
        lambda: _APP.where(any_of()),
        lambda: size("many"),
        lambda: duration("long"),
        lambda: ip("here"),
        lambda: _APP.rate("5"),
        lambda: _APP.rate("5m] or [5m"),
        lambda: _APP.rate("$x] or [5m"),
        lambda: _APP.rate(timedelta(microseconds=1)),
        lambda: _APP.over("sum_over_time", "5m"),
        lambda: _APP.over("rate({}[5m]) + rate", "5m"),
        lambda: _APP.over("rate", "5m", by=["x"]),
        lambda: _APP.unwrap("x").over("count_over_time", "5m"),
        lambda: _APP.unwrap("x").over("quantile_over_time", "5m"),
        lambda: _APP.rate("5m").sum(by=["x"], without=["y"]),
        lambda: _APP.rate("5m").sum(by=["x) + vector(1) + sum by (y"]),
        lambda: _APP.rate("5m").topk(0),
        lambda: _APP.rate("5m").aggregate("median"),
        lambda: _APP.rate("5m").label_replace("a", "b", "c", "("),
        lambda: _APP.rate("5m").operate("**", 2),
        lambda: _APP.rate("5m").operate("or", 2),
        lambda: _APP.rate("5m").operate("+", vector(1), group_left=["a"]),
        lambda: _APP.rate("5m").operate("+", vector(1), on=["a"], ignoring=["b"]),
        lambda: number(1).operate("and", 2),
        lambda: vector(-1),
        lambda: vector(float("nan")),
    ],
)
def test_what_cannot_be_a_query_cannot_be_built(build: Callable[[], Any]) -> None:
    with pytest.raises(LogQLError):
        build()


_PLACES: list[Callable[[str], Logs | Metric]] = [
    lambda text: logs({"app": "a", "b": text}),
    lambda text: logs({"app": "a", "b": one_of([text, "x"])}),
    lambda text: _APP.contains(text),
    lambda text: _APP.lacks("x", text),
    lambda text: _APP.matches(escape_regex(text)),
    lambda text: _APP.where("x", "=", text),
    lambda text: _APP.where(is_one_of("x", [text, "y"])),
    lambda text: _APP.drop(matcher("x", text)),
    lambda text: _APP.rate("5m").label_replace(text, text, text, escape_regex(text)),
]


def _shape(expr: ast.Expr) -> list[str]:
    return [type(node).__name__ for node in walk(expr)]


@pytest.mark.parametrize("place", _PLACES)
@given(text=TEXTS | st.text())
def test_no_text_changes_the_structure_of_a_query(
    place: Callable[[str], Logs | Metric], text: str
) -> None:
    try:
        built = place(text)
    except LogQLError as error:
        # A byte that is not UTF-8 cannot stand in a regular expression, and is all that is refused.
        assert "invalid UTF-8" in error.message
        return
    assert _shape(parse(str(built))) == _shape(place("harmless").expr)


@given(TEXTS)
def test_a_text_arrives_as_it_was_given(text: str) -> None:
    expr = parse(str(_APP.contains(text)))
    assert expr == ast.LogQuery(
        ast.Selector((ast.Matcher("app", "=", "a"),)),
        (ast.LineFilter("|=", (ast.LineMatch(text),)),),
    )


@given(st.text(), st.sampled_from(["by", "name", "over", "range"]))
def test_a_text_in_place_of_a_name_is_a_name_or_refused(text: str, place: str) -> None:
    """It never becomes anything else: what is built holds the text as the one name."""
    try:
        match place:
            case "by":
                assert _APP.rate("5m").sum(by=[text]).expr.grouping.labels == (text,)  # type: ignore[union-attr]
            case "name":
                assert logs({"app": "a", text: "b"}).expr.selector.matchers[1].name == text
            case "over":
                _APP.over(text, "5m")
            case "range":
                assert text in str(_APP.rate(text))
    except LogQLError:
        pass
