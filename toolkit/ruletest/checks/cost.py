"""What a rule costs Loki: how often each line is read, and of how many streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from toolkit.logql import ast
from toolkit.logql.durations import format_prometheus
from toolkit.logql.visitor import find
from toolkit.ruletest.checks.base import Checked
from toolkit.ruletest.problems import Problem

CODES: Final = ("cost-range", "cost-selector")

MOST_READS: Final = 1500
"""A day read once a minute is 1440, two weeks every 15 minutes 1344: dear, and just bearable."""
_EVERYTHING: Final = frozenset({".+", ".*", "(?s).+", "(?s).*", "^.+$", "^.*$"})


def check(checked: Checked[ast.Expr]) -> Iterator[Problem]:
    """Long ranges asked often, and selectors that select everything."""
    for log_range in find(checked.expr, ast.LogRange):
        length = log_range.range
        if not isinstance(length, ast.Duration):
            continue
        reads = length.nanoseconds // checked.interval
        if reads > MOST_READS:
            yield checked.warning(
                "cost-range",
                f"every line is read {reads} times: {length.text} looked back every"
                f" {format_prometheus(checked.interval)}",
                "evaluate the group less often, or look back less far",
                span=length.span,
            )
    for query in find(checked.expr, ast.LogQuery):
        if not _chooses(query.selector):
            yield checked.warning(
                "cost-selector",
                "the selector takes every stream that has the label",
                'name what is meant: app="shop", or a regular expression of names',
                span=query.selector.span,
            )


def _chooses(selector: ast.Selector) -> bool:
    """Whether the selector leaves out most streams: by a value, or by two labels at once."""
    present = {one.name for one in selector.matchers if one.op == "=~"}
    return len(present) > 1 or any(
        (one.op == "=" and one.value) or (one.op == "=~" and one.value not in _EVERYTHING)
        for one in selector.matchers
    )
