"""What a builder is given: texts, numbers and nodes, or a clear error.

Whoever builds queries hands on what comes from outside, so nothing is taken at its word. What only
derives from a text or a number is made a plain one: it might show itself as something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from numbers import Integral, Real
from typing import Final, TypeVar

from toolkit.errors import LogQLTypeError
from toolkit.logql import ast
from toolkit.logql.quoting import Unquoted

Node = TypeVar("Node", bound=ast.Node)
_LONGEST_SHOWN: Final = 80


def a_text(value: object) -> str:
    """``value``, if it is a text; LogQLTypeError if not."""
    if not isinstance(value, str):
        raise LogQLTypeError(f"not a text: {shown(value)}")
    return value if isinstance(value, Unquoted) else str.__str__(value)


def texts(values: object) -> list[str]:
    """The texts of ``values``; LogQLTypeError if it holds something else, or is a single text."""
    return [a_text(value) for value in _row(values, "texts")]


def a_number(value: object) -> float:
    """``value``, if it is a real number (``True`` is none); LogQLTypeError if not."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise LogQLTypeError(f"not a number: {shown(value)}")
    try:
        return float(value)
    except OverflowError as error:
        raise LogQLTypeError(f"too large for a number: {shown(value)}") from error


def a_whole_number(value: object) -> int:
    """``value``, if it is a whole number; LogQLTypeError if not."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise LogQLTypeError(f"not a whole number: {shown(value)}")
    return int(value)


def nodes(values: object, kind: type[Node]) -> Iterator[Node]:
    """The nodes of ``values``; LogQLTypeError for something else."""
    for one in _row(values, "nodes"):
        if not isinstance(one, kind):
            raise LogQLTypeError(f"not a {kind.__name__}: {shown(one)}")
        yield one


def _row(values: object, what: str) -> Iterable[object]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise LogQLTypeError(f"not a row of {what}: {shown(values)}")
    return values


def shown(value: object) -> str:
    """``value`` in an error, not too long."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
