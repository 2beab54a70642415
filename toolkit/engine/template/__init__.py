"""Execution of templates: Go's text/template as Loki runs it in line_format and label_format.

::

    template = compile_template("{{.rule | upper}} {{__timestamp__ | date \\"15:04\\"}}")
    template.execute({"rule": "Terminal shell"}, line="...", timestamp_ns=1_700_000_000_000_000_000)

Everything the language and Loki's function map have is here, with Go's types, printing and error
texts (see ``values`` for how Go's values stand as Python's). A label that is not there is "", as
Loki's ``missingkey=zero`` makes it; what is missing deeper inside JSON is ``<no value>``.

Differences from Loki, all of them on purpose:

* ``Local`` is UTC (Loki's own images run in UTC; another zone of the process is not modelled).
* ``now`` has no monotonic reading, so printing it bare shows no ``m=+0.01``.
* Work is bounded: nesting (:data:`~toolkit.logql.template.MAX_DEPTH`), loops
  (``state.MAX_STEPS``), output and texts (``state.MAX_OUTPUT``, ``printer.MAX_TEXT``,
  ``state.MAX_WORK``), JSON nesting (``library.encoding.MAX_DEPTH``). What exceeds a bound ends in
  a :class:`TemplateError`; Loki would go on until memory or patience is used up.
* ``%p`` and the inside of a time.Time (``%d`` of one) would show addresses and are not printed.

Other templates of the language (annotations of alert rules) use :func:`compile_text` with functions
and a root of their own; :class:`Function`, :class:`Struct` and :class:`Slice` describe those.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from toolkit.engine.template.errors import CallError, TemplateError
from toolkit.engine.template.expressions import Compiler
from toolkit.engine.template.library import BUILTINS, LOKI_FUNCTIONS
from toolkit.engine.template.program import assemble, run
from toolkit.engine.template.state import State
from toolkit.engine.template.values import (
    ANY,
    BOOL,
    FLOAT64,
    INT,
    INT64,
    LABELS,
    STRING,
    VALUE,
    Context,
    Function,
    GoType,
    Int64,
    Slice,
    Struct,
    Value,
)
from toolkit.logql import template as syntax
from toolkit.logql.quoting import decode, encode
from toolkit.logql.template.nodes import Action, Field, Text

__all__ = [
    "ANY",
    "BOOL",
    "BUILTINS",
    "FLOAT64",
    "INT",
    "INT64",
    "LABELS",
    "LOKI_FUNCTIONS",
    "STRING",
    "VALUE",
    "CallError",
    "Function",
    "GoType",
    "Int64",
    "Slice",
    "Struct",
    "Template",
    "TemplateError",
    "compile_template",
    "compile_text",
]


class Template:
    """A compiled template; it may be executed any number of times, by several threads at once.

    ``required_labels`` are the labels it reads, as Loki tells its parsers; ``simple_key`` is the
    label a line template consists of (Loki copies it without executing), None for others.
    """

    def __init__(
        self,
        tree: syntax.Template,
        functions: Mapping[str, Function],
        *,
        key: str | None = None,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        self.tree = tree
        self.required_labels = syntax.required_labels(tree)
        self.simple_key = key
        self._now = now
        self._pieces = _pieces(tree) if key is None else [("", key)]
        self._code, self._codes = assemble(tree, Compiler(functions))

    def execute(self, labels: Mapping[str, str], line: str = "", timestamp_ns: int = 0) -> str:
        """The text for a row: its labels, its line and its time in Unix nanoseconds.

        Raises :class:`TemplateError`; what had been written by then is lost, as in Loki.
        """
        if self._pieces is not None:
            return "".join(
                [text if name is None else labels.get(name, "") for text, name in self._pieces]
            )
        root = labels if type(labels) is dict else dict(labels)
        return self.render(root, line=line, timestamp_ns=timestamp_ns)

    def render(self, root: Value, *, line: str = "", timestamp_ns: int = 0) -> str:
        """The text for any root value, a :class:`Struct` for example."""
        if len(self._code) == 1:
            return ""
        state = State(self.tree, root, Context(line, timestamp_ns, self._now))
        try:
            run(state, self._code, self._codes, root)
        except RecursionError:
            # The bounds on nesting leave room enough, unless the caller is very deep itself.
            raise state.error("nested too deeply") from None
        text = "".join(state.out)
        # Bytes cut apart and put together again are characters.
        return text if text.isascii() else decode(encode(text))


def compile_template(text: str, *, label: str | None = None) -> Template:
    """The template of a ``line_format`` or, with the ``label`` it writes, of a ``label_format``.

    Raises :class:`~toolkit.logql.template.TemplateSyntaxError` as ``parse_template`` does.
    """
    tree = syntax.parse_template(text, label=label)
    key = syntax.simple_key(tree) if label is None else None
    return Template(tree, {**BUILTINS, **LOKI_FUNCTIONS}, key=key)


def compile_text(
    text: str,
    *,
    name: str,
    functions: Mapping[str, Function],
    now: Callable[[], int] = time.time_ns,
) -> Template:
    """A template with functions of its own, besides Go's; ``name`` is what error texts call it.

    Raises :class:`~toolkit.logql.template.TemplateSyntaxError` with Go's bare text.
    """
    known = {**BUILTINS, **functions}
    return Template(syntax.parse(text, name=name, functions=known), known, now=now)


def _pieces(tree: syntax.Template) -> list[tuple[str, str | None]] | None:
    """Texts and labels, for a template that is nothing else; None for any other."""
    pieces: list[tuple[str, str | None]] = []
    for node in tree.root:
        if isinstance(node, Text):
            pieces.append((node.text, None))
            continue
        if not isinstance(node, Action) or node.pipe.variables or len(node.pipe.commands) != 1:
            return None
        args = node.pipe.commands[0].args
        if len(args) != 1 or not isinstance(args[0], Field) or len(args[0].names) != 1:
            return None
        pieces.append(("", args[0].names[0]))
    return pieces
