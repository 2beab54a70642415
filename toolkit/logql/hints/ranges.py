"""Proposals for ranges, for what reads them, and for values with units."""

from __future__ import annotations

import re
from typing import Final

from toolkit.errors import Span
from toolkit.logql.hints.place import Place, did_you_mean
from toolkit.logql.tokens import CONVERSIONS, FUNCTIONS, RANGE_OPERATIONS, VECTOR_OPERATIONS

KINDS_OF_RANGE: Final = frozenset(FUNCTIONS[word] for word in RANGE_OPERATIONS)
KINDS_OF_VECTOR: Final = frozenset(FUNCTIONS[word] for word in VECTOR_OPERATIONS)
_NUMBERS: Final = frozenset(["DURATION", "NUMBER", "BYTES"])
_UNIT: Final = re.compile(
    r"([\d.]+) ?(?:([kmgtp]i?b)|(ms|s|m|h|d|w|y)"
    r"(?:ecs?|econds?|in|ins|inutes?|rs?|ours?|ays?|eeks?|ears?)?)",
    re.IGNORECASE,
)


def size(place: Place) -> str | None:
    """``1mb``: to Loki a duration or number, and then a name."""
    tokens = [*place.before, place.at]
    for number, unit in zip(tokens[-3:], tokens[-2:], strict=False):
        if number.kind in _NUMBERS and unit.kind == "IDENTIFIER":
            written = _UNIT.fullmatch(place.text[number.start : unit.end])
            if written:
                size = (written[2] or "").upper().replace("I", "i")
                return f"did you mean {written[1]}{size or written[3].lower()}?"
    return None


def range_(place: Place) -> str | None:
    call = place.call()
    if place.at.kind == "RANGE":
        if call is not None and call.kind in KINDS_OF_RANGE:
            return None
        if any(token.kind in KINDS_OF_RANGE for token in place.before) and place.kind(1) != ")":
            return unclosed(place)
        if call is not None and call.kind in KINDS_OF_VECTOR:
            word = call.value
            if word == "count":
                return "did you mean `count_over_time`? count counts series"
            return f"{word} works on series: {word}(count_over_time({{...}}[5m]))"
        return "a range belongs into a range aggregation: count_over_time({...} [5m])"
    if place.at.kind == ")" and call is not None:
        if call.kind in KINDS_OF_RANGE:
            first = "0.99, " if call.value == "quantile_over_time" else ""
            return f"{call.value} needs a range: {call.value}({first}{{...}} [5m])"
        if call.kind in KINDS_OF_VECTOR:
            return f"{call.value} works on series: {call.value}(count_over_time({{...}}[5m]))"
    if place.at.kind == "by" and place.kind(1) in KINDS_OF_RANGE:
        word = place.before[-1].value
        return f"group around it, sum by (label) ({word}(...)), or behind it where it unwraps"
    if place.at.kind == "," and call is not None:
        if call.value in ("topk", "bottomk", "approx_topk", "quantile_over_time"):
            return f"the number stands first: {call.value}(number, ...)"
        if call.kind in KINDS_OF_VECTOR:
            return f"{call.value} takes one query and nothing else"
    series = place.at.kind in KINDS_OF_RANGE | KINDS_OF_VECTOR
    if series and call is not None and call.kind in KINDS_OF_RANGE:
        return f"{call.value} reads lines, not series, and Loki has no subqueries"
    return None


def conversion(place: Place) -> str | None:
    if (place.at.kind, place.kind(1), place.kind(2)) != ("(", "IDENTIFIER", "unwrap"):
        return None
    if re.match(r"\(\s*\d", place.text[place.at.start :]):
        return "a range stands in brackets: [5m]"
    return (
        did_you_mean(place.word(1), CONVERSIONS)
        or "values are converted by bytes(label), duration(label) or duration_seconds(label)"
    )


def unclosed(place: Place) -> str | None:
    bracket = place.open()
    if bracket is None:
        return None
    close = {"(": ")", "{": "}"}[bracket.kind]
    place_text = Span(bracket.start, bracket.end).location(place.text)
    return f"the {bracket.kind} at {place_text} has no {close}"
