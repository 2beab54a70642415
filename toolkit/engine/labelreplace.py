"""``label_replace``: a label written from another one by a regular expression.

Source: ``LabelReplaceEvaluator`` in grafana/loki pkg/logql/evaluator.go and Go's
``regexp.Regexp.Expand``. The pattern is anchored; a missing source label is ""; an empty result
removes the label. Label sets that become equal stay apart, as in Loki.
"""

from __future__ import annotations

from collections.abc import Callable

from toolkit.engine.points import LabelSet, Points, without_empty
from toolkit.logql import regex
from toolkit.logql.ast import LabelReplace


def replaced(points: Points, expr: LabelReplace) -> Points:
    """The samples under their new labels."""
    write = _writer(expr)
    return Points(
        [write(labels) for labels in points.labels], points.series, points.steps, points.values
    )


def _writer(expr: LabelReplace) -> Callable[[LabelSet], LabelSet]:
    pattern = regex.compile(f"^(?:{expr.regex})$")
    names = {number: name for name, number in pattern.groupindex.items()}

    def write(labels: LabelSet) -> LabelSet:
        match = pattern.search(dict(labels).get(expr.src, ""))
        if match is None:
            return labels
        groups = {"0": match.group(0)}
        for number in range(1, pattern.groups + 1):
            text = match.group(number)
            groups[str(number)] = text or ""
            if number in names:
                groups[names[number]] = text or ""
        value = regex.expand(expr.replacement, groups)
        kept = [p for p in without_empty(labels) if p[0] != expr.dst]
        return tuple(sorted([*kept, (expr.dst, value)])) if value else tuple(kept)

    return write
