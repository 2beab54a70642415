"""A query asked for the streams of some values of a label at a time, where that is exact."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from toolkit.errors import SourceLimit
from toolkit.logql import ast
from toolkit.logql.printer import print_expr
from toolkit.results import Labels, Matrix
from toolkit.sources import merge, rewrite
from toolkit.sources.limits import LONGEST_TEXT, Refused

SeriesOf = Callable[[ast.Selector, int, int], Sequence[Labels]]
"""Label sets of the streams that a selector matches in ``[start, end)``."""

_KEEPS_GROUPS = frozenset({"sum", "avg", "min", "max", "count", "stddev", "stdvar"})
_CHOOSES = frozenset({"topk", "bottomk"})
_SORTS = frozenset({"sort", "sort_desc"})


def united(expr: ast.MetricExpr, parts: Sequence[Matrix], refused: Refused) -> Matrix:
    """The answers to the pieces of :func:`by_label` side by side.

    Raises :class:`SourceLimit` where two of them have a series in common.
    """
    try:
        return merge.side_by_side(parts)
    except merge.Collision as collision:
        error = SourceLimit(
            f"{refused.error.message}; asked by label values, the parts overlap in "
            f"{dict(collision.labels)}",
            query=print_expr(expr),
            url=refused.error.url,
            hint="aggregate by labels of the streams, or ask for a shorter time",
        )
        raise error from None


def by_label(
    expr: ast.MetricExpr, first: int, last: int, series_of: SeriesOf
) -> list[ast.MetricExpr] | None:
    """``expr`` over half of the values of a label, over the others, and over what is left.

    ``None`` where no label of the streams read between ``first`` and ``last`` (ns) allows that.
    Raises :class:`SourceLimit` where the values are too many for one query.
    """
    back, ahead = rewrite.reach(expr)
    streams: list[Labels] = []
    for one in rewrite.log_ranges(expr):
        streams.extend(series_of(one.query.selector, first - back, last + ahead + 1))
    found: list[tuple[str, list[str]]] = []
    names = grouping_labels(expr)
    if names is None:
        names = frozenset(name for labels in streams for name in labels)
    for name in sorted(names):
        values = sorted({labels[name] for labels in streams if labels.get(name)})
        whole = all(labels.get(name) for labels in streams)
        if len(values) < 2 and (whole or not values):
            continue
        if not splits_on(expr, name):
            continue
        # A stream without the label may get it from its lines, and so meet another part; that
        # is noticed where every series can be seen, and not where some are filtered away.
        if not whole and not only_aggregates(expr):
            continue
        found.append((name, values))
    # The label with the most values makes the fewest questions, unless they are too long.
    found.sort(key=lambda one: -len(one[1]))
    too_long: list[SourceLimit] = []
    for name, values in found:
        try:
            return list(_pieces(expr, name, values))
        except SourceLimit as error:
            too_long.append(error)
    if too_long:
        raise too_long[0]
    return None


def _pieces(expr: ast.MetricExpr, name: str, values: Sequence[str]) -> Iterator[ast.MetricExpr]:
    half = len(values) // 2
    for some in (values[:half], values[half:]):
        if some:
            yield _at(expr, ast.Matcher(name, "=~", one_of(some)))
    # Streams without the label, or with a value that came since it was looked up.
    yield _at(expr, ast.Matcher(name, "!~", one_of(values)))


def _at(expr: ast.MetricExpr, matcher: ast.Matcher) -> ast.MetricExpr:
    part = rewrite.restricted(expr, matcher)
    if len(print_expr(part).encode("utf-8", "surrogateescape")) > LONGEST_TEXT:
        raise SourceLimit(
            f"the label {matcher.name} has too many values to ask for them one by one",
            query=print_expr(expr),
            hint="aggregate by fewer labels, or ask for a shorter time",
        )
    return part


_SPECIAL_CHARACTERS = re.compile(r"[\\.+*?()|\[\]{}^$]")


def one_of(values: Sequence[str]) -> str:
    """A RE2 pattern that matches just these values."""
    return "|".join(_SPECIAL_CHARACTERS.sub(r"\\\g<0>", value) for value in values)


# --- where it is exact ----------------------------------------------------------------------------


def grouping_labels(expr: ast.MetricExpr) -> frozenset[str] | None:
    """The labels that ``by`` keeps in the answer; ``None`` where nothing names them."""
    match expr:
        case ast.VectorAggregation(op=op) if op in _CHOOSES | _SORTS:
            return grouping_labels(expr.expr)
        case ast.VectorAggregation() | ast.RangeAggregation():
            if expr.grouping is None or expr.grouping.without:
                return None
            return frozenset(expr.grouping.labels)
        case ast.LabelReplace():
            return grouping_labels(expr.expr)
        case ast.BinaryOperation():
            left, right = grouping_labels(expr.left), grouping_labels(expr.right)
            return right if left is None else left if right is None else left & right
    return None


def splits_on(expr: ast.MetricExpr, label: str) -> bool:
    """Whether series of different values of the stream label ``label`` never meet in ``expr``.

    If so, and the label is one of the stream and of nothing else, the answers for the streams of
    each value, side by side, are the answer for all streams.
    """
    match expr:
        case ast.RangeAggregation():
            if expr.op == "absent_over_time" or not _survives(expr.log_range.query, label):
                return False
            unwrap = expr.log_range.unwrap
            if unwrap is not None and unwrap.label == label:
                return False
            return _kept(expr.grouping, label, True)
        case ast.VectorAggregation():
            if expr.op in _SORTS:
                return splits_on(expr.expr, label)
            if expr.op not in _KEEPS_GROUPS | _CHOOSES:
                return False
            return _kept(expr.grouping, label, False) and splits_on(expr.expr, label)
        case ast.LabelReplace():
            return expr.dst != label and splits_on(expr.expr, label)
        case ast.BinaryOperation():
            return _matches_on(expr, label) and all(
                isinstance(side, ast.NumberLiteral) or splits_on(side, label)
                for side in (expr.left, expr.right)
            )
    return False


def only_aggregates(expr: ast.MetricExpr) -> bool:
    """Whether every input series is seen in the output: nothing compares, chooses or matches."""
    match expr:
        case ast.RangeAggregation():
            return True
        case ast.VectorAggregation():
            return expr.op in _KEEPS_GROUPS and only_aggregates(expr.expr)
        case ast.LabelReplace():
            return only_aggregates(expr.expr)
    return False


def _kept(grouping: ast.Grouping | None, label: str, ungrouped: bool) -> bool:
    if grouping is None:
        return ungrouped
    return (label in grouping.labels) != grouping.without


def _matches_on(expr: ast.BinaryOperation, label: str) -> bool:
    matching = expr.matching
    if matching is None:
        return True
    return (label in matching.labels) == matching.on and label not in matching.include


def _survives(query: ast.LogQuery, label: str) -> bool:
    """Whether the pipeline leaves the label as the stream has it (parsers never overwrite it)."""
    for stage in query.stages:
        match stage:
            case ast.LabelFormat():
                sources = {one.value for one in stage.assignments if one.rename}
                if label in sources or label in {one.name for one in stage.assignments}:
                    return False
            case ast.DropLabels():
                if label in {_name(item) for item in stage.items}:
                    return False
            case ast.KeepLabels():
                if label not in {item for item in stage.items if isinstance(item, str)}:
                    return False
    return True


def _name(item: str | ast.Matcher) -> str:
    return item if isinstance(item, str) else item.name
