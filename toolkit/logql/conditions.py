"""Matchers and label filters from Python values, for the builder.

A value is always a value: whatever a text holds, it ends up inside of one string of the query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from typing import Final, TypeVar, cast

from toolkit.errors import LogQLTypeError
from toolkit.logql import ast, durations
from toolkit.logql.ast import Duration, Variable
from toolkit.logql.bytesize import parse_bytes
from toolkit.logql.given import a_number, a_text, shown, texts
from toolkit.logql.hoisting import LABEL_FILTERS
from toolkit.logql.ip import parse_ip
from toolkit.logql.quoting import Unquoted
from toolkit.logql.scanner import word_end
from toolkit.logql.tokens import KEYWORDS
from toolkit.logql.variables import VARIABLE_PATTERN, has_variable

_SPECIAL: Final = re.compile(r"[\\.+*?()|\[\]{}^$]")
_NAME_WITH_VARIABLES: Final = re.compile(
    rf"(?:[A-Za-z_]\w*)?(?:{VARIABLE_PATTERN})(?:\w++|{VARIABLE_PATTERN})*+", re.ASCII
)
T = TypeVar("T")

_MATCH: Final = ("=", "!=", "=~", "!~")
_COMPARE: Final = ("==", "!=", ">", ">=", "<", "<=")


@dataclass(frozen=True, slots=True)
class Match:
    """What a label is compared with: an operator (``= != =~ !~``) and a text."""

    op: ast.MatchOp
    value: str


@dataclass(frozen=True, slots=True)
class Address:
    """An ``ip("...")`` value: an address, a range ``a-b`` or a prefix ``a/24``."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Size:
    """A number of bytes, as it is to be written: ``1.5KiB``."""

    text: str


Labelled = str | Match | Iterable[str]
"""A text to equal, a comparison, or several texts of which one is to be equal."""

Compared = str | int | float | timedelta | Duration | Size | Address | Variable


def equals(value: str) -> Match:
    """``="value"``."""
    return Match("=", value)


def differs(value: str) -> Match:
    """``!="value"``."""
    return Match("!=", value)


def matches(pattern: str) -> Match:
    """``=~"pattern"``."""
    return Match("=~", pattern)


def mismatches(pattern: str) -> Match:
    """``!~"pattern"``."""
    return Match("!~", pattern)


def one_of(values: Iterable[str]) -> Match:
    """``=~"a|b"``, each value meaning itself. Only in selectors does that match whole values."""
    return Match("=~", "|".join(map(escape_regex, texts(values))))


def escape_regex(text: str) -> str:
    """A regular expression that matches ``text`` and nothing else."""
    return _SPECIAL.sub(r"\\\g<0>", a_text(text))


def ip(pattern: str) -> Address:
    """``ip("pattern")``; LogQLTypeError if it is no address, range or prefix."""
    pattern = a_text(pattern)
    if not has_variable(pattern):
        _checked(parse_ip, pattern)
    return Address(pattern)


def size(text: str) -> Size:
    """A size such as ``1.5KiB``; LogQLTypeError if it is none."""
    text = a_text(text)
    _checked(parse_bytes, text)
    return Size(text)


def duration(text: str) -> Duration:
    """A duration such as ``1h30m`` or ``1.5s``; LogQLTypeError if it is none."""
    text = a_text(text)
    return Duration(_checked(durations.parse, text), text)


def _checked(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise LogQLTypeError(str(error), text=text) from error


def label_name(name: str) -> str:
    """``name``, if it can stand as a label's name; LogQLTypeError if not."""
    name = a_text(name)
    word = bool(name) and word_end(name, 0) == len(name) and name.lower() not in KEYWORDS
    if not word and not _NAME_WITH_VARIABLES.fullmatch(name):
        raise LogQLTypeError(f"not a label name in LogQL: {name!r}", text=name)
    return name


def matcher(name: str, value: Labelled) -> ast.Matcher:
    """A matcher of a selector or of ``drop`` and ``keep``."""
    if isinstance(value, str):
        value = equals(value)
    elif not isinstance(value, Match):
        value = one_of(value)
    if value.op not in _MATCH:
        raise LogQLTypeError(f"not an operator of a label matcher: {value.op!r}")
    return ast.Matcher(label_name(name), value.op, a_text(value.value))


def condition(name: str, op: str, value: Compared) -> ast.LabelFilter:
    """The label filter ``name op value``.

    Texts go with ``= != =~ !~``, addresses with ``= !=``, numbers, durations and sizes with
    ``== != > >= < <=`` and ``=``. A timedelta is a duration.
    """
    name = label_name(name)
    if isinstance(value, str):
        _require(op, _MATCH, "a text")
        return ast.StringLabelFilter(ast.Matcher(name, cast(ast.MatchOp, op), a_text(value)))
    if isinstance(value, Address):
        _require(op, ("=", "!="), "an address")
        return ast.IPLabelFilter(name, "=" if op == "=" else "!=", a_text(value.pattern))
    if isinstance(value, Variable) and op in ("=", "!="):  # a text or a number, as it may be
        bare = Unquoted(a_text(value.text))
        return ast.StringLabelFilter(ast.Matcher(name, cast(ast.MatchOp, op), bare))
    compare = "==" if op == "=" else op
    _require(compare, _COMPARE, "a number, duration or size")
    compared = cast(ast.CompareOp, compare)
    if isinstance(value, timedelta):
        value = Duration(round(value / timedelta(microseconds=1)) * durations.MICROSECOND)
    if isinstance(value, Duration):
        return ast.DurationLabelFilter(name, compared, value)
    if isinstance(value, Size):
        held = size(value.text).text
        return ast.BytesLabelFilter(name, compared, parse_bytes(held), held)
    number = value if isinstance(value, Variable) else a_number(value)
    return ast.NumberLabelFilter(name, compared, number)


def _require(op: str, allowed: tuple[str, ...], what: str) -> None:
    if op not in allowed:
        raise LogQLTypeError(f"{what} is compared by one of {' '.join(allowed)}, not by {op!r}")


def is_one_of(name: str, values: Iterable[str]) -> ast.LabelFilter:
    """``name`` equals one of ``values``: exact, which a regex in a label filter need not be."""
    return any_of(*(condition(name, "=", value) for value in texts(values)))


def all_of(*filters: ast.LabelFilter) -> ast.LabelFilter:
    """All of the filters hold."""
    return reduce(ast.AndLabelFilter, _some(filters))


def any_of(*filters: ast.LabelFilter) -> ast.LabelFilter:
    """One of the filters holds."""
    return reduce(ast.OrLabelFilter, _some(filters))


def _some(filters: tuple[ast.LabelFilter, ...]) -> tuple[ast.LabelFilter, ...]:
    if not filters:
        raise LogQLTypeError("a condition needs at least one label filter")
    for one in filters:
        if not isinstance(one, LABEL_FILTERS):
            raise LogQLTypeError(f"not a label filter: {shown(one)}")
    return filters
