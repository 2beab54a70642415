"""The LogQL queries that files hold, each with its place.

A text file (``*.logql``, or anything that is not YAML) holds one query, or several separated by
empty lines. A YAML file holds a query wherever a key is called ``expr``, at any depth: the named
queries of this project, rule files of Loki, alert rules of Grafana.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from toolkit.errors import DefinitionError, Location, LogQLError
from toolkit.logql.parser import parse

STANDARD_INPUT: Final = "-"
_YAML_SUFFIXES: Final = frozenset([".yaml", ".yml"])
_PARAGRAPH: Final = re.compile(r"(?:[^\n]*\S[^\n]*(?:\n|$))+")
_COMMENT_LINE: Final = re.compile(r"\s*(?:#[^\n]*)?")


@dataclass(frozen=True, slots=True)
class Held:
    """A query in a file: its text and where that stands.

    ``first`` and ``last`` are the lines of the file (from 0, ``last`` excluded) that hold nothing
    but the query, each after ``indent`` spaces; where a query shares its lines with something else,
    ``last`` is 0. ``column`` is how far into its line the query begins.
    """

    text: str
    first: int
    last: int = 0
    indent: int = 0
    column: int = 0

    @property
    def whole_lines(self) -> bool:
        """Whether the query can be replaced line by line."""
        return self.last > 0

    def location(self, inside: Location) -> Location:
        """The place in the file of a place in the query."""
        column = self.indent + inside.column + (self.column if inside.line == 1 else 0)
        return Location(self.first + inside.line, column)


def held_queries(name: str, content: str) -> list[Held]:
    """The queries of the file ``name``. DefinitionError for YAML that does not load."""
    if Path(name).suffix.lower() in _YAML_SUFFIXES:
        return list(_in_yaml(name, content))
    return _in_text(content)


def replaced(content: str, changes: list[tuple[Held, str]]) -> str:
    """``content`` with queries on whole lines replaced by other texts."""
    lines = content.split("\n")
    for held, text in sorted(changes, key=lambda change: change[0].first, reverse=True):
        new = [" " * held.indent + line if line else "" for line in text.split("\n")]
        lines[held.first : held.last] = new
    return "\n".join(lines)


def _in_text(content: str) -> list[Held]:
    paragraphs = [
        Held(found[0].rstrip("\n"), first, first + found[0].rstrip("\n").count("\n") + 1)
        for found in _PARAGRAPH.finditer(content)
        for first in [content.count("\n", 0, found.start())]
        if not all(_COMMENT_LINE.fullmatch(line) for line in found[0].splitlines())
    ]
    if len(paragraphs) > 1 and _parses(content):
        # Empty lines within a single query.
        last = paragraphs[-1].last
        first = paragraphs[0].first
        return [Held("\n".join(content.split("\n")[first:last]), first, last)]
    return paragraphs


def _parses(text: str) -> bool:
    try:
        parse(text, stages=False)
    except LogQLError:
        return False
    return True


def _in_yaml(name: str, content: str) -> Iterator[Held]:
    try:
        documents = list(yaml.compose_all(content, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise DefinitionError(f"{name}: {error}", path=name) from error
    lines = content.split("\n")
    pending: list[yaml.Node] = [node for node in reversed(documents) if node is not None]
    while pending:
        node = pending.pop()
        if isinstance(node, yaml.SequenceNode):
            pending += reversed(node.value)
        elif isinstance(node, yaml.MappingNode):
            for key, value in reversed(node.value):
                if key.value == "expr" and isinstance(value, yaml.ScalarNode):
                    yield _scalar(value, lines)
                else:
                    pending.append(value)


def _scalar(node: yaml.ScalarNode, lines: list[str]) -> Held:
    text, start = node.value, node.start_mark
    if node.style != "|":
        # The place of a folded or quoted text is that of its beginning.
        return Held(text, start.line, column=start.column + (node.style in ("'", '"')))
    first = start.line + 1
    indent = len(lines[first]) - len(lines[first].lstrip(" "))
    stripped = text.rstrip("\n")
    return Held(stripped, first, first + stripped.count("\n") + 1, indent)
