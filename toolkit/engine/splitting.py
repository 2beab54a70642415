"""What Loki's query frontend makes of an instant query: long ranges are read in parts.

The parts are put together by rules that do not always give what the whole range would: a ``max``
or ``avg`` around a count is taken of every part first. Loki answers so, and a server that stands
in for it has to. Source: ``RangeMapper`` in grafana/loki pkg/logql/rangemapper.go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from toolkit.logql.ast import (
    BinaryOperation,
    Duration,
    Grouping,
    JsonParser,
    LabelReplace,
    LogfmtParser,
    MetricExpr,
    NumberLiteral,
    RangeAggregation,
    VectorAggregation,
)

_VECTOR_OPS = frozenset({"sum", "count", "max", "min", "avg", "topk", "sort", "sort_desc"})
_RANGE_OPS = frozenset(
    {
        "rate", "bytes_rate", "bytes_over_time", "count_over_time", "sum_over_time",
        "max_over_time", "min_over_time",
    }
)  # fmt: skip
_NOT_HANDED_DOWN = frozenset({"count", "topk", "sort", "sort_desc"})
_ALL_LABELS = Grouping((), without=True)
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Split:
    """An aggregation over ``whole`` parts of ``interval`` ns and one of ``rest`` ns, end to end.

    Stands in the tree where the frontend concatenates the answers to its partial queries.
    """

    expr: MetricExpr
    interval: int
    whole: int
    rest: int

    def part(self, width: int) -> MetricExpr:
        """The aggregation over a range of ``width`` ns."""
        return _with_range(self.expr, width)


def _with_range(expr: MetricExpr, width: int) -> MetricExpr:
    match expr:
        case RangeAggregation():
            return replace(expr, log_range=replace(expr.log_range, range=Duration(width)))
        case VectorAggregation() | LabelReplace():
            return replace(expr, expr=_with_range(expr.expr, width))
        case BinaryOperation():
            left, right = _with_range(expr.left, width), _with_range(expr.right, width)
            return replace(expr, left=left, right=right)
        case _:
            return expr


def split(expr: MetricExpr, interval: int) -> MetricExpr:
    """The query as the frontend runs it with ``split_queries_by_interval`` of ``interval`` ns.

    Equal to ``expr`` where nothing is split.
    """
    return _Mapper(interval).map(expr, None) if _splittable(expr) else expr


def _splittable(expr: MetricExpr) -> bool:
    match expr:
        case VectorAggregation():
            return expr.op in _VECTOR_OPS and _splittable(expr.expr)
        case RangeAggregation():
            return expr.op in _RANGE_OPS
        case BinaryOperation():
            literal = isinstance(expr.left, NumberLiteral)
            return (
                _splittable(expr.left)
                or (literal and _splittable(expr.right))
                or isinstance(expr.right, NumberLiteral)
            )
        case LabelReplace():
            return _splittable(expr.expr)
        case _:
            return False


def _ranges_in(expr: MetricExpr) -> int:
    """How many range aggregations a tree holds."""
    match expr:
        case RangeAggregation():
            return 1
        case VectorAggregation() | LabelReplace():
            return _ranges_in(expr.expr)
        case BinaryOperation():
            return _ranges_in(expr.left) + _ranges_in(expr.right)
        case _:
            return 0


def _range_of(expr: MetricExpr) -> int:
    """The range of the last range aggregation in the tree, as Loki's walk finds it."""
    match expr:
        case RangeAggregation():
            width = expr.log_range.range
            return width.nanoseconds if isinstance(width, Duration) else 0
        case VectorAggregation() | LabelReplace():
            return _range_of(expr.expr)
        case BinaryOperation():
            return _range_of(expr.right) or _range_of(expr.left)
        case _:
            return 0


@dataclass(frozen=True, slots=True)
class _Mapper:
    interval: int

    def map(self, expr: MetricExpr, handed: VectorAggregation | None) -> MetricExpr:
        """Rewrite; ``handed`` is the vector aggregation that the parts are to apply themselves."""
        match expr:
            case VectorAggregation():
                if _range_of(expr) <= self.interval:
                    return expr
                down = None
                if not isinstance(expr.expr, BinaryOperation) and expr.op not in _NOT_HANDED_DOWN:
                    down = expr
                return replace(expr, expr=self.map(expr.expr, down))
            case RangeAggregation():
                return self._range(expr, handed)
            case BinaryOperation():
                left = self.map(expr.left, handed)
                if left == expr.left and not isinstance(left, NumberLiteral):
                    return expr
                right = self.map(expr.right, handed)
                if right == expr.right and not isinstance(right, NumberLiteral):
                    return expr
                return replace(expr, left=left, right=right)
            case LabelReplace():
                return replace(expr, expr=self.map(expr.expr, handed))
            case _:
                return expr

    def _range(self, expr: RangeAggregation, handed: VectorAggregation | None) -> MetricExpr:
        width = _range_of(expr)
        if width <= self.interval:
            return expr
        parses = any(
            isinstance(stage, LogfmtParser | JsonParser) and not stage.extractions
            for stage in expr.log_range.query.stages
        )
        if parses and expr.grouping is None and handed is None:
            return expr
        match expr.op:
            case "max_over_time" | "min_over_time":
                return self._merged(expr.op[:3], expr, handed, width)
            case "sum_over_time":
                return self._merged("sum", expr, handed, width)
            case "bytes_over_time" | "count_over_time" if parses:
                return self._parts(handed or expr, width)
            case "bytes_over_time" | "count_over_time":
                return self._merged("sum", expr, handed, width)
            case "rate" | "bytes_rate" if parses and handed is not None and handed.op != "sum":
                return expr
            case "rate":
                unwrapped = expr.log_range.unwrap is not None
                counted = "sum_over_time" if unwrapped else "count_over_time"
                return self._rate(replace(expr, op=counted), handed, width)
            case "bytes_rate":
                return self._rate(replace(expr, op="bytes_over_time"), handed, width)
            case _:
                return expr

    def _merged(
        self, op: str, expr: RangeAggregation, handed: VectorAggregation | None, width: int
    ) -> MetricExpr:
        parts = self._parts(handed or expr, width)
        return VectorAggregation(op, parts, grouping=expr.grouping or _ALL_LABELS)

    def _rate(
        self, expr: RangeAggregation, handed: VectorAggregation | None, width: int
    ) -> MetricExpr:
        part = (
            expr if handed is None else VectorAggregation(handed.op, expr, grouping=handed.grouping)
        )
        total = VectorAggregation("sum", self._parts(part, width), grouping=_ALL_LABELS)
        return BinaryOperation("/", total, NumberLiteral(width / _SECOND))

    def _parts(self, expr: MetricExpr, width: int) -> MetricExpr:
        if _ranges_in(expr) > 1:
            return expr
        whole, rest = divmod(width, self.interval)
        # not a node of the language, but it stands where one does; only the evaluator meets it
        return cast(MetricExpr, Split(expr, self.interval, whole, rest))
