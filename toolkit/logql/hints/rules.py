"""Proposals that follow from the tokens around the place of a syntax error."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from toolkit.errors import Span
from toolkit.logql.hints.place import Place, did_you_mean
from toolkit.logql.tokens import (
    CONVERSIONS,
    END,
    FUNCTIONS,
    RANGE_OPERATIONS,
    VECTOR_OPERATIONS,
)

_STAGES: Final = (
    *("json", "logfmt", "regexp", "pattern", "unpack", "line_format", "label_format"),
    *("decolorize", "drop", "keep", "unwrap"),
)
_OPERATIONS: Final = (*RANGE_OPERATIONS, *VECTOR_OPERATIONS, "label_replace", "vector")
_KINDS_OF_RANGE: Final = frozenset(FUNCTIONS[word] for word in RANGE_OPERATIONS)
_KINDS_OF_VECTOR: Final = frozenset(FUNCTIONS[word] for word in VECTOR_OPERATIONS)
_TEXT_OPERATORS: Final = frozenset(["=", "!=", "=~", "!~", "|=", "|~", "|>", "!>"])
_LINE_OPERATORS: Final = frozenset(["|=", "|~", "!~", "|>", "!>"])
_COMPARISONS: Final = frozenset(["==", ">", ">=", "<", "<="])
_WITH_LABELS: Final = frozenset(["by", "without", "on", "ignoring"])
# Words of PromQL, of other languages or of other versions, and what does their work in LogQL.
_ELSEWHERE: Final = {
    "increase": "count_over_time counts the lines of a range",
    "irate": "rate is Loki's only rate of lines",
    "histogram_quantile": "quantile_over_time(0.99, {...} | unwrap label [5m]) works on values",
    "absent": "absent_over_time({...}[5m]) is 1 where there are no lines",
    "delta": "Loki has no delta; subtract one query from another with offset",
    "count_values": "count them by a label: sum by (label) (count_over_time({...}[5m]))",
    "variants": "variants() is no part of LogQL any more; send the queries one by one",
    "where": 'a condition stands directly behind the |: | label="value"',
    "filter": 'a condition stands directly behind the |: | label="value"',
    "grep": 'lines are filtered by |= "text" and |~ "regular expression"',
    "limit": "how many lines are wanted is said beside the query: --limit, or limit of the request",
    "head": "how many lines are wanted is said beside the query: --limit, or limit of the request",
    "count": "lines are counted around the query: count_over_time({...} [5m])",
    "sort": "lines come in the order of time; series are sorted by sort(...) and sort_desc(...)",
}
_FILTERS: Final = 'lines are filtered by |= "text" and |~ "regular expression", one after another'
_NUMBERS: Final = frozenset(["DURATION", "NUMBER", "BYTES"])


# --- by the tokens around the place ---------------------------------------------------------------


def _quotes(place: Place) -> str | None:
    written = place.written(place.at)
    if place.at.kind == "IDENTIFIER" and written[:1] == "'":
        return f'texts stand in double quotes: "{written[1:-1]}"'
    if place.kind(1) in ("line_format", "pattern", "regexp") and place.at.kind != END:
        return f"what {place.kind(1)} takes is a text, in quotes"
    if (place.kind(1), place.kind(2)) == ("(", "ip") and place.at.kind == "NUMBER":
        return 'an address stands in quotes: ip("10.0.0.1")'
    alternative = place.kind(1) == "or" and place.kind(2) in ("STRING", ")")
    if place.kind(1) not in _TEXT_OPERATORS and not alternative:
        return None
    if place.at.kind == "IDENTIFIER" and written.isidentifier():
        return f'put the text in quotes: "{written}"'
    return None


def _variable(place: Place) -> str | None:
    if place.at.kind == "VARIABLE":
        written = place.written(place.at)
    elif place.kind(1) != "VARIABLE":
        return None
    elif place.at.kind in ("RANGE", "|", *_LINE_OPERATORS):
        return f"a variable that stands for matchers stands in braces: {{{place.word(1)}}}"
    elif place.at.kind in ("STRING", "NUMBER", "IDENTIFIER"):
        written = place.word(1)
    else:
        return None
    return (
        f"{written} may stand for a value, a name, a duration, a function or a stage; an operator "
        "or a grouping cannot be checked before Grafana has put it in"
    )


def _equality(place: Place) -> str | None:
    if place.at.kind == "==":
        return "a label is compared by a single ="
    if place.at.kind == "STRING" and place.kind(1) == "==":
        is_label = place.kind(2) == "IDENTIFIER"
        return "a text is compared by a single =" if is_label else "numbers stand without quotes"
    if place.at.kind == "STRING" and place.kind(1) in _COMPARISONS | {"("}:
        return "numbers stand without quotes"
    return None


def _matcher(place: Place) -> str | None:
    """What stands in the braces of a selector, or where the selector is missing."""
    bracket = place.open()
    written = place.written(place.at)
    if not place.before and place.at.kind == "IDENTIFIER" and not _is_called(place):
        return 'a query begins with the streams it reads, {label="value"}, or with a function'
    if bracket is None or bracket.kind != "{" or place.at.kind == END:
        return None
    if place.kind(1) == "STRING" and (place.at.kind == "IDENTIFIER" or written == ";"):
        return "a comma stands between matchers"
    if place.kind(1) == "IDENTIFIER" and place.at.kind == "-":
        return "a label's name holds letters, digits and _ only"
    if place.kind(1) == "IDENTIFIER" and place.at.kind not in ("==", "."):
        return "a label is compared by =, !=, =~ or !~"
    return None


def _line_filter(place: Place) -> str | None:
    """Texts and operators where a line filter was meant."""
    written = place.written(place.at)
    after_text = place.kind(1) == "STRING" and place.kind(2) in _LINE_OPERATORS | {"or"}
    joined = place.kind(1) == "and" and place.kind(2) == "STRING"
    if (after_text and written == "&") or (joined and place.at.kind == "STRING"):
        return _FILTERS
    if place.kind(1) == "|=" and written == "~":
        return "|~ looks for a regular expression, |= for a text"
    misplaced = place.at.kind in ("STRING", "=", "=~") or written in ("~", "!", "and")
    if misplaced and place.kind(1) in ("}", "|"):
        return _FILTERS
    if place.at.kind == "STRING" and place.word(1) in ("!", "and"):
        return _FILTERS
    return None


def _and_or(place: Place) -> str | None:
    if place.written(place.at) == "&":
        return "write `and`"
    if place.at.kind == "|" and place.kind(1) == "|":
        return "write `or`"
    return None


def _is_called(place: Place) -> bool:
    """Whether the word at fault has arguments, as a function has."""
    word = place.written(place.at).lower()
    return word in FUNCTIONS or re.match(r"\s*\(", place.text[place.at.end :]) is not None


def _function(place: Place) -> str | None:
    word = place.written(place.at)
    if place.at.kind != "IDENTIFIER":
        return None
    if word.lower() in FUNCTIONS:
        grouped = re.match(r"\s*(by|without)\s+\w", place.text[place.at.end :], re.IGNORECASE)
        if re.match(r"\s*(\$|\[\[)", place.text[place.at.end :]):
            return f"a variable stands for the labels of a grouping: {word} by ($labels) (...)"
        if grouped:
            return f"labels stand in parentheses: {word} {grouped[1].lower()} (label) (...)"
        return f"`(`, `by (` or `without (` has to follow {word}"
    if not _is_called(place):
        return None
    if (place.kind(1), place.kind(2)) == ("IDENTIFIER", "|") and word.lower() == "in":
        return f'one of several texts is {place.word(1)}=~"a|b"'
    if word.lower() in _ELSEWHERE:
        return _ELSEWHERE[word.lower()]
    return did_you_mean(word, _OPERATIONS) or f"LogQL has no function {word}"


def _conversion(place: Place) -> str | None:
    if (place.at.kind, place.kind(1), place.kind(2)) != ("(", "IDENTIFIER", "unwrap"):
        return None
    return (
        did_you_mean(place.word(1), CONVERSIONS)
        or "values are converted by bytes(label), duration(label) or duration_seconds(label)"
    )


def _stage(place: Place) -> str | None:
    """``| foo`` and then something that does not go with a label."""
    if (place.kind(1), place.kind(2)) != ("IDENTIFIER", "|") or place.at.kind == ".":
        return None
    word = place.word(1)
    if not word[0].isalpha():
        return None
    return (
        _ELSEWHERE.get(word.lower())
        or did_you_mean(word, _STAGES)
        or f'{word} is no stage of LogQL; a label filter is written {word}="value"'
    )


def _size(place: Place) -> str | None:
    """``1mb``: to Loki a duration or number, and then a name."""
    tokens = [*place.before, place.at]
    for number, unit in zip(tokens[-3:], tokens[-2:], strict=False):
        if number.kind in _NUMBERS and unit.kind == "IDENTIFIER":
            written = place.text[number.start : unit.end]
            if number.end == unit.start and re.fullmatch(r"[\d.]+[kmgtp]i?b", written):
                letters = written.rstrip("kmgtpib")
                return f"did you mean {letters}{written[len(letters) :].upper().replace('I', 'i')}?"
            long = re.fullmatch(r"([\d.]+)(s)ec(onds?)?|([\d.]+)(m)in(utes?)?", written)
            if number.end == unit.start and long:
                return f"did you mean {long[1] or long[4]}{long[2] or long[5]}?"
    return None


def _range(place: Place) -> str | None:
    call = place.call()
    if place.at.kind == "RANGE":
        if call is not None and call.kind in _KINDS_OF_VECTOR:
            word = call.value
            if word == "count":
                return "did you mean `count_over_time`? count counts series"
            return f"{word} works on series: {word}(count_over_time({{...}}[5m]))"
        return "a range belongs into a range aggregation: count_over_time({...} [5m])"
    if place.at.kind == ")" and call is not None:
        if call.kind in _KINDS_OF_RANGE:
            return f"{call.value} needs a range: {call.value}({{...}} [5m])"
        if call.kind in _KINDS_OF_VECTOR:
            return f"{call.value} works on series: {call.value}(count_over_time({{...}}[5m]))"
    if place.at.kind == "by" and place.kind(1) in _KINDS_OF_RANGE:
        word = place.before[-1].value
        return f"group around it, sum by (label) ({word}(...)), or behind it where it unwraps"
    if place.at.kind == "," and call is not None:
        if call.value in ("topk", "bottomk", "approx_topk", "quantile_over_time"):
            return f"the number stands first: {call.value}(number, ...)"
        if call.kind in _KINDS_OF_VECTOR:
            return f"{call.value} takes one query and nothing else"
    series = place.at.kind in _KINDS_OF_RANGE | _KINDS_OF_VECTOR
    if series and call is not None and call.kind in _KINDS_OF_RANGE:
        return f"{call.value} reads lines, not series, and Loki has no subqueries"
    return None


def _position(place: Place) -> str | None:
    """Words that stand where they cannot."""
    match place.at.kind:
        case _ if place.kind(1) in ("drop", "keep"):
            return f"{place.kind(1)} takes names of labels, as they are: {place.kind(1)} a, b"
        case "NUMBER" if place.kind(1) == "offset":
            return "an offset is a length of time: offset 1h"
        case "on" | "ignoring":
            return f"{place.at.kind} stands behind an operator: a / {place.at.kind} (label) b"
        case "=" if place.kind(1) == ")":
            return "values are compared by =="
        case ">" if place.kind(1) == "<":
            return "write !="
        case "ip":
            return "ip() is compared by = or !="
        case ")" if place.open() is None:
            return "this ) closes nothing"
        case ")" if place.kind(2) == "VECTOR":
            return "vector takes a number: vector(0)"
        case _ if "label_format" in (place.kind(1), place.kind(2)):
            return 'label_format new=old, or new="template"'
        case "offset":
            return "offset stands directly behind the range: [5m] offset 1h"
        case "unwrap":
            return (
                "unwrap has to be read by a range aggregation: sum_over_time({...} | unwrap x [5m])"
            )
        case ".":
            return "a label's name has no dots; Loki stores them as underscores"
        case "}" if place.kind(1) == ",":
            return "the comma before } is too much"
        case "STRING" if place.kind(1) in ("{", ","):
            return "a label's name stands without quotes"
        case "STRING" if place.kind(1) == "STRING":
            return "several texts are joined by `or`"
        case kind if place.kind(1) in _WITH_LABELS and kind not in ("(", END):
            return f"labels stand in parentheses: {place.kind(1)} (label)"
        case "IDENTIFIER" if "label_format" in (place.kind(4), place.kind(5)):
            return "a comma is missing"
    if place.kind(1) == "-" and place.at.kind != "NUMBER":
        return "a minus sign stands before numbers only; write -1 * (...)"
    return None


def _unclosed(place: Place) -> str | None:
    bracket = place.open()
    if place.at.kind != END or bracket is None:
        return None
    close = {"(": ")", "{": "}"}[bracket.kind]
    place_text = Span(bracket.start, bracket.end).location(place.text)
    return f"the {bracket.kind} at {place_text} has no {close}"


Rule = Callable[[Place], str | None]
RULES: Final[tuple[Rule, ...]] = (
    *(_variable, _quotes, _line_filter, _and_or, _equality, _matcher, _size, _conversion),
    *(_function, _stage, _range, _position, _unclosed),
)
