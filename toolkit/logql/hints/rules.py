"""Proposals that follow from the tokens around the place of a syntax error."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from toolkit.logql.hints.place import Place, did_you_mean
from toolkit.logql.hints.ranges import conversion, range_, size, unclosed
from toolkit.logql.hints.words import ELSEWHERE, FILTERS, LIKE
from toolkit.logql.tokens import (
    END,
    FUNCTIONS,
    KEYWORDS,
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


# --- by the tokens around the place ---------------------------------------------------------------


def _quotes(place: Place) -> str | None:
    written = place.written(place.at)
    if place.at.kind == "IDENTIFIER" and written[:1] == "'":
        return f'texts stand in double quotes: "{written[1:-1]}"'
    if place.kind(1) in ("line_format", "pattern", "regexp") and place.at.kind != END:
        return f"what {place.kind(1)} takes is a text, in quotes"
    if written[:1] in "“”„«‘’" and written:
        return "texts stand in straight quotes"
    if written == "i" and place.kind(1) == "STRING" and place.before[-1].end == place.at.start:
        return 'a regular expression begins with (?i) where case is of no matter: |~ "(?i)text"'
    if (place.kind(1), place.kind(2)) == ("(", "ip") and place.at.kind in ("NUMBER", "IDENTIFIER"):
        return 'an address stands in quotes: ip("10.0.0.1")'
    alternative = place.kind(1) == "or" and place.kind(2) in ("STRING", ")")
    if written.lower() == "ip" or (alternative and written.lower() in FUNCTIONS):
        return None
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
        if place.kind(2) == "}":
            return FILTERS
        is_label = place.kind(2) == "IDENTIFIER"
        return "a text is compared by a single =" if is_label else "numbers stand without quotes"
    call = place.call()
    if place.at.kind == "STRING" and place.at.value.startswith("{") and call is not None:
        return "a query stands without quotes"
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
    if place.kind(1) == "=" and written == "!":
        return "did you mean !=?"
    if place.kind(1) == "STRING" and (place.at.kind == "IDENTIFIER" or written == ";"):
        return "a comma stands between matchers"
    if place.kind(1) == "IDENTIFIER" and place.at.kind in ("-", "/"):
        return "a label's name holds letters, digits and _ only"
    if place.kind(1) == "IDENTIFIER" and place.at.kind not in ("==", "."):
        return "a label is compared by =, !=, =~ or !~"
    return None


def _line_filter(place: Place) -> str | None:
    """Texts and operators where a line filter was meant."""
    written = place.written(place.at)
    if place.kind(1) in ("}", "STRING") and place.open() is None and place.at.kind == "IDENTIFIER":
        if written.lower() in LIKE:
            return FILTERS
        if written.lower() in ELSEWHERE:
            return ELSEWHERE[written.lower()]
    if place.at.kind in ("-", "*") and place.kind(1) == "|":
        return FILTERS
    after_text = place.kind(1) == "STRING" and place.kind(2) in _LINE_OPERATORS | {"or"}
    joined = place.kind(1) == "and" and place.kind(2) == "STRING"
    if (after_text and written == "&") or (joined and place.at.kind == "STRING"):
        return FILTERS
    if written in ("=", "~") and place.kind(1) in ("|=", "!=") and place.is_next():
        if place.kind(1) == "!=":
            return "did you mean !~?"
        return (
            "did you mean |=?"
            if written == "="
            else "|~ looks for a regular expression, |= for a text"
        )
    misplaced = place.at.kind in ("STRING", "=", "=~") or written in ("~", "!", "and")
    if misplaced and place.kind(1) in ("}", "|"):
        return FILTERS
    if place.at.kind == "STRING" and place.word(1) in ("!", "and"):
        return FILTERS
    return None


def _and_or(place: Place) -> str | None:
    if place.written(place.at) == "&":
        return "write `and`"
    if place.at.kind == "|" and place.kind(1) in ("|", ")"):
        first = place.at.start if place.kind(1) == ")" else place.before[-1].start
        if place.text.startswith("||", first):
            return "write `or`"
    if place.written(place.at).lower() == "not" and place.kind(1) == "and":
        return "write `unless`"
    return None


def _is_called(place: Place) -> bool:
    """Whether the word at fault has arguments, as a function has."""
    word = place.written(place.at).lower()
    return word in FUNCTIONS or re.match(r"\s*\(", place.text[place.at.end :]) is not None


def _function(place: Place) -> str | None:
    word = place.written(place.at)
    if place.at.kind != "IDENTIFIER" or not word.isidentifier():
        return None
    if word.lower() in FUNCTIONS:
        grouped = re.match(r"\s*(by|without)\s+\w", place.text[place.at.end :], re.IGNORECASE)
        if re.match(r"\s*(\$|\[\[)", place.text[place.at.end :]):
            return f"a variable stands for the labels of a grouping: {word} by ($labels) (...)"
        if grouped:
            return f"labels stand in parentheses: {word} {grouped[1].lower()} (label) (...)"
        grouping = ", `by (` or `without (`" if word.lower() in VECTOR_OPERATIONS else ""
        return f"`(`{grouping} has to follow {word}"
    if not _is_called(place):
        return None
    if (place.kind(1), place.kind(2)) == ("IDENTIFIER", "|") and word.lower() == "in":
        return f'one of several texts is {place.word(1)}=~"a|b"'
    if word.lower() in ELSEWHERE:
        return ELSEWHERE[word.lower()]
    return did_you_mean(word, _OPERATIONS) or f"LogQL has no function {word}"


def _stage(place: Place) -> str | None:
    """``| foo`` and then something that does not go with a label."""
    if (place.kind(1), place.kind(2)) != ("IDENTIFIER", "|") or place.at.kind == ".":
        return None
    word = place.word(1)
    if not word[0].isalpha():
        return None
    if word.lower() in LIKE and place.at.kind == "STRING":
        return FILTERS
    if word.lower() in RANGE_OPERATIONS:
        return f"{word} stands around a query: {word}({{...}} [5m])"
    if place.written(place.at) == ":":
        return "a label is compared by =, not by :"
    call = "(" if place.at.kind == "(" else None
    return (
        ELSEWHERE.get(word.lower())
        or did_you_mean(word, _STAGES)
        or (call and "functions stand in templates only: | label_format y=`{{.x | lower}}`")
        or f'{word} is no stage of LogQL; a label filter is written {word}="value"'
    )


def _position(place: Place) -> str | None:
    """Words that stand where they cannot."""
    match place.at.kind:
        case _ if place.kind(1) in ("drop", "keep"):
            return f"{place.kind(1)} takes names of labels, as they are: {place.kind(1)} a, b"
        case "NUMBER" if place.kind(1) == "offset":
            return "an offset is a length of time: offset 1h"
        case kind if kind in KEYWORDS and place.kind(1) in ("{", ","):
            return f"{kind} is a word of the language and cannot name a label here"
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
    return unclosed(place) if place.at.kind == END else None


Rule = Callable[[Place], str | None]
RULES: Final[tuple[Rule, ...]] = (
    *(_variable, _quotes, _line_filter, _and_or, _equality, _matcher, size, conversion),
    *(_function, _stage, range_, _position, _unclosed),
)
