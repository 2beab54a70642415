"""How deep a query may nest.

Loki sets no limit but the length of a query. Here trees are walked by recursion in many places, so
a query that nests deeper than anybody would write is refused once, when it is parsed, rather than
broken off anywhere later.
"""

from __future__ import annotations

from typing import Final

from toolkit.errors import LogQLTypeError, Span
from toolkit.logql import ast
from toolkit.logql.visitor import children

MAX_NESTING: Final = 250
"""Operations and label filters that may stand inside of one another; of label filters only where
``and`` and ``or`` take turns."""

# The shortest text that nests one level deeper: another label filter.
_SHORTEST_LEVEL: Final = len("a=1 ")


def check_nesting(expr: ast.Expr, text: str) -> None:
    """LogQLTypeError if ``expr``, parsed from ``text``, nests deeper than MAX_NESTING."""
    if len(text) < MAX_NESTING * _SHORTEST_LEVEL:
        return
    pending: list[tuple[ast.Node, int]] = [(expr, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > MAX_NESTING:
            message = f"parse error : the query nests deeper than {MAX_NESTING} levels"
            raise LogQLTypeError(message, text=text, span=Span(0, len(text)))
        for child in children(node):
            # Label filters joined in the same way hang on one another and are walked as a row.
            in_a_row = isinstance(node, ast.JoinedLabelFilters) and type(child) is type(node)
            pending.append((child, depth + (not in_a_row)))
