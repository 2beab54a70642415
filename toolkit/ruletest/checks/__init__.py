"""The checks of alert rules: one file for each kind of mistake, one table of them all.

A check gets a rule in its group and yields what it finds. Loki takes every one of these rules; what
Loki itself refuses is found when the file is read (:mod:`toolkit.ruletest.rulefile`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from toolkit.logql import ast
from toolkit.promql import ast as promql
from toolkit.ruletest.checks import (
    absence,
    advice,
    condition,
    cost,
    dropped,
    labels,
    metrics,
    ranges,
    rewritten,
    variables,
)
from toolkit.ruletest.checks.base import Checked
from toolkit.ruletest.problems import Problem

CHECKS: Final[tuple[Callable[[Checked[ast.Expr]], Iterator[Problem]], ...]] = (
    condition.check,
    advice.check,
    absence.check,
    ranges.check,
    labels.check,
    variables.check,
    cost.check,
    rewritten.check,
    dropped.check,
)

PROMQL_CHECKS: Final[tuple[Callable[[Checked[promql.Expr]], Iterator[Problem]], ...]] = (
    metrics.check,
    labels.check,
    dropped.check,
)
"""Those of rules that ask Prometheus."""

CODES: Final[frozenset[str]] = frozenset(
    code
    for module in (
        *(absence, advice, condition, cost, dropped, labels, metrics, ranges, rewritten, variables),
    )
    for code in module.CODES
)
"""What these checks call what they find."""
