"""The words of the language: every kind of token by the name that Loki's errors give it.

Order matters: an error lists what it expected in this order, and where a state of the parser could
reduce by two rules equally often, the order decides (grafana/loki pkg/logql/syntax/syntax.y, the
token declarations; pkg/logql/syntax/parser.go prints most of them as they are written in a query).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from toolkit.errors import Span

END: Final = "$end"
ERROR: Final = "error"
VARIABLE: Final = "VARIABLE"
"""A Grafana variable: no kind of Loki's; the parser gives it the kind it stands for."""

TERMINALS: Final[tuple[str, ...]] = (
    # The first three are the parser's own and never "expected".
    *(END, ERROR, "$unk"),
    *("BYTES", "IDENTIFIER", "STRING", "NUMBER", "FUNCTION_FLAG", "DURATION", "RANGE"),
    *("MATCHERS", "LABELS", "=", "=~", "!~", "!>", "{", "}", "[", "]", ",", "."),
    *("|~", "|=", "|>", "(", ")", "by", "without", "COUNT_OVER_TIME", "RATE", "RATE_COUNTER"),
    *("SUM", "SORT", "SORT_DESC", "AVG", "MAX", "MIN", "COUNT", "STDDEV", "STDVAR", "BOTTOMK"),
    *("TOPK", "APPROX_TOPK", "BYTES_OVER_TIME", "BYTES_RATE", "bool", "json", "regexp", "logfmt"),
    *("|", "line_format", "label_format", "unwrap", "AVG_OVER_TIME", "SUM_OVER_TIME"),
    *("MIN_OVER_TIME", "MAX_OVER_TIME", "STDVAR_OVER_TIME", "STDDEV_OVER_TIME"),
    *("QUANTILE_OVER_TIME", "BYTES_CONV", "DURATION_CONV", "DURATION_SECONDS_CONV"),
    *("FIRST_OVER_TIME", "LAST_OVER_TIME", "ABSENT_OVER_TIME", "VECTOR", "label_replace"),
    *("unpack", "offset", "pattern", "ip", "on", "ignoring", "group_left", "group_right"),
    *("decolorize", "drop", "keep", "or", "and", "unless", "==", "!=", "<", "<=", ">", ">="),
    *("+", "-", "*", "/", "%", "^"),
)

RANGE_OPERATIONS: Final = (
    *("count_over_time", "rate", "rate_counter", "bytes_over_time", "bytes_rate"),
    *("avg_over_time", "sum_over_time", "min_over_time", "max_over_time", "stdvar_over_time"),
    *("stddev_over_time", "quantile_over_time", "first_over_time", "last_over_time"),
    "absent_over_time",
)
VECTOR_OPERATIONS: Final = (
    *("sum", "avg", "count", "max", "min", "stddev", "stdvar", "bottomk", "topk"),
    *("sort", "sort_desc", "approx_topk"),
)
CONVERSIONS: Final = ("bytes", "duration", "duration_seconds")
FLAGS: Final = ("--strict", "--keep-empty")

FUNCTIONS: Final[dict[str, str]] = {
    **{word: word.upper() for word in RANGE_OPERATIONS},
    **{word: word.upper() for word in VECTOR_OPERATIONS},
    **{word: f"{word.upper()}_CONV" for word in CONVERSIONS},
    "vector": "VECTOR",
    "label_replace": "label_replace",
    "ip": "ip",
}
"""Functions only before ``(`` (or ``by (``, ``without (``); identifiers elsewhere."""

KEYWORDS: Final = frozenset(
    (
        *("by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset"),
        *("or", "and", "unless", "json", "regexp", "logfmt", "unpack", "pattern"),
        *("label_format", "line_format", "decolorize", "drop", "keep", "unwrap"),
    )
)
"""Words that are reserved everywhere. Like functions they are known in any case (``SUM BY``)."""

SYMBOLS: Final = frozenset(
    [
        "|=",
        "|~",
        "|>",
        "!=",
        "!~",
        "!>",
        "=~",
        "==",
        ">=",
        "<=",
        "{",
        "}",
        "(",
        ")",
        ",",
        ".",
        "=",
        "<",
        ">",
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "|",
        "]",
    ]
)
"""Operators and brackets; of two that fit, the longer one is meant. ``[`` opens a range."""


class Token(NamedTuple):
    """A token: its kind (one of TERMINALS, or VARIABLE), its value and where it stands.

    ``value`` is the name of an identifier, the text of a string without quotes and escapes, the
    text of a number or flag, a ``Duration`` or ``Variable`` for DURATION and RANGE, the number of
    bytes and the text for BYTES, and the word or symbol itself for all others.
    """

    kind: str
    value: Any
    start: int
    end: int
    looked_ahead: bool = False
    """Whether Loki's scanner looked past the token's first part, and so has lost its line."""

    on_trust: bool = False
    """Whether it is a text with a Grafana variable, which cannot be checked."""

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)
