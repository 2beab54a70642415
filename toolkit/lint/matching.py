"""What matchers let through, as far as that can be told without a Loki."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.logql import ast, regex
from toolkit.logql.variables import has_variable
from toolkit.logql.visitor import find, joined_filters


def fits(board: Board, matcher: ast.Matcher, value: str) -> bool:
    """Whether the matcher lets a label of that value through; ``""`` is a label that is absent.

    Variables stand for as much as they can (:meth:`Board.widest`).
    """
    if not matcher.op:
        return True
    pattern = board.widest(matcher.value)
    if matcher.op in ("=", "!="):
        # One chosen value: it is not known which, but it is not an absent one.
        equal = bool(value) if has_variable(matcher.value) else value == pattern
        return equal == (matcher.op == "=")
    try:
        found = regex.matcher(pattern)(value)
    except regex.RegexError:
        # With a variable that nobody knows; another check says so.
        return True
    return found == (matcher.op == "=~")


def takes_anything(board: Board, matcher: ast.Matcher) -> bool:
    """Whether every value that is there passes."""
    return all(fits(board, matcher, value) for value in ("a", "Critical", "x y/z-0"))


def conditions(query: ast.LogQuery) -> Iterator[ast.Matcher]:
    """The matchers of the selector, and the label filters that every line has to pass."""
    yield from query.selector.matchers
    for stage in query.stages:
        yield from _all_of(stage)


def _all_of(stage: ast.Stage) -> Iterator[ast.Matcher]:
    match stage:
        case ast.StringLabelFilter():
            yield stage.matcher
        case ast.AndLabelFilter():
            yield from (matcher for leg in joined_filters(stage) for matcher in _all_of(leg))


def log_queries(expr: ast.Expr | None) -> list[ast.LogQuery]:
    """Every selector with its pipeline, in the order in which they are written."""
    return [] if expr is None else list(find(expr, ast.LogQuery))
