"""What a wrong query was probably meant to be: one proposal for an error, where one is plain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from toolkit.errors import Span
from toolkit.logql import durations
from toolkit.logql.lexer import Lexer
from toolkit.logql.tokens import END, FUNCTIONS, RANGE_OPERATIONS, VECTOR_OPERATIONS, Token

_STAGES: Final = (
    *("json", "logfmt", "regexp", "pattern", "unpack", "line_format", "label_format"),
    *("decolorize", "drop", "keep", "unwrap"),
)
_OPERATIONS: Final = (*RANGE_OPERATIONS, *VECTOR_OPERATIONS, "label_replace", "vector")
_KINDS_OF_RANGE: Final = frozenset(FUNCTIONS[word] for word in RANGE_OPERATIONS)
_KINDS_OF_VECTOR: Final = frozenset(FUNCTIONS[word] for word in VECTOR_OPERATIONS)
_TEXT_OPERATORS: Final = frozenset(["=", "!=", "=~", "!~", "|=", "|~", "|>", "!>"])
_COMPARISONS: Final = frozenset(["==", ">", ">=", "<", "<="])
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
}
_NUMBERS: Final = frozenset(["DURATION", "NUMBER", "BYTES"])
# A message may repeat texts of the query, of any length.
_LOOKED_AT: Final = 300
_UNITS: Final = {"s": "s", "m": "m", "h": "h", "d": "d", "w": "w", "y": "y"}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a syntax error was found: the tokens before it, and the one at fault."""

    text: str
    before: list[Token]
    at: Token

    def kind(self, back: int) -> str:
        """The kind of the token so many back, "" where there is none."""
        return self.before[-back].kind if len(self.before) >= back else ""

    def written(self, token: Token) -> str:
        return self.text[token.start : token.end]

    def open(self) -> Token | None:
        """The innermost bracket that is still open."""
        stack: list[Token] = []
        for token in self.before:
            if token.kind in ("(", "{"):
                stack.append(token)
            elif token.kind in (")", "}") and stack:
                stack.pop()
        return stack[-1] if stack else None

    def call(self) -> Token | None:
        """The word before the innermost open parenthesis, a grouping apart."""
        bracket = self.open()
        if bracket is None or bracket.kind != "(":
            return None
        index = self.before.index(bracket) - 1
        if index >= 0 and self.before[index].kind == ")":
            while index >= 0 and self.before[index].kind not in ("by", "without"):
                index -= 1
            index -= 1
        return self.before[index] if index >= 0 else None


def propose(message: str, text: str, span: Span) -> str | None:
    """A hint for the error that Loki words as ``message``, found at ``span`` of ``text``."""
    message = message[:_LOOKED_AT]
    if "syntax error: " not in message or "stage '" in message:
        return _by_message(message, text, span)
    lexer = Lexer(text, variables=True)
    before: list[Token] = []
    token = lexer.next()
    while token.start < span.start and token.kind != END:
        before.append(token)
        token = lexer.next()
    place = _Place(text, before, token)
    return next((hint for rule in _RULES if (hint := rule(place))), None)


# --- by what Loki says ----------------------------------------------------------------------------

