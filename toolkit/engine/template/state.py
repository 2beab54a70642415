"""What an execution carries along: variables, output, the node at hand, and the work done."""

from __future__ import annotations

from typing import Protocol

from toolkit.engine.template.errors import TemplateError
from toolkit.engine.template.values import Context, Value
from toolkit.logql.quoting import encode, quote
from toolkit.logql.template.nodes import Template

MAX_OUTPUT = 1 << 24
"""The longest output, in characters."""

MAX_WORK = 1 << 26
"""How many characters all functions together may be given and answer, short texts not counted."""

MAX_STEPS = 1_000_000
"""How many actions loops and called templates may execute."""

MAX_TEMPLATE_DEPTH = 100_000
"""How deep templates may call templates (Go's own limit)."""


class Positioned(Protocol):
    """A node of the tree."""

    @property
    def pos(self) -> int: ...


class State:
    """One execution of a template.

    ``node`` is the node evaluated last: it is what an error names, as in Go, even where the error
    is about the value handed on. ``variables`` is a stack of names and values.
    """

    __slots__ = ("context", "name", "node", "out", "size", "steps", "template", "text",
                 "variables", "work")  # fmt: skip

    def __init__(self, tree: Template, root: Value, context: Context) -> None:
        self.name = tree.name
        self.text = tree.text
        self.template = tree.name
        self.node: Positioned = tree.root[0]
        self.context = context
        self.variables: list[list[Value]] = [["$", root]]
        self.out: list[str] = []
        self.size = 0
        self.work = 0
        self.steps = 0

    def error(self, message: str) -> TemplateError:
        """The error in Go's words, placed at the node at hand."""
        before = self.text[: self.node.pos]
        line = before.count("\n") + 1
        column = len(encode(before[before.rfind("\n") + 1 :]))
        return TemplateError(
            f"template: {self.name}:{line}:{column}: executing {quote(self.template)} "
            f"at <{self.node}>: {message}"
        )

    def write(self, text: str) -> None:
        self.out.append(text)
        self.size += len(text)
        if self.size > MAX_OUTPUT:
            raise self.error(f"output longer than {MAX_OUTPUT} characters")

    def charge(self, size: int) -> None:
        """Count what a function is given or has made."""
        self.work += size
        if self.work > MAX_WORK:
            raise self.error(f"texts longer than {MAX_WORK} characters in all")

    def step(self, size: int) -> None:
        """Count what a loop or a called template executes."""
        self.steps += size
        if self.steps > MAX_STEPS:
            raise self.error(f"more than {MAX_STEPS} steps")

    # --- variables

    def variable(self, name: str) -> Value:
        for entry in reversed(self.variables):
            if entry[0] == name:
                return entry[1]
        raise self.error(f"undefined variable: {name}")

    def assign(self, name: str, value: Value) -> None:
        """Give the variable declared last under the name another value."""
        for entry in reversed(self.variables):
            if entry[0] == name:
                entry[1] = value
                return
        raise self.error(f"undefined variable: {name}")
