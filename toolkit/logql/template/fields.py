"""Which labels a template reads, as Loki sees it (grafana/loki pkg/logql/log/fmt.go).

Loki uses it to tell the parsers before a ``line_format`` or ``label_format`` which labels will be
needed, so what it overlooks (fields behind variables and parentheses' chains, called templates)
is overlooked here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from toolkit.logql.template.nodes import (
    Action,
    Branch,
    Field,
    Node,
    Operand,
    Pipe,
    Range,
    Template,
)


def required_labels(template: Template) -> tuple[str, ...]:
    """The names of all fields of the template, each once, in the order they are written."""
    return tuple(dict.fromkeys(_fields(template.root)))


def simple_key(template: Template) -> str | None:
    """The label a line template consists of (``{{.msg}}``), or None if it is more than that.

    Loki copies such a label to the line without executing the template; ``{{$x := .msg}}``, which
    would print nothing, is such a template to it as well.
    """
    if len(template.root) != 1 or not isinstance(template.root[0], Action):
        return None
    commands = template.root[0].pipe.commands
    if len(commands) != 1 or len(commands[0].args) != 1:
        return None
    field = commands[0].args[0]
    return field.names[0] if isinstance(field, Field) and len(field.names) == 1 else None


def _fields(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Action):
            yield from _pipe_fields(node.pipe)
        elif isinstance(node, Branch):
            for arm in node.arms:
                yield from _pipe_fields(arm.pipe)
                yield from _fields(arm.body)
            yield from _fields(node.otherwise or ())
        elif isinstance(node, Range):
            yield from _pipe_fields(node.pipe)
            yield from _fields(node.body)
            yield from _fields(node.otherwise or ())


def _pipe_fields(pipe: Pipe) -> Iterator[str]:
    for command in pipe.commands:
        for operand in command.args:
            yield from _operand_fields(operand)


def _operand_fields(operand: Operand) -> Iterator[str]:
    if isinstance(operand, Field):
        yield from operand.names
    elif isinstance(operand, Pipe):
        yield from _pipe_fields(operand)
