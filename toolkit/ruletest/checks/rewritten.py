"""Loki's ruler evaluates its own print of a query, in which some numbers are not what was written.

See :func:`toolkit.ruletest.asking.as_evaluated`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from toolkit.errors import LogQLError
from toolkit.logql import ast
from toolkit.logql.bytesize import format_bytes, parse_bytes
from toolkit.logql.canonical import canonical
from toolkit.logql.numbers import format_fixed
from toolkit.logql.parser import parse
from toolkit.logql.visitor import find
from toolkit.ruletest.checks.base import Checked
from toolkit.ruletest.problems import Problem

CODES: Final = ("rewritten",)


def check(checked: Checked[ast.Expr]) -> Iterator[Problem]:
    """Sizes and small numbers that the ruler rounds, and queries whose print does not parse."""
    for size in find(checked.expr, ast.BytesLabelFilter):
        shown = format_bytes(size.value).replace(" ", "")
        if parse_bytes(shown) != size.value:
            yield _problem(
                checked, size, size.text, shown, f"write the bytes as a number: {size.value}"
            )
    for vector in find(checked.expr, ast.VectorLiteral):
        if isinstance(vector.value, ast.Variable):
            continue
        shown = format_fixed(vector.value)
        if float(shown) != vector.value:
            written = f"vector({vector.value!r})"
            yield _problem(checked, vector, written, f"vector({shown})", "write the number alone")
    if not list(find(checked.expr, ast.Variable)):
        try:
            parse(canonical(checked.expr), variables=False)
        except LogQLError as error:
            yield checked.error(
                "rewritten",
                f"the ruler evaluates its own print of the query, which does not parse:"
                f" {error.message}",
            )


def _problem(
    checked: Checked[ast.Expr],
    node: ast.BytesLabelFilter | ast.VectorLiteral,
    written: str,
    shown: str,
    hint: str,
) -> Problem:
    return checked.warning(
        "rewritten",
        f"the ruler evaluates {shown} in place of {written}",
        hint,
        span=node.span,
    )
