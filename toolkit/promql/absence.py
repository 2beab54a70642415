"""The labels of what is absent (``createLabelsForAbsentFunction`` in promql/functions.go)."""

from __future__ import annotations

from toolkit.promql.ast import NAME, Expr, Range, Selector, bare
from toolkit.promql.series import Labels


def labels_of_absence(expr: Expr) -> Labels:
    """The labels that ``absent(expr)`` has: those that a selector asks for by one ``=``."""
    expr = bare(expr)
    selector = expr.selector if isinstance(expr, Range) else expr
    if not isinstance(selector, Selector):
        return {}
    found: Labels = {}
    seen: set[str] = set()
    for matcher in selector.matchers:
        if matcher.name == NAME:
            continue
        if matcher.op == "=" and matcher.name not in seen:
            found[matcher.name] = matcher.value
            seen.add(matcher.name)
        else:
            found.pop(matcher.name, None)
    return {name: value for name, value in found.items() if value}