_MESSAGES: Final[tuple[tuple[str, str], ...]] = (
    (r"invalid char literal", "texts stand in double quotes"),
    (r"invalid char escape", "write \\\\ for a backslash, or put the text in back quotes"),
    (r"literal not terminated", "the closing quote is missing on this line"),
    (r"comment not terminated", "the comment has no */"),
    (r"missing closing '\]'", "the ] of the range is missing"),
    (r"empty duration string", "a range has a length: [5m]"),
    (
        r"(decimal|binary) literal has no digits",
        "write no bytes as 0kB, or compare with the number 0",
    ),
    (r"exponent has no digits", "the largest unit of a size is PB"),
    (
        r"invalid aggregation (count_over_time|bytes_rate|bytes_over_time) with unwrap",
        "{1} works on lines: leave out the unwrap, or use sum_over_time",
    ),
    (
        r"invalid aggregation (\w+) without unwrap",
        "{1} works on values: add | unwrap <label> before the range, or count lines with "
        "count_over_time",
    ),
    (
        r"grouping not allowed for approx_topk",
        "group inside of it: approx_topk(10, sum by (label) (...))",
    ),
    (
        r"grouping not allowed for (\w+) aggregation",
        "group around it: sum by (label) ({1}(...))",
    ),
    (r"parameter required for operation quantile_over_time", "quantile_over_time(0.99, ...)"),
    (r"parameter required for operation (\w+)", "say how many: {1}(10, ...)"),
    (r"invalid parameter .*(topk|bottomk)\(", "the limit is a whole number above 0"),
    (
        r"sort_desc doesn't allow grouping",
        "group first, then sort: sort(sum by (label) (...))",
    ),
    (
        r"queries require at least one",
        'one matcher has to name something that is not empty, such as app=~".+"',
    ),
    (
        r"unexpected type for (left|right) leg",
        "log queries cannot be combined; put both conditions into one of them, or count their "
        "lines first: count_over_time({...}[5m])",
    ),
    (
        r"unexpected literal for (left|right) leg",
        "and, or, unless work on series; compare with the number, or write vector(1)",
    ),
    (r"missing argument to repetition operator", 'a * repeats what is before it; "anything" is .*'),
    (
        r"at least one named capture must be supplied",
        "name what is to become a label: (?P<name>...)",
    ),
    (r"at least one capture is required", "name what is to become a label: <name>"),
    (r"ip: invalid operation", "ip() goes with |= and != only"),
    (
        r"ip: invalid pattern",
        'an address "10.0.0.1", a range "10.0.0.1-10.0.0.9" or a prefix "10.0.0.0/8"',
    ),
    (
        r"cannot parse expression \[[^\]]*[ -]",
        'a key that is no plain name stands in brackets: a["b c"]',
    ),
    (
        r"named captures are not allowed",
        "a pattern of a line filter knows <_> only; labels come from | pattern",
    ),
)


def _by_message(message: str, text: str, span: Span) -> str | None:
    duration = re.search(r'(?:unknown unit|not a valid duration string).*"(.*)"$', message)
    if duration:
        return _duration_hint(text[span.start + 1 : span.end - 1])
    function = re.search(r'function "(\w+)" not defined', message)
    if function:
        from toolkit.logql.template import BUILTINS, LOKI_FUNCTIONS

        return _did_you_mean(function[1], BUILTINS | LOKI_FUNCTIONS)
    for pattern, hint in _MESSAGES:
        found = re.search(pattern, message)
        if found:
            return hint.replace("{1}", found[1]) if found.groups() else hint
    return None


def _duration_hint(written: str) -> str:
    if ":" in written:
        return "Loki has no subqueries; a range is a single length: [5m]"
    number = re.fullmatch(r"\s*(\d+)\s*([A-Za-z]*)\s*", written)
    if number:
        unit = _UNITS.get(number[2][:1].lower(), "m")
        return f"did you mean [{number[1]}{unit}]?"
    try:
        length = durations.parse_go(written.strip())
    except ValueError:
        return "a range is a row of whole numbers with units y w d h m s ms: [1h30m]"
    return f"a range is made of whole numbers: [{durations.format_prometheus(length)}]"


def _did_you_mean(word: str, words: Iterable[str]) -> str | None:
    # Imported late: most queries are right.
    from difflib import get_close_matches

    close = get_close_matches(word.lower(), sorted(words), n=1, cutoff=0.7)
    return f"did you mean `{close[0]}`?" if close else None


# --- by the tokens around the place ---------------------------------------------------------------


def _quotes(place: _Place) -> str | None:
    written = place.written(place.at)
    if place.at.kind == "IDENTIFIER" and written[:1] == "'":
        return f'texts stand in double quotes: "{written[1:-1]}"'
    if place.kind(1) in ("line_format", "pattern", "regexp") and place.at.kind in ("{", "<", "("):
        return f"what {place.kind(1)} takes is a text, in quotes"
    alternative = place.kind(1) == "or" and place.kind(2) in ("STRING", ")")
    if place.kind(1) not in _TEXT_OPERATORS and not alternative:
        return None
    if place.at.kind == "VARIABLE":
        return f'a variable that stands for a text stands in quotes: "{written}"'
    if place.at.kind == "IDENTIFIER" and written.isidentifier():
        return f'put the text in quotes: "{written}"'
    return None


