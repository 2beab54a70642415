"""The template language of ``line_format`` and ``label_format``: Go's text/template, parsed.

:func:`parse_template` checks a template as Loki does when it parses a query; the message of its
:class:`TemplateSyntaxError` is what Loki's parse error carries behind ``stage '...' : ``. The tree
is in :mod:`~toolkit.logql.template.nodes`; :mod:`toolkit.engine.template` executes it.
:func:`parse` is the same parser for other templates in the language (alert rule annotations): any
name, any functions, Go's bare error text.

The whole language is covered: actions, pipelines, variables, if/with/range with else, else if and
else with, break, continue, define, template, block, comments, trim markers, and every constant.
"""

from __future__ import annotations

from toolkit.logql.template.errors import TemplateSyntaxError
from toolkit.logql.template.fields import required_labels, simple_key
from toolkit.logql.template.functions import BUILTINS, LOKI_FUNCTIONS
from toolkit.logql.template.nodes import Template
from toolkit.logql.template.parser import MAX_DEPTH, parse

__all__ = [
    "BUILTINS",
    "LOKI_FUNCTIONS",
    "MAX_DEPTH",
    "Template",
    "TemplateSyntaxError",
    "parse",
    "parse_template",
    "required_labels",
    "simple_key",
]

_KNOWN = BUILTINS | LOKI_FUNCTIONS


def parse_template(text: str, *, label: str | None = None) -> Template:
    """The template of a ``line_format`` or, with the ``label`` it writes, of a ``label_format``.

    Raises :class:`TemplateSyntaxError` with the message Loki gives: ``invalid line template:
    template: line:1: unclosed action`` or ``invalid template for label 'x': template: label:1:
    ...`` (grafana/loki pkg/logql/log/fmt.go).
    """
    name = "line" if label is None else "label"
    try:
        return parse(text, name=name, functions=_KNOWN)
    except TemplateSyntaxError as error:
        prefix = (
            "invalid line template" if label is None else f"invalid template for label '{label}'"
        )
        raise TemplateSyntaxError(
            f"{prefix}: {error.message}", text=error.text, span=error.span
        ) from None
