"""Proposals that follow from the words of an error alone."""

from __future__ import annotations

import re
from typing import Final

from toolkit.errors import Span
from toolkit.logql import durations
from toolkit.logql.hints.place import did_you_mean
from toolkit.logql.variables import has_variable

_UNITS: Final = {"s": "s", "m": "m", "h": "h", "d": "d", "w": "w", "y": "y"}

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
    (r"missing closing \)", "write \\\\( for a parenthesis, or \\( in back quotes"),
    (
        r"unsupported Perl syntax: `\(\?<?[=!]",
        "RE2 looks neither ahead nor behind; leave lines and streams out by != and !~",
    ),
    (r"unclosed action", "the }} is missing"),
    (r"missing argument to repetition operator", 'a * repeats what is before it; "anything" is .*'),
    (
        r"at least one named capture must be supplied",
        "name what is to become a label: (?P<name>...)",
    ),
    (r"at least one capture is required", "name what is to become a label: <name>"),
    (
        r"(?:parameter \S+ not supported|unsupported parameter) for operation (\w+)",
        "{1} takes no number",
    ),
    (r"invalid repeat count", "a piece is repeated {least,most} times, 1000 at most"),
    (r"missing closing \]", "write \\\\[ for a bracket, or \\[ in back quotes"),
    (r"duplicate (extracted label|capture) name", "each label is extracted once"),
    (r"ip: invalid operation", "ip() goes with |= and != only"),
    (
        r"ip: invalid pattern",
        'an address "10.0.0.1", a range "10.0.0.1-10.0.0.9" or a prefix "10.0.0.0/8"',
    ),
    (
        r"cannot parse expression \[[^\]]*[ -]",
        'a key that is no plain name stands in brackets: a["b c"]',
    ),
    (r"cannot parse expression .*(?:KEY|char)", "a key of logfmt is a word, or stands in quotes"),
    (r"cannot parse expression", 'a path is written a.b[0]["c d"]'),
    (
        r"named captures are not allowed",
        "a pattern of a line filter knows <_> only; labels come from | pattern",
    ),
)


def by_message(message: str, text: str, span: Span) -> str | None:
    """The hint for an error worded as ``message`` at ``span`` of ``text``."""
    duration = re.search(r'(?:unknown unit|not a valid duration string).*"(.*)"$', message)
    if duration and text[: span.start].rstrip().endswith(("=", "~")):
        return 'one of several texts is label=~"a|b"'
    if duration:
        return _duration_hint(text[span.start + 1 : span.end - 1])
    function = re.search(r'function "(\w+)" not defined', message)
    if function:
        from toolkit.logql.template import BUILTINS, LOKI_FUNCTIONS

        close = did_you_mean(function[1], BUILTINS | LOKI_FUNCTIONS)
        return close or f"a label is written with a dot: .{function[1]}"
    for pattern, hint in _MESSAGES:
        found = re.search(pattern, message)
        if found:
            return hint.replace("{1}", found[1]) if found.groups() else hint
    return None


def _duration_hint(written: str) -> str:
    if has_variable(written):
        return f"{written.strip()} is a variable of Grafana; Loki takes its value only"
    if ":" in written:
        return "Loki has no subqueries; a range is a single length: [5m]"
    if written.strip().startswith("-"):
        return "a range has no sign; it reaches back, and offset shifts it"
    number = re.fullmatch(r"\s*(\d+)\s*([A-Za-z]*)\s*", written)
    if number:
        unit = _UNITS.get(number[2][:1].lower(), "m")
        return f"did you mean [{number[1]}{unit}]?"
    try:
        length = durations.parse_go(written.strip())
    except ValueError:
        return "a range is a row of whole numbers with units y w d h m s ms: [1h30m]"
    return f"a range is made of whole numbers: [{durations.format_prometheus(length)}]"
