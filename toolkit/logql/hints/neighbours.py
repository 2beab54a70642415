"""Proposals that follow from the tokens next to the place of a syntax error, as a table.

A place is looked at as a row of kinds: the bracket it is in, up to four tokens before it, and,
behind ``@``, the token at fault: ``{ , IDENTIFIER = @ }``. The first pattern that is found decides.
"""

from __future__ import annotations

import re
from typing import Final

from toolkit.logql.hints.place import Place
from toolkit.logql.tokens import (
    END,
    FUNCTIONS,
    KEYWORDS,
    RANGE_OPERATIONS,
    VECTOR_OPERATIONS,
)


def _one_of(*kinds: str) -> str:
    return f"(?:{'|'.join(map(re.escape, kinds))})"


_LINE: Final = _one_of("|=", "|~", "|>", "!>")
_COMPARISON: Final = _one_of("==", ">", ">=", "<", "<=")
_JOINT: Final = _one_of("or", "and", "unless")
_ARITHMETIC: Final = _one_of("+", "-", "*", "/", "%", "^")
_OPERATOR: Final = f"(?:{_JOINT}|{_COMPARISON}|{_ARITHMETIC}|=|!=|=~|!~|{_LINE})"
_CLOSING: Final = _one_of(END, ")", "}", "|", "RANGE")
_STAGE: Final = _one_of(
    *("json", "logfmt", "regexp", "pattern", "unpack", "line_format", "label_format"),
    *("decolorize", "drop", "keep", "unwrap"),
)
_RANGES: Final = _one_of(*(FUNCTIONS[word] for word in RANGE_OPERATIONS))
_VECTORS: Final = _one_of(*(FUNCTIONS[word] for word in VECTOR_OPERATIONS))
_LABELS: Final = _one_of("by", "without", "on", "ignoring", "group_left", "group_right")
_WORD: Final = _one_of(*sorted(KEYWORDS))
_NUMBER: Final = _one_of("NUMBER", "DURATION", "BYTES")
_EXPR: Final = rf"(?:{_RANGES}|{_VECTORS}|label_replace|VECTOR|{{|\(|NUMBER)"

