"""The tree of a parsed template. ``str(node)`` is the node as Go's error texts show it.

Positions (``pos``) are offsets in the template's text, in characters from 0. Every node is a
frozen value. A chain of ``{{else if}}`` is one :class:`Branch` with several arms (Go nests them),
so that a long chain costs no depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from toolkit.logql.quoting import quote


@dataclass(frozen=True, slots=True)
class Text:
    """Text between actions, trim markers already applied."""

    pos: int
    text: str

    def __str__(self) -> str:
        return self.text


# --- terms ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dot:
    """``.``"""

    pos: int

    def __str__(self) -> str:
        return "."


@dataclass(frozen=True, slots=True)
class Nil:
    """``nil``"""

    pos: int

    def __str__(self) -> str:
        return "nil"


@dataclass(frozen=True, slots=True)
class Bool:
    """``true`` or ``false``."""

    pos: int
    value: bool

    def __str__(self) -> str:
        return "true" if self.value else "false"


@dataclass(frozen=True, slots=True)
class Number:
    """A number under every type that can hold it exactly (Go's ideal constants); None where not."""

    pos: int
    text: str
    signed: int | None = None
    unsigned: int | None = None
    real: float | None = None
    imaginary: complex | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class String:
    """A string: as written, and its value."""

    pos: int
    quoted: str
    value: str

    def __str__(self) -> str:
        return self.quoted


@dataclass(frozen=True, slots=True)
class Field:
    """``.a.b``"""

    pos: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        return "".join("." + name for name in self.names)


@dataclass(frozen=True, slots=True)
class Variable:
    """``$x.a.b``: ``names[0]`` is the variable with its dollar sign."""

    pos: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class Identifier:
    """The name of a function."""

    pos: int
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Chain:
    """Fields of what a function or a parenthesised pipeline answers: ``(f x).a.b``."""

    pos: int
    node: Operand
    names: tuple[str, ...]

    def __str__(self) -> str:
        return _text(self)


# --- pipelines ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Command:
    """A function or value and its arguments."""

    pos: int
    args: tuple[Operand, ...]

    def __str__(self) -> str:
        return _text(Pipe(self.pos, (), False, (self,)))


@dataclass(frozen=True, slots=True)
class Pipe:
    """``$x := a | b | c``; ``assign`` tells ``=`` from ``:=``."""

    pos: int
    variables: tuple[Variable, ...]
    assign: bool
    commands: tuple[Command, ...]

    def __str__(self) -> str:
        return _text(self)


Operand = Dot | Nil | Bool | Number | String | Field | Variable | Identifier | Chain | Pipe


def _text(node: Operand) -> str:
    """A term or pipeline as written; one frame of the stack for each level of parentheses."""
    if isinstance(node, Chain):
        inner = _text(node.node)
        fields = "".join("." + name for name in node.names)
        return f"({inner}){fields}" if isinstance(node.node, Pipe) else inner + fields
    if not isinstance(node, Pipe):
        return str(node)
    parts: list[str] = []
    if node.variables:
        names = ", ".join(str(variable) for variable in node.variables)
        parts += [names, " = " if node.assign else " := "]
    for stage, command in enumerate(node.commands):
        parts += [" | "] if stage else []
        for place, arg in enumerate(command.args):
            parts += [" "] if place else []
            parts += ["(", _text(arg), ")"] if isinstance(arg, Pipe) else [_text(arg)]
    return "".join(parts)


# --- actions --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Action:
    """``{{pipeline}}``"""

    pos: int
    pipe: Pipe

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


@dataclass(frozen=True, slots=True)
class Arm:
    """One condition of a branch and what stands under it."""

    pipe: Pipe
    body: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """``{{if}}..{{else if}}..{{else}}..{{end}}``, or the same with ``with``."""

    pos: int
    kind: Literal["if", "with"]
    arms: tuple[Arm, ...]
    otherwise: tuple[Node, ...] | None


@dataclass(frozen=True, slots=True)
class Range:
    """``{{range pipeline}}..{{else}}..{{end}}``"""

    pos: int
    pipe: Pipe
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...] | None


@dataclass(frozen=True, slots=True)
class Jump:
    """``{{break}}`` or ``{{continue}}``."""

    pos: int
    kind: Literal["break", "continue"]


@dataclass(frozen=True, slots=True)
class Call:
    """``{{template "name" pipeline}}``; also what a ``{{block}}`` leaves where it stood."""

    pos: int
    name: str
    pipe: Pipe | None

    def __str__(self) -> str:
        argument = "" if self.pipe is None else f" {self.pipe}"
        return f"{{{{template {quote(self.name)}{argument}}}}}"


Node = Text | Action | Branch | Range | Jump | Call


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template.

    ``name`` is the name error texts carry, ``root`` what is executed, ``definitions`` every
    template by its name (what ``define`` and ``block`` defined, and the root itself).
    """

    name: str
    text: str
    root: tuple[Node, ...]
    definitions: dict[str, tuple[Node, ...]]
