"""Trees of queries as Hypothesis makes them up: every node, every kind of value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from toolkit.logql import ast
from toolkit.logql.ast import Duration, Variable
from toolkit.logql.printer import writable
from toolkit.logql.quoting import Unquoted

Strategy = st.SearchStrategy[Any]

NAMES: Strategy = st.sampled_from(
    [
        "a",
        "app",
        "level",
        "_x",
        "__error__",
        "rate",
        "sum",
        "bytes",
        "ip",
        "Status1",
        "é",
        "$name",
        "${x:csv}",
    ]
)
TEXTS: Strategy = st.text(max_size=12) | st.sampled_from(
    ['"', "`", "\\", '"} or {', "\n", "$x", "\udcff", "5m", "' --", "[5m]", "# no", "/*"]
)
BARE: Strategy = st.sampled_from(["$x", "${y:regex}", "[[z]]"]).map(Unquoted)
REGEXES: Strategy = (
    st.sampled_from(["a.*", "x|y", ".+", "(?i)z", r"\d+", "", "`a`", '"', "$x"]) | BARE
)
VARIABLES: Strategy = st.sampled_from(["$x", "${y}", "[[z]]"]).map(Variable)
FLOATS: Strategy = st.floats(allow_nan=False, allow_infinity=False)
POSITIVE: Strategy = st.floats(0, allow_nan=False, allow_infinity=False).map(abs)
MILLISECONDS: Strategy = st.integers(0, 10**12)


def _lists(items: Strategy, low: int = 1, high: int = 3) -> Strategy:
    return st.lists(items, min_size=low, max_size=high).map(tuple)


SPANS: Strategy = MILLISECONDS.map(lambda ms: Duration(ms * 10**6))
DURATIONS: Strategy = st.integers(-(2**62), 2**62).map(Duration)
RANGES: Strategy = SPANS | st.sampled_from(["$__auto", "${x}m"]).map(Variable)
OFFSETS: Strategy = (
    VARIABLES
    | st.just(Variable("-$x"))
    | st.sampled_from(["$shift", "${shift}"]).map(ast.VariablePiece)
)
SIZES: Strategy = st.integers(0, 2**53)

_PLAIN = ("=", "!=")
_COMPARE: Strategy = st.sampled_from(["==", "!=", ">", ">=", "<", "<="])
MATCHERS: Strategy = st.builds(ast.Matcher, NAMES, st.sampled_from(_PLAIN), TEXTS) | st.builds(
    ast.Matcher, NAMES, st.sampled_from(["=~", "!~"]), REGEXES
)
OPEN_MATCHERS: Strategy = st.sampled_from(["$matchers", "${a}${b:raw}"]).map(
    lambda text: ast.Matcher(text, "", "")
)
SELECTING: Strategy = st.builds(ast.Matcher, NAMES, st.just("="), TEXTS.filter(bool))
SELECTORS: Strategy = st.builds(
    lambda first, rest: ast.Selector((first, *rest)),
    SELECTING | OPEN_MATCHERS,
    _lists(MATCHERS | OPEN_MATCHERS, 0),
)

LABEL_FILTERS: Strategy = st.recursive(
    st.one_of(
        st.builds(ast.StringLabelFilter, MATCHERS),
        st.builds(ast.NumberLabelFilter, NAMES, _COMPARE, FLOATS),
        st.builds(ast.NumberLabelFilter, NAMES, _COMPARE.filter("!=".__ne__), VARIABLES),
        st.builds(ast.DurationLabelFilter, NAMES, _COMPARE, DURATIONS),
        st.builds(ast.BytesLabelFilter, NAMES, _COMPARE, SIZES),
        st.builds(
            ast.IPLabelFilter,
            NAMES,
            st.sampled_from(_PLAIN),
            st.sampled_from(["1.2.3.4", "::/8"]) | BARE,
        ),
        VARIABLES,
    ),
    lambda inner: (
        st.builds(ast.AndLabelFilter, inner, inner) | st.builds(ast.OrLabelFilter, inner, inner)
    ),
    max_leaves=5,
)

_LINE_FILTERS: Strategy = st.one_of(
    st.builds(
        ast.LineFilter,
        st.sampled_from(["|=", "!="]),
        _lists(
            st.builds(ast.LineMatch, TEXTS)
            | st.builds(ast.LineMatch, st.just("10.0.0.1") | BARE, st.just(True))
        ),
    ),
    st.builds(
        ast.LineFilter, st.sampled_from(["|~", "!~"]), _lists(st.builds(ast.LineMatch, REGEXES))
    ),
    st.builds(
        ast.LineFilter,
        st.sampled_from(["|>", "!>"]),
        _lists(st.builds(ast.LineMatch, st.sampled_from(["<_> a", "a <_> b", ""]) | BARE)),
    ),
)
_EXTRACTIONS: Strategy = _lists(
    st.builds(ast.Extraction, NAMES, st.sampled_from(["a", '["b c"]', "app"]) | BARE)
)
_ASSIGNMENTS: Strategy = st.lists(NAMES, min_size=1, max_size=3, unique=True).flatmap(
    lambda names: st.tuples(
        *(
            st.builds(ast.LabelAssignment, st.just(name), NAMES, st.just(True))
            | st.builds(
                ast.LabelAssignment,
                st.just(name),
                st.sampled_from(["{{.a}}", "x", ""]),
                st.just(False),
            )
            for name in names
            if name != "__error__"
        )
    )
)
STAGES: Strategy = st.one_of(
    _LINE_FILTERS,
    st.builds(ast.JsonParser, st.just(()) | _EXTRACTIONS),
    st.builds(
        ast.LogfmtParser,
        st.just(()) | _lists(st.builds(ast.Extraction, NAMES, st.sampled_from(["a", '"b c"']))),
        st.booleans(),
        st.booleans(),
    ),
    st.builds(ast.RegexpParser, st.sampled_from(["(?P<a>.*)", "`(?P<b>x)"]) | BARE),
    st.builds(ast.PatternParser, st.sampled_from(["<a> b", "\n<b>"]) | BARE),
    st.just(ast.UnpackParser()),
    st.just(ast.Decolorize()),
    st.builds(ast.LineFormat, st.sampled_from(["{{.a}}", "`", '"', ""]) | BARE),
    st.builds(ast.LabelFormat, _ASSIGNMENTS.filter(bool)),
    st.builds(ast.DropLabels, _lists(NAMES | MATCHERS)),
    st.builds(ast.KeepLabels, _lists(NAMES | MATCHERS)),
    LABEL_FILTERS,
    VARIABLES.map(lambda one: ast.VariablePiece(one.text)),
)


def _pipeline(stages: list[ast.Stage]) -> tuple[ast.Stage, ...]:
    """``stages`` without variables that would be read as labels of the parser before them."""
    kept: list[ast.Stage] = []
    for stage in stages:
        after_parser = kept and isinstance(kept[-1], ast.JsonParser | ast.LogfmtParser)
        if not (isinstance(stage, ast.VariablePiece) and after_parser):
            kept.append(stage)
    return tuple(kept)


LOG_QUERIES: Strategy = st.builds(
    lambda selector, stages: ast.LogQuery(selector, _pipeline(writable(stages))),
    SELECTORS,
    _lists(STAGES, 0, 4),
)

_UNWRAPS: Strategy = st.builds(
    ast.Unwrap,
    NAMES,
    st.sampled_from([None, "bytes", "duration", "duration_seconds", "$as"]),
    _lists(LABEL_FILTERS, 0, 2),
)
GROUPINGS: Strategy = st.none() | st.builds(ast.Grouping, _lists(NAMES, 0), st.booleans())


def _log_ranges(unwrap: Strategy) -> Strategy:
    offsets = st.none() | DURATIONS | OFFSETS
    return st.builds(ast.LogRange, LOG_QUERIES, RANGES, offsets, unwrap)


_RANGE_AGGREGATIONS: Strategy = st.one_of(
    st.builds(
        ast.RangeAggregation,
        st.sampled_from(["count_over_time", "bytes_rate", "rate", "absent_over_time"]),
        _log_ranges(st.none()),
    ),
    st.builds(
        ast.RangeAggregation,
        st.sampled_from(["avg_over_time", "max_over_time", "first_over_time"]),
        _log_ranges(_UNWRAPS),
        st.none(),
        GROUPINGS,
    ),
    st.builds(
        ast.RangeAggregation,
        st.just("quantile_over_time"),
        _log_ranges(_UNWRAPS),
        POSITIVE | VARIABLES,
        GROUPINGS,
    ),
    st.builds(
        ast.RangeAggregation,
        st.sampled_from(["$fn", "${fn}_over_time"]),
        _log_ranges(st.none() | _UNWRAPS),
        st.none() | POSITIVE | VARIABLES,
        GROUPINGS,
    ),
)
_LITERALS: Strategy = st.builds(ast.NumberLiteral, FLOATS)
_VECTORS: Strategy = st.builds(ast.VectorLiteral, POSITIVE | VARIABLES)

_MATCHINGS: Strategy = st.none() | st.one_of(
    st.builds(ast.VectorMatching, st.booleans(), _lists(NAMES, 0)),
    st.builds(
        ast.VectorMatching,
        st.booleans(),
        _lists(NAMES, 0),
        st.sampled_from(["many-to-one", "one-to-many"]),
        _lists(NAMES, 0),
    ),
)
_ARITHMETIC: Strategy = st.sampled_from(
    ["+", "-", "*", "/", "%", "^", "==", "!=", ">", ">=", "<", "<="]
)


def _operations(inner: Strategy) -> Strategy:
    vectors = inner.filter(lambda expr: not isinstance(expr, ast.NumberLiteral))
    plain: Callable[..., Strategy] = st.builds
    return st.one_of(
        plain(ast.BinaryOperation, _ARITHMETIC, vectors, inner, st.booleans(), _MATCHINGS),
        plain(ast.BinaryOperation, _ARITHMETIC, inner, vectors, st.booleans(), _MATCHINGS),
        plain(
            ast.BinaryOperation,
            st.sampled_from(["or", "and", "unless"]),
            vectors,
            vectors,
            st.booleans(),
            _MATCHINGS,
        ),
    )


def _aggregations(inner: Strategy) -> Strategy:
    return st.one_of(
        st.builds(
            ast.VectorAggregation,
            st.sampled_from(["sum", "avg", "count", "stddev"]),
            inner,
            st.none(),
            GROUPINGS,
        ),
        st.builds(
            ast.VectorAggregation,
            st.sampled_from(["topk", "bottomk"]),
            inner,
            st.integers(1, 10**6) | VARIABLES,
            GROUPINGS,
        ),
        st.builds(
            ast.VectorAggregation,
            st.sampled_from(["$op", "[[op]]"]),
            inner,
            st.none() | st.integers(1, 10**6) | VARIABLES,
            GROUPINGS,
        ),
        st.builds(ast.VectorAggregation, st.sampled_from(["sort", "sort_desc"]), inner),
        st.builds(ast.VectorAggregation, st.just("approx_topk"), inner, st.integers(1, 9)),
        st.builds(ast.LabelReplace, inner, TEXTS, TEXTS, TEXTS, REGEXES),
    )


METRIC_QUERIES: Strategy = st.recursive(
    _RANGE_AGGREGATIONS | _LITERALS | _VECTORS,
    lambda inner: _aggregations(inner) | _operations(inner),
    max_leaves=6,
)
QUERIES: Strategy = LOG_QUERIES | METRIC_QUERIES