# The patterns are compiled when there is an error: most queries are right.
_TABLE: Final = (
    # where a query begins
    (
        r"@ (?![)}]).*",
        'a query begins with the streams it reads, {{label="value"}}, or with a function',
    ),
    # inside of braces
    (
        rf"\{{: .*(?:\{{|,) @ {_WORD}",
        "{at} is a word of the language and cannot name a label here",
    ),
    (r"\{: .*(?:\{|,) @ NUMBER", "a label's name begins with a letter or _"),
    (r"\{: .*\{ @ ,", "the comma behind {{ is too much"),
    (
        rf"\{{: .*(?:\{{|,) @ {_one_of('=', '!=', '=~', '!~')}",
        "the name of a label is missing before {at}",
    ),
    (
        rf"\{{: .*STRING @ {_JOINT}",
        'matchers are joined by commas; one of several texts is label=~"a|b"',
    ),
    (r"\{: .*STRING @ \|", "the }} before the stages is missing"),
    (
        rf"\{{: .*{_one_of('=', '!=', '=~', '!~')} @ {_NUMBER}",
        'the value of a label is a text, in quotes: "{at}"',
    ),
    (
        rf"\{{: .*{_one_of('=', '!=', '=~', '!~')} @ (?!{_CLOSING}|,).*",
        "the value of a label is a text, in quotes",
    ),
    # labels in parentheses
    (rf"{_LABELS}: .*IDENTIFIER @ IDENTIFIER", "a comma stands between labels"),
    (rf"{_LABELS}: .*\( @ ,", "the comma behind ( is too much"),
    (rf"{_LABELS}: .*(?:\(|,) @ STRING", "a label's name stands without quotes"),
    (
        rf"{_LABELS}: .*(?:\(|,) @ {_WORD}",
        "{at} is a word of the language and cannot name a label here",
    ),
    (r".*(?:by|without|on|ignoring) @ \$end", "labels stand in parentheses: {one} (label)"),
    (rf"{_LABELS}: .* @ (?:{_EXPR}|\$end)", "the ) behind the labels is missing"),
    # what a function takes
    (r"label_replace: .*", 'label_replace(query, "to", "$1", "from", "(.*)")'),
    (r"VECTOR: .*\( @ -", "vector takes no sign; write -1 * vector(1)"),
    (r"VECTOR: .*", "vector takes one number: vector(0)"),
    (r"QUANTILE_OVER_TIME: .*\( @ IDENTIFIER", "a quantile is a number from 0 to 1: 0.99"),
    (r"QUANTILE_OVER_TIME: .*NUMBER @ %", "a quantile is a number from 0 to 1: 0.99"),
    (
        rf"{_RANGES}: .*\( @ IDENTIFIER",
        '{call} reads streams, which are chosen by labels alone: {{app="a"}}',
    ),
    (
        rf"{_RANGES}: .*\( @ DURATION",
        "the range stands in brackets behind the streams: {call}({{...}} [{at}])",
    ),
    (rf"{_RANGES}: .*}} @ ,", "the range stands directly behind the streams: [5m]"),
    (rf"{_RANGES}: .*RANGE @ DURATION", "offset is missing before {at}"),
    (rf"{_RANGES}: .*RANGE @ IDENTIFIER", "a range is shifted by offset: [5m] offset 1h"),
    (rf"{_RANGES}: .*}} @ \(", "a range stands in brackets: [5m]"),
    (rf"{_RANGES}: .* @ DURATION", "a range stands in brackets: [{at}]"),
    (
        rf"{_VECTORS}: .*\( @ IDENTIFIER",
        "{call} works on series: {call}(count_over_time({{...}}[5m]))",
    ),
    (rf"(?:{_RANGES}|{_VECTORS}): .*\( NUMBER @ {_EXPR}", "a comma is missing behind {one}"),
    (r".*NUMBER @ =", "values are compared by =="),
    # behind unwrap
    (r".*unwrap @ STRING", "a label's name stands without quotes"),
    (
        r".*unwrap @ \(",
        "values are converted by bytes(label), duration(label) or duration_seconds(label)",
    ),
    (
        r".*unwrap IDENTIFIER (?:\| )?@ .*",
        "behind unwrap stand label filters and the range only",
    ),
    (r".*unwrap @ RANGE", "the label is missing behind unwrap"),
    # stages
    (rf".*(?<!\|) @ {_STAGE}", "a | is missing before {at}"),
    (r".*\} @ ,", "stages are joined by |, not by commas"),
    (rf".*(?:}}|{_LINE} STRING) @ IDENTIFIER", "a | is missing before {at}"),
    (r".*\| @ \w+_CONV", "a label's value is converted by unwrap: | unwrap {at}(label)"),
    (r".*\} @ \{", "a query reads one selector; all matchers stand in one pair of braces"),
    (rf".*\| @ {_RANGES}", "{at} stands around a query: {at}({{...}} [5m])"),
    (
        rf".*\| @ {_VECTORS}",
        "{at} stands around a range aggregation: {at}(count_over_time({{...}}[5m]))",
    ),
    (r".*\| @ NUMBER", "the label stands first: label > {at}"),
    (r".*(?:unpack|decolorize) @ (?!\$end).*", "{one} takes nothing"),
    (
        r".*(?:json|logfmt) @ (?:STRING|NUMBER|,|\(|\{)",
        '{one} takes labels: {one} a, b="..."',
    ),
    (r".*(?:regexp|pattern|line_format) @ \$end", "what {one} takes is a text, in quotes"),
    (r".*(?:json|logfmt|drop|keep) IDENTIFIER @ IDENTIFIER", "a comma stands between labels"),
    (
        r".*(?:json|logfmt|drop|keep) IDENTIFIER = STRING @ IDENTIFIER",
        "a comma stands between labels",
    ),
    (r".* IDENTIFIER = STRING @ IDENTIFIER", "a comma or a | is missing before {at}"),
    (r".*(?:json|logfmt) IDENTIFIER @ =~", 'a label is read from a path: label="path"'),
    (r".* @ FUNCTION_FLAG", "{at} belongs directly behind logfmt"),
    (r".*\| @ (?:!=|!~)", "{at} stands without a | before it"),
    # texts and numbers
    (rf".*{_NUMBER} IDENTIFIER @ .*", "{one} is no unit of a time or a size"),
    (rf".*IDENTIFIER = @ {_NUMBER}", 'the text stands in quotes: "{at}"'),
    (rf".*(?:{_LINE}|}} !=) @ (?!{_CLOSING}).*", "what {one} looks for is a text, in quotes"),
    (r".*IDENTIFIER == @ IDENTIFIER", "a text is compared by a single =, in quotes"),
    (
        rf".*IDENTIFIER {_COMPARISON} @ IDENTIFIER",
        "a number, a duration or a size stands behind {one}",
    ),
    (rf".*(?:and|or) @ {_COMPARISON}", "each condition names its label: x > 1 and x < 5"),
    (
        r".*= (?:STRING|NUMBER) (?:or|,) @ (?:STRING|NUMBER)",
        'each condition names its label: x="a" or x="b"',
    ),
    (r".*IDENTIFIER @ STRING", "an = is missing before {at}"),
    (r".*IDENTIFIER = @ \(", 'one of several texts is {two}=~"a|b"'),
    (r".*offset @ (?!\$end).*", "an offset is a length of time: offset 1h"),
    (rf".* or @ {_LINE}", 'texts behind or stand alone: |= "a" or "b"'),
    # operators
    (rf".*\) @ {_LABELS}", "the series are grouped once: by (a, b)"),
    (
        rf"{_VECTORS}: .*\( @ (?:by|without)",
        "the labels stand before the parentheses: {call} by (label) (...)",
    ),
    (
        r".* @ group_(?:left|right)",
        "group_left and group_right stand behind on (label) or ignoring (label)",
    ),
    (
        rf".*(?:{_COMPARISON}|{_ARITHMETIC}|{_JOINT}) @ IDENTIFIER",
        "{at} is no query, and no number",
    ),
    (r".*(?:\)|RANGE) @ IDENTIFIER", "{at} means nothing behind a query"),
    (r".*\) @ bool", "bool stands behind the operator: > bool 1"),
    (r".*\* @ \*", "write ^"),
    (r".*= @ >", "did you mean >=?"),
    (r".*= @ <", "did you mean <=?"),
    (rf".*(?:{_OPERATOR}|bool) @ {_OPERATOR}", "one of `{one}` and `{at}` is too much"),
    (r".*, @ ,", "one comma is too much"),
    (r".*, @ \$end", "the comma at the end is too much"),
    (rf".*, @ {_CLOSING}", "the comma before {at} is too much"),
    (rf".*\| @ {_CLOSING}", "a stage is missing behind |"),
    (
        rf".*(?:=|!=|=~|!~|{_LINE}|{_COMPARISON}|offset) @ (?:{_CLOSING}|,)",
        "a value is missing behind {one}",
    ),
    (rf".*(?:{_JOINT}|{_ARITHMETIC}|bool) @ {_CLOSING}", "something is missing behind {one}"),
    (r".*\) @ \|", "stages stand inside, before the range: rate({{...}} | json [5m])"),
    (rf".*(?:\)|NUMBER|RANGE) @ {_EXPR}", "an operator is missing before {at}"),
    (r".*[^{] @ \}", "this }} closes nothing"),
    (r".* @ \$end", "the query is not complete"),
)


def by_neighbours(place: Place) -> str | None:
    """The proposal of the first row of the table that fits ``place``."""
    row = _row(place)
    call = place.call()
    words = {
        "at": place.written(place.at),
        "one": place.word(1),
        "two": place.word(2),
        "call": place.written(call) if call else "",
    }
    return next(
        (hint.format(**words) for pattern, hint in _TABLE if re.fullmatch(pattern, row)), None
    )


def _row(place: Place) -> str:
    bracket = place.open()
    inside = ""
    if bracket is not None:
        index = place.before.index(bracket)
        call = place.call()
        if bracket.kind == "{":
            inside = "{"
        elif index and place.before[index - 1].kind in KEYWORDS:
            inside = place.before[index - 1].kind
        elif call is not None:
            inside = call.kind
    kinds = [token.kind for token in place.before[-4:]]
    return " ".join([*([f"{inside}:"] if inside else []), *kinds, "@", place.at.kind])
