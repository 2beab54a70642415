"""What a template of an alert reads: labels, and the value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from toolkit.logql.template import Template
from toolkit.logql.template.nodes import (
    Action,
    Branch,
    Call,
    Chain,
    Command,
    Field,
    Identifier,
    Node,
    Operand,
    Pipe,
    Range,
    String,
    Variable,
)
from toolkit.ruletest.expansion import CHECKED_LENGTH

_CHANGING: Final = frozenset({"now", "query"})


@dataclass(frozen=True, slots=True)
class Use:
    """A label that a template reads, at ``start`` to ``end`` of its text.

    ``guarded`` is one whose absence the template thinks of: ``{{ with $labels.x }}``,
    ``{{ or $labels.x "none" }}``.
    """

    name: str
    start: int
    end: int
    guarded: bool = False


def label_uses(template: Template) -> tuple[Use, ...]:
    """The labels that a template reads from ``$labels`` or ``.Labels``, in order."""
    found = list(_Walk(at_root=True).nodes(template.root))
    guarded = {use.name for use in found if use.guarded}
    # What is asked for first is shown without asking again in the branch that follows.
    return tuple(replace(use, guarded=use.name in guarded) for use in found)


def uses_value(template: Template) -> bool:
    """Whether the text changes from one evaluation to the next."""
    return any(
        (isinstance(one, Variable) and one.names[0] == "$value")
        or (isinstance(one, Field) and one.names[0] == "Value")
        or (isinstance(one, Identifier) and one.name in _CHANGING)
        for one in _operands(template.root)
    )


def _operands(nodes: Iterable[Node]) -> Iterator[Operand]:
    """Every operand of every pipeline, whatever stands around it."""
    for node in nodes:
        match node:
            case Action(pipe=pipe):
                yield from _in_pipe(pipe)
            case Branch(arms=arms, otherwise=otherwise):
                for arm in arms:
                    yield from _in_pipe(arm.pipe)
                    yield from _operands(arm.body)
                yield from _operands(otherwise or ())
            case Range(pipe=pipe, body=body, otherwise=otherwise):
                yield from _in_pipe(pipe)
                yield from _operands(body)
                yield from _operands(otherwise or ())
            case Call(pipe=Pipe() as pipe):
                yield from _in_pipe(pipe)


def _in_pipe(pipe: Pipe) -> Iterator[Operand]:
    for command in pipe.commands:
        for operand in command.args:
            yield operand
            if isinstance(operand, Pipe):
                yield from _in_pipe(operand)
            elif isinstance(operand, Chain) and isinstance(operand.node, Pipe):
                yield from _in_pipe(operand.node)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Where in a template we are: whether the dot is the root, whether absence is thought of."""

    at_root: bool
    guarded: bool = False

    def nodes(self, nodes: Iterable[Node]) -> Iterator[Use]:
        for node in nodes:
            match node:
                case Action(pipe=pipe):
                    yield from self.pipe(pipe)
                case Branch(kind=kind, arms=arms, otherwise=otherwise):
                    inside = replace(self, at_root=self.at_root and kind == "if")
                    for arm in arms:
                        yield from replace(self, guarded=True).pipe(arm.pipe)
                        yield from inside.nodes(arm.body)
                    yield from self.nodes(otherwise or ())
                case Range(pipe=pipe, body=body, otherwise=otherwise):
                    yield from self.pipe(pipe)
                    yield from replace(self, at_root=False).nodes(body)
                    yield from self.nodes(otherwise or ())
                case Call(pipe=Pipe() as pipe):
                    yield from self.pipe(pipe)

    def pipe(self, pipe: Pipe) -> Iterator[Use]:
        for command in pipe.commands:
            yield from self.command(command)

    def command(self, command: Command) -> Iterator[Use]:
        word, *args = command.args
        here = self
        if isinstance(word, Identifier) and word.name in ("or", "and"):
            here = replace(self, guarded=True)
        if isinstance(word, Identifier) and word.name == "index" and len(args) > 1:
            label = args[1]
            if here.is_labels(args[0]) and isinstance(label, String):
                yield here.use(label.value, label.pos, len(label.quoted))
        for operand in command.args:
            yield from here.operand(operand)

    def operand(self, operand: Operand) -> Iterator[Use]:
        if isinstance(operand, Pipe):
            yield from self.pipe(operand)
        elif isinstance(operand, Chain) and isinstance(operand.node, Pipe):
            yield from self.pipe(operand.node)
        elif isinstance(operand, Variable | Field):
            names = self.path(operand)
            if len(names) > 1:
                yield self.use(names[1], _start(operand), len(str(operand)))

    def is_labels(self, operand: Operand) -> bool:
        return isinstance(operand, Variable | Field) and len(self.path(operand)) == 1

    def path(self, operand: Variable | Field) -> tuple[str, ...]:
        """``("Labels", name, ...)`` for what is read from the labels; nothing for all else."""
        names = operand.names
        if isinstance(operand, Field):
            return names if self.at_root and names[0] == "Labels" else ()
        if names[0] == "$labels":
            return ("Labels", *names[1:])
        return names[1:] if names[0] == "$" and names[1:2] == ("Labels",) else ()

    def use(self, name: str, pos: int, length: int) -> Use:
        start = pos - CHECKED_LENGTH
        return Use(name, start, start + length, self.guarded)


def _start(operand: Variable | Field) -> int:
    """Where ``$a.b.c`` or ``.a.b.c`` starts; Go places it at its second name."""
    if len(operand.names) == 1:
        return operand.pos
    return operand.pos - len(operand.names[0]) - isinstance(operand, Field)
