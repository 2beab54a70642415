"""The functions and methods of templates, by name."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.engine.template.library import (
    builtin,
    comparison,
    dates,
    encoding,
    numbers,
    regexes,
    text,
    units,
)
from toolkit.engine.template.library.methods import HIDDEN_FIELDS, METHODS
from toolkit.engine.template.values import (
    ANY,
    VALUE,
    Context,
    Function,
    Value,
    is_true,
)

__all__ = ["BUILTINS", "HIDDEN_FIELDS", "LOKI_FUNCTIONS", "METHODS"]


def _line(context: Context) -> str:
    return context.line


def _default(value: Value, *given: Value) -> Value:
    """The second argument, or the first one if that is missing, zero or empty."""
    return given[0] if given and is_true(given[0]) else value


def _short_circuit(*_: Value) -> Value:
    raise AssertionError("and, or: evaluated argument by argument")


BUILTINS: Mapping[str, Function] = {
    **builtin.FUNCTIONS,
    **comparison.FUNCTIONS,
    "and": Function((VALUE,), _short_circuit, VALUE),
    "or": Function((VALUE,), _short_circuit, VALUE),
}
"""Go's own functions."""

LOKI_FUNCTIONS: Mapping[str, Function] = {
    **dates.FUNCTIONS,
    **encoding.FUNCTIONS,
    **numbers.FUNCTIONS,
    **regexes.FUNCTIONS,
    **text.FUNCTIONS,
    **units.FUNCTIONS,
    "__line__": Function((), _line, context=True),
    "default": Function((ANY,), _default, ANY),
}
"""Loki's functions."""
