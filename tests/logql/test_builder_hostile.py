"""Whatever a builder is given: a clear error, or a query that differs in that value alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logql.trees import TEXTS
from toolkit.errors import LogQLError
from toolkit.logql import ast
from toolkit.logql.builder import Logs, Metric, logs, number, parsed, vector
from toolkit.logql.conditions import (
    Address,
    Match,
    Size,
    any_of,
    condition,
    duration,
    escape_regex,
    ip,
    is_one_of,
    matcher,
    one_of,
    size,
)
from toolkit.logql.parser import parse
from toolkit.logql.quoting import Unquoted
from toolkit.logql.visitor import walk

Built = Logs | Metric
_APP = logs(app="a")
_RATE = _APP.rate("5m")
_VALUES = _APP.unwrap("x")

# A place for a text, and a text that is right there.
_PLACES: dict[str, tuple[Callable[[Any], Built], str]] = {
    "value of a matcher": (lambda v: logs({"app": "a", "b": v}), "t"),
    "pattern of a matcher": (lambda v: logs({"app": "a", "b": Match("=~", v)}), "t"),
    "name of a matcher": (lambda v: logs({"app": "a", v: "b"}), "t"),
    "line filter": (lambda v: _APP.contains(v), "t"),
    "second text of a line filter": (lambda v: _APP.lacks("q", v), "t"),
    "regex of a line filter": (lambda v: _APP.matches(v), "t"),
    "pattern of a line filter": (lambda v: _APP.like(v), "t"),
    "address of a line filter": (lambda v: _APP.contains_ip(v), "::1"),
    "label of json": (lambda v: _APP.json(v), "t"),
    "path of json": (lambda v: _APP.json(x=v), "t"),
    "key of logfmt": (lambda v: _APP.logfmt(x=v), "t"),
    "regexp": (lambda v: _APP.regexp(v), "(?P<t>.)"),
    "pattern": (lambda v: _APP.pattern(v), "<t>"),
    "label of a filter": (lambda v: _APP.where(v, "=", "y"), "t"),
    "text of a filter": (lambda v: _APP.where("x", "=", v), "t"),
    "pattern of a filter": (lambda v: _APP.where("x", "=~", v), "t"),
    "one of several": (lambda v: _APP.where(is_one_of("x", [v, "y"])), "t"),
    "address of a filter": (lambda v: _APP.where("x", "=", Address(v)), "::1"),
    "line_format": (lambda v: _APP.line_format(v), "t"),
    "label_format": (lambda v: _APP.label_format(x=v), "t"),
    "rename": (lambda v: _APP.rename(x=v), "t"),
    "drop": (lambda v: _APP.drop(v), "t"),
    "keep by a value": (lambda v: _APP.keep(matcher("x", v)), "t"),
    "unwrap": (lambda v: _APP.unwrap(v).over("sum_over_time", "5m"), "t"),
    "grouping": (lambda v: _RATE.sum(by=["z", v]), "t"),
    "grouping of a range": (lambda v: _VALUES.over("max_over_time", "5m", without=[v]), "t"),
    "matching": (lambda v: _RATE.operate("/", _RATE, on=[v]), "t"),
    "group_left": (lambda v: _RATE.operate("/", _RATE, on=["z"], group_left=[v]), "t"),
    "label_replace to": (lambda v: _RATE.label_replace(v, "q", "r", "s"), "t"),
    "label_replace by": (lambda v: _RATE.label_replace("q", v, "r", "s"), "t"),
    "label_replace from": (lambda v: _RATE.label_replace("q", "r", v, "s"), "t"),
    "label_replace regex": (lambda v: _RATE.label_replace("q", "r", "s", v), "t"),
}
_HOSTILE = TEXTS | st.text() | st.sampled_from(
    [
        *('"} or {a="b', "a`b\"c", "x, y", "y) + vector(1", '=~".*"', "#", "/*", "5m] offset [1h"),
        *("by", "json", "\ufeff", "\x00", "\udcff", "\ud800", "é", "$x", "${x} | json", "[[x]]"),
        *("(", "*", "{{", "<a><b>", "a..b", "a" * 200_000, "<_>", "ip", "' ", "\\"),
    ]
)  # fmt: skip


def _flat(expr: ast.Node) -> Iterator[tuple[str, str, Any]]:
    """Everything that a tree holds, but for places and the texts of numbers."""
    for node in walk(expr):
        for field in node.__dataclass_fields__:
            value = getattr(node, field)
            if field in ("span", "text") or isinstance(value, ast.Node):
                continue
            for one in value if isinstance(value, tuple) else (value,):
                if not isinstance(one, ast.Node):
                    yield type(node).__name__, field, one


@pytest.mark.parametrize("place", _PLACES)
@given(text=_HOSTILE)
def test_a_text_is_refused_or_is_all_that_differs(place: str, text: str) -> None:
    build, harmless = _PLACES[place]
    try:
        built = build(text)
    except LogQLError as error:
        assert error.message
        return
    expected = list(_flat(build(harmless).expr))
    found = list(_flat(parse(str(built))))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one == other or (one[:2] == other[:2] and one[2] == _as_utf8(text))


def _as_utf8(text: str) -> str:
    """A half of a surrogate pair is no character and stands for no byte; Go puts U+FFFD there."""
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" and not "\udc80" <= c <= "\udcff" else c
                   for c in text)  # fmt: skip


@pytest.mark.parametrize("place", _PLACES)
@pytest.mark.parametrize("value", [None, b"t", 5, True, math.nan, timedelta(1), object(), {"a": 1}])
def test_what_is_no_text_is_refused(place: str, value: object) -> None:
    """But for what has a meaning of its own there, such as a number in a filter."""
    build, _ = _PLACES[place]
    try:
        hash(value)
        built = build(value)
    except LogQLError as error:
        assert error.message
    except TypeError as error:
        assert "unhashable" in str(error)  # nor can it be the name of anything in Python
    else:
        assert place == "text of a filter"
        assert value in (5, timedelta(1))
        assert parse(str(built)) == built.expr


class _Posing(str):
    """A text that shows itself as something else, and claims to be equal to everything."""

    __slots__ = ()

    def __str__(self) -> str:
        return '"} | drop y | z="'

    def __format__(self, spec: str) -> str:
        return str(self)

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


@pytest.mark.parametrize("place", _PLACES)
def test_a_kind_of_text_of_ones_own_is_the_text_that_it_derives_from(place: str) -> None:
    build, harmless = _PLACES[place]
    built = build(_Posing(harmless))
    assert str(built) == str(build(harmless))
    assert all(type(value) is not _Posing for _, _, value in _flat(built.expr))


class _PosingNumber(float):
    def __repr__(self) -> str:
        return "1 or vector(2)"

    __str__ = __repr__


_NUMBERS: list[Callable[[Any], Built]] = [
    number,
    vector,
    lambda v: _RATE * v,
    lambda v: v < _RATE,
    lambda v: _APP.where("x", ">", v),
    lambda v: _VALUES.over("quantile_over_time", "5m", parameter=v),
]


@pytest.mark.parametrize("build", _NUMBERS)
@given(value=st.floats() | st.integers() | st.sampled_from([10**400, -(10**400), 5e-324, -0.0]))
def test_a_number_is_refused_or_arrives_as_it_is(
    build: Callable[[Any], Built], value: float
) -> None:
    try:
        built = build(value)
    except LogQLError as error:
        assert error.message
        return
    assert parse(str(built)) == built.expr
    numbers = [v for _, _, v in _flat(built.expr) if isinstance(v, float)]
    assert [repr(n) for n in numbers] == [repr(float(value))]


@pytest.mark.parametrize("build", _NUMBERS)
@pytest.mark.parametrize("value", [True, None, "5", Decimal("1"), 1j, 10**400])
def test_what_is_no_number_is_refused(build: Callable[[Any], Built], value: object) -> None:
    with pytest.raises(LogQLError):
        build(value)


@pytest.mark.parametrize("build", _NUMBERS)
def test_any_real_number_is_one(build: Callable[[Any], Built]) -> None:
    assert str(build(_PosingNumber(0.5))) == str(build(Fraction(1, 2))) == str(build(0.5))


@pytest.mark.parametrize("value", [0, -1, 0.5, True, "3", None, math.nan, 10**30])
def test_a_limit_is_a_whole_number_above_0(value: Any) -> None:
    with pytest.raises(LogQLError):
        _RATE.topk(value)


@pytest.mark.parametrize(
    "value",
    [
        *(None, 5, b"5m", "", "5", "5m] or [5m", "$x] or [5m", "${x} or y", timedelta(-1)),
        *(timedelta.max, timedelta(microseconds=1), ast.Variable("$x")),
    ],
)
def test_what_is_no_length_of_time_is_no_range(value: Any) -> None:
    with pytest.raises(LogQLError):
        _APP.rate(value)


@pytest.mark.parametrize(
    "build",
    [
        # of wrong kinds on purpose: what mypy refuses has to be refused at run time as well
        lambda: logs([5]),  # type: ignore[list-item]
        lambda: logs("app"),  # type: ignore[arg-type]
        lambda: logs([matcher("app", "a"), ast.Matcher('a="b", c', "=", "d")]),
        lambda: logs([ast.Matcher("a b", "", "")]),
        lambda: logs(app=Match("evil", "x")),  # type: ignore[arg-type]
        lambda: logs(app=Unquoted('x"')),
        lambda: logs(app=Unquoted("5m")),
        lambda: _APP.stage(5),  # type: ignore[arg-type]
        lambda: _APP.stage(ast.LineFilter("|=", ())),
        lambda: _APP.stage(ast.LineFilter("or", (ast.LineMatch("x"),))),  # type: ignore[arg-type]
        lambda: _APP.stage(ast.DropLabels(("a | json",))),
        lambda: _APP.stage(ast.VariablePiece("| json")),
        lambda: _APP.stage(ast.Variable("x")),
        lambda: _APP.stage(ast.NumberLabelFilter("x", "==", math.nan)),
        lambda: _APP.stage(ast.BytesLabelFilter("x", "==", -5)),
        lambda: _APP.stage(ast.Selector(())),  # type: ignore[arg-type]
        lambda: _APP.where(any_of(5)),  # type: ignore[arg-type]
        lambda: _APP.where("x", ">", Size("1KB or y=1")),
        lambda: size("1KB] x"),
        lambda: _APP.unwrap("x", "bytes(y) | unwrap duration").over("rate", "5m"),  # type: ignore[arg-type]
        lambda: _APP.where(condition("x", ">", "5")),
        lambda: logs(app=one_of(5)),  # type: ignore[arg-type]
        lambda: _APP.matches(escape_regex(None)),  # type: ignore[arg-type]
        lambda: duration(None),  # type: ignore[arg-type]
        lambda: ip(None),  # type: ignore[arg-type]
        lambda: parsed(None),  # type: ignore[arg-type]
        lambda: Metric(ast.JsonParser()),  # type: ignore[arg-type]
        lambda: Metric(_APP.expr),  # type: ignore[arg-type]
        lambda: Logs(_RATE.expr),  # type: ignore[arg-type]
        lambda: _RATE.operate("+", "1 or vector(2)"),  # type: ignore[arg-type]
        lambda: _RATE.sum(by=5),  # type: ignore[arg-type]
    ],
)
def test_no_piece_of_another_kind_gets_in(build: Callable[[], Any]) -> None:
    with pytest.raises(LogQLError):
        build()


def test_the_text_of_a_duration_that_is_not_its_length_is_not_written() -> None:
    built = _APP.where("x", ">", ast.Duration(10**9, "1s or y > 2s"))
    assert str(built) == '{app="a"} | x > 1s'
