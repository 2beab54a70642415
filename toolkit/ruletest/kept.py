"""Which labels a query's series can have: what ``$labels`` can name in an annotation.

Streams may have any label, so at its start a query's set is open: everything is possible but what
the query itself removes. A grouping, ``keep`` or ``on`` closes it. The rules are the evaluation's:
grafana/loki pkg/logql/evaluator.go (``resultMetric``), pkg/logql/syntax/extractor.go.
"""

from __future__ import annotations

from toolkit.logql import ast, regex
from toolkit.logql.labelnames import ANYTHING, NOTHING, Kept
from toolkit.logql.pattern import Capture, parse_pattern
from toolkit.logql.variables import has_variable


def kept(expr: ast.Expr) -> Kept:
    """The labels that the answer of a query can have."""
    match expr:
        case ast.LogQuery():
            return _log_query(expr)
        case ast.RangeAggregation():
            return _range_aggregation(expr)
        case ast.VectorAggregation():
            inner = kept(expr.expr)
            if expr.op in ("topk", "bottomk", "approx_topk", "sort", "sort_desc"):
                return inner
            return _grouped(inner, expr.grouping) if expr.grouping else NOTHING
        case ast.LabelReplace():
            return kept(expr.expr).plus([expr.dst])
        case ast.BinaryOperation():
            return _operation(expr)
        case ast.VectorLiteral() | ast.NumberLiteral():
            return NOTHING


def _grouped(inner: Kept, grouping: ast.Grouping) -> Kept:
    return inner.without(grouping.labels) if grouping.without else inner.only(grouping.labels)


def _range_aggregation(expr: ast.RangeAggregation) -> Kept:
    log_range = expr.log_range
    if expr.op == "absent_over_time":
        equal = [m.name for m in log_range.query.selector.matchers if m.op == "="]
        return Kept(frozenset(name for name in equal if equal.count(name) == 1))
    found = _log_query(log_range.query)
    if expr.grouping is not None and not expr.grouping.without:
        return _grouped(found, expr.grouping)
    if log_range.unwrap is not None:
        found = found.without([log_range.unwrap.label])
    return _grouped(found, expr.grouping) if expr.grouping else found


def _operation(expr: ast.BinaryOperation) -> Kept:
    left, right = kept(expr.left), kept(expr.right)
    if isinstance(expr.right, ast.NumberLiteral) or expr.op in ("and", "unless"):
        return left
    if isinstance(expr.left, ast.NumberLiteral):
        return right
    if expr.op == "or":
        return left.or_else(right)
    matching = expr.matching
    if matching is None:
        return left
    many, one = (right, left) if matching.card == "one-to-many" else (left, right)
    if matching.card == "one-to-one":
        many = many.only(matching.labels) if matching.on else many.without(matching.labels)
    return many.without(matching.include).plus(n for n in matching.include if one.may_have(n))


# --- log queries ----------------------------------------------------------------------------------


def _log_query(query: ast.LogQuery) -> Kept:
    empty = (m.name for m in query.selector.matchers if m.op == "=" and not m.value)
    found = ANYTHING.without(empty)
    for stage in query.stages:
        found = _after(found, stage)
    return found


def _after(found: Kept, stage: ast.Stage) -> Kept:
    """The labels behind a stage."""
    match stage:
        case ast.JsonParser() | ast.LogfmtParser():
            if not stage.extractions:
                return ANYTHING
            return found.plus(one.label for one in stage.extractions)
        case ast.UnpackParser():
            return ANYTHING
        case ast.RegexpParser() | ast.PatternParser() if has_variable(stage.pattern):
            return ANYTHING
        case ast.RegexpParser():
            return found.plus(name for name in regex.group_names(stage.pattern) if name)
        case ast.PatternParser():
            parts = parse_pattern(stage.pattern)
            return found.plus(p.name for p in parts if isinstance(p, Capture) and p.named)
        case ast.LabelFormat():
            for one in stage.assignments:
                if one.rename:
                    found = found.without([one.value])
            return found.plus(one.name for one in stage.assignments)
        case ast.DropLabels():
            return found.without(item for item in stage.items if isinstance(item, str))
        case ast.KeepLabels():
            return found.only(i if isinstance(i, str) else i.name for i in stage.items)
    return found