def _variable(place: _Place) -> str | None:
    if place.at.kind != "VARIABLE":
        return None
    return (
        f"{place.written(place.at)} may stand for a name, a number or a duration, or inside of a "
        "text; what is more than that cannot be checked before Grafana has put it in"
    )


def _equality(place: _Place) -> str | None:
    if place.at.kind == "==":
        return "a label is compared by a single ="
    if place.at.kind == "STRING" and place.kind(1) == "==":
        is_label = place.kind(2) == "IDENTIFIER"
        return "a text is compared by a single =" if is_label else "numbers stand without quotes"
    if place.at.kind == "STRING" and place.kind(1) in _COMPARISONS | {"("}:
        return "numbers stand without quotes"
    return None


def _and_or(place: _Place) -> str | None:
    if place.written(place.at) == "&":
        return "write `and`"
    if place.at.kind == "|" and place.kind(1) == "|":
        return "write `or`"
    return None


def _function(place: _Place) -> str | None:
    word = place.written(place.at)
    if place.at.kind != "IDENTIFIER":
        return None
    if word.lower() in FUNCTIONS:
        return f"`(`, `by (` or `without (` has to follow {word}"
    if not re.match(r"\s*\(", place.text[place.at.end :]):
        return None
    if word.lower() in _ELSEWHERE:
        return _ELSEWHERE[word.lower()]
    return _did_you_mean(word, _OPERATIONS) or f"LogQL has no function {word}"


def _stage(place: _Place) -> str | None:
    """``| foo`` and then something that does not go with a label."""
    if (place.kind(1), place.kind(2)) != ("IDENTIFIER", "|"):
        return None
    word = place.written(place.before[-1])
    return (
        _ELSEWHERE.get(word.lower())
        or _did_you_mean(word, _STAGES)
        or f'{word} is no stage of LogQL; a label filter is written {word}="value"'
    )


def _size(place: _Place) -> str | None:
    """``1mb``: to Loki a duration or number, and then a name."""
    tokens = [*place.before, place.at]
    for number, unit in zip(tokens[-3:], tokens[-2:], strict=False):
        if number.kind in _NUMBERS and unit.kind == "IDENTIFIER":
            written = place.text[number.start : unit.end]
            if number.end == unit.start and re.fullmatch(r"[\d.]+[kmgtp]i?b", written):
                letters = written.rstrip("kmgtpib")
                return f"did you mean {letters}{written[len(letters) :].upper().replace('I', 'i')}?"
    return None


def _range(place: _Place) -> str | None:
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
    series = place.at.kind in _KINDS_OF_RANGE | _KINDS_OF_VECTOR
    if series and call is not None and call.kind in _KINDS_OF_RANGE:
        return f"{call.value} reads lines, not series, and Loki has no subqueries"
    return None


def _position(place: _Place) -> str | None:
    """Words that stand where they cannot."""
    match place.at.kind:
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
        case "IDENTIFIER" if place.kind(1) in ("by", "without", "on", "ignoring"):
            return f"labels stand in parentheses: {place.kind(1)} (label)"
        case "IDENTIFIER" if "label_format" in (place.kind(4), place.kind(5)):
            return "a comma is missing"
    if place.kind(1) == "-" and place.at.kind != "NUMBER":
        return "a minus sign stands before numbers only; write -1 * (...)"
    return None


def _unclosed(place: _Place) -> str | None:
    bracket = place.open()
    if place.at.kind != END or bracket is None:
        return None
    close = {"(": ")", "{": "}"}[bracket.kind]
    place_text = Span(bracket.start, bracket.end).location(place.text)
    return f"the {bracket.kind} at {place_text} has no {close}"


_Rule = Callable[[_Place], str | None]
_RULES: Final[tuple[_Rule, ...]] = (
    *(_quotes, _and_or, _equality, _size, _stage, _function, _range, _position),
    *(_variable, _unclosed),
)
