"""Series as tests write them: a metric, and its values in promtool's expanding notation.

``1+2x3`` is 1 3 5 7, ``4x2`` is 4 4 4, ``_`` is a moment without a sample, ``_x3`` three of them,
``stale`` the marker by which Prometheus ends a series (prometheus/prometheus
promql/parser/generated_parser.y, ``series_description``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from toolkit.errors import PromQLError, Span
from toolkit.logql.numbers import parse_float
from toolkit.promql.ast import NAME
from toolkit.promql.lexer import Kind, tokens
from toolkit.promql.reader import Reader

Value = float | None
"""A sample's value; None is the staleness marker."""

MOST_VALUES: Final = 1_000_000

_NUMBER: Final = r"(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
# Words take no x: promtool reads "NaNx3" as one word.
_ITEM: Final = re.compile(
    r"(?P<word>stale|[+-]?(?:[iI][nN][fF]|[nN][aA][nN]))"
    rf"|(?:(?P<blank>_)|(?P<start>[+-]?{_NUMBER})(?P<step>[+-]{_NUMBER}(?=x))?)"
    r"(?:x(?P<times>[0-9]+))?"
)


def parse_metric(text: str) -> dict[str, str]:
    """The labels of ``name{label="value"}``, the name as ``__name__``. Raises PromQLError."""
    reader = Reader(text, tokens(text))
    token = reader.next()
    name = token if token.kind is Kind.NAME else None
    brace = token if name is None else reader.next() if reader.ahead.text == "{" else None
    if name is None and token.text != "{":
        reader.unexpected(token, "a series", 'a metric\'s name or "{"')
    found = reader.selector(name, brace) if name or reader.ahead.text != "}" else None
    if found is None:
        reader.next()
    reader.expect_end()
    labels: dict[str, str] = {}
    for one in found.matchers if found else ():
        if one.op != "=":
            reader.fail(f"a label has one value: {one.name}=, not {one.op}", one.span)
        if one.name in labels:
            reader.fail(f"the label {one.name} is twice", one.span)
        labels[one.name] = one.value
    # The name first, as it is written; a label without a value is none.
    return {name: labels[name] for name in sorted(labels, key=_name_first) if labels[name]}


def _name_first(name: str) -> tuple[bool, str]:
    return name != NAME, name


def parse_series(text: str) -> list[tuple[int, Value]]:
    """Values with their places: how many intervals after the first one. Raises PromQLError."""
    found: list[tuple[int, Value]] = []
    place = 0
    for match in re.finditer(r"\S+", text):
        span = Span(*match.span())
        item = _ITEM.fullmatch(match[0])
        if item is None:
            raise _refused(match[0], text, span)
        times = int(item["times"]) if item["times"] and len(item["times"]) < 10 else 0
        if item["times"] and (len(item["times"]) >= 10 or place + times > MOST_VALUES):
            said = f"more than {MOST_VALUES} values"
            raise PromQLError(said, text=text, span=span)
        if item["blank"]:
            place += times if item["times"] else 1
            continue
        for value in _values(item["word"] or item["start"], item["step"], times):
            found.append((place, value))
            place += 1
    return found


def _values(start: str, step: str | None, times: int) -> Iterator[Value]:
    """One value and ``times`` more."""
    value: Value = None if start == "stale" else parse_float(start)
    change = parse_float(step) if step else 0.0
    for _ in range(times + 1):
        yield value
        if value is not None and step:
            value += change


def _refused(item: str, text: str, span: Span) -> PromQLError:
    hint = "write 1 2 3, 0+1x10 (11 values, each 1 more), 5x3 (four times 5), _ (none) or stale"
    said = f"series values hold {item!r}, which is no value"
    if item.startswith("{{"):
        said, hint = "native histograms are not known here", "write the series of its buckets"
    elif re.fullmatch(r"[+-]?(stale|inf|nan)x\d+", item.lower()):
        hint = "write the word as often as it is meant"
    elif re.fullmatch(rf"[+-]?{_NUMBER}[+-]{_NUMBER}", item):
        said, hint = f"{item} does not say how often", f"write {item}x10"
    return PromQLError(said, text=text, span=span, hint=hint)
