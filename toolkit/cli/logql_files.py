"""Files, and the LogQL queries that they hold, each with its place.

A text file (``*.logql``, or anything that is not YAML) holds one query, or several separated by
empty lines. A YAML file holds a query wherever a key is called ``expr``, at any depth: the named
queries of this project, rule files of Loki, alert rules of Grafana.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer
import yaml

from toolkit.errors import DefinitionError, Location, LogQLError, Span
from toolkit.logql.parser import parse

STANDARD_INPUT: Final = "-"
_SUFFIXES: Final = (".logql", ".yaml", ".yml")
_YAML_SUFFIXES: Final = frozenset([".yaml", ".yml"])
_PARAGRAPH: Final = re.compile(r"(?:[^\n]*\S[^\n]*(?:\n|$))+")
_COMMENT_LINE: Final = re.compile(r"\s*(?:#[^\n]*)?")


@dataclass(frozen=True, slots=True)
class File:
    """A file's name and text. Its lines end in ``newline``, in ``text`` always in ``\\n``."""

    name: str
    text: str
    newline: str = "\n"

    def write(self, text: str) -> None:
        """Put ``text`` in place of what the file holds."""
        data = text.replace("\n", self.newline).encode("utf-8", "surrogateescape")
        try:
            Path(self.name).write_bytes(data)
        except OSError as error:
            raise typer.BadParameter(f"{self.name}: {error.strerror}") from error


def read(names: Sequence[str]) -> Iterator[File]:
    """The files ``names``, those below them where they are folders, standard input for ``-``.

    typer.BadParameter for one that cannot be read.
    """
    for name in names or [STANDARD_INPUT]:
        path = Path(name)
        if name == STANDARD_INPUT:
            yield File(name, sys.stdin.read())
        elif path.is_dir():
            found = [below for below in sorted(path.rglob("*")) if _is_wanted(below, path)]
            if not found:
                raise typer.BadParameter(f"no {', '.join(_SUFFIXES)} below {name}")
            yield from map(_read, found)
        elif path.exists():
            yield _read(path)
        else:
            raise typer.BadParameter(f"no such file or folder: {name}")


def _is_wanted(path: Path, folder: Path) -> bool:
    """Not what is hidden: the insides of repositories and of environments."""
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix in _SUFFIXES and not hidden and not path.is_dir()


def _read(path: Path) -> File:
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}") from error
    newline = "\r\n" if "\r\n" in text else "\n"
    return File(str(path), text.replace("\r\n", "\n"), newline)


class NotYaml(DefinitionError):
    """A file that is no YAML: ``summary`` says why, ``span`` where."""

    def __init__(self, name: str, error: yaml.YAMLError) -> None:
        super().__init__(f"{name}: {error}", path=name)
        mark = getattr(error, "problem_mark", None)
        place: int = mark.index if mark else getattr(error, "position", 0)
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or error
        self.summary = f"not YAML: {reason}"
        self.span = Span(place, place + 1)


@dataclass(frozen=True, slots=True)
class Held:
    """A query in a file: its text and where that stands.

    ``first`` and ``last`` are the lines of the file (from 0, ``last`` excluded) that hold nothing
    but the query, each after ``indent`` spaces; where a query shares its lines with something else,
    ``last`` is 0. ``column`` is how far into its line the query begins. ``problem`` is what keeps
    it from being a query at all.
    """

    text: str
    first: int
    last: int = 0
    indent: int = 0
    column: int = 0
    problem: str = ""

    @property
    def whole_lines(self) -> bool:
        """Whether the query can be replaced line by line."""
        return self.last > 0

    def location(self, inside: Location) -> Location:
        """The place in the file of a place in the query."""
        column = self.indent + inside.column + (self.column if inside.line == 1 else 0)
        return Location(self.first + inside.line, column)


def held_queries(name: str, content: str) -> list[Held]:
    """The queries of the file ``name``. NotYaml for YAML that does not load."""
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
        raise NotYaml(name, error) from error
    seen: set[int] = set()  # aliases lead to a node again, or back into itself
    pending: list[yaml.Node] = [node for node in reversed(documents) if node is not None]
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            pending += reversed(node.value)
        elif isinstance(node, yaml.MappingNode):
            for key, value in reversed(node.value):
                if key.value == "expr" and isinstance(value, yaml.ScalarNode):
                    if id(value) not in seen:
                        yield _scalar(value, content)
                    seen.add(id(value))
                elif key.value == "expr" and _is_selector(value, content):
                    yield _unquoted(value, content)
                else:
                    pending.append(value)


def _is_selector(node: yaml.Node, content: str) -> bool:
    """Whether a mapping of YAML was meant to be a query: ``expr: {app="a"}``."""
    is_mapping = isinstance(node, yaml.MappingNode) and bool(node.flow_style)
    return is_mapping and "=" in content[node.start_mark.index : node.end_mark.index]


def _unquoted(node: yaml.Node, content: str) -> Held:
    place = _place(node, content)
    problem = "YAML reads this as a mapping: put the query in quotes, or behind expr: |"
    text = content[node.start_mark.index : node.end_mark.index]
    return Held(text, place.line - 1, column=place.column - 1, problem=problem)


def _scalar(node: yaml.ScalarNode, content: str) -> Held:
    text = "" if node.tag == "tag:yaml.org,2002:null" else node.value
    place = _place(node, content)
    query = text.strip("\n")
    if node.style != "|" or not query:
        # The place of a folded or quoted text is that of its beginning.
        return Held(text, place.line - 1, column=place.column - 1 + (node.style in ("'", '"')))
    first = place.line + _blank_lines(text)
    line = content.split("\n")[first]
    indent = _blanks(line) - _blanks(query)
    return Held(query, first, first + query.count("\n") + 1, indent)


def _place(node: yaml.Node, content: str) -> Location:
    """Where ``node`` begins. YAML's own lines end at more signs than a file's."""
    place = node.start_mark.index
    return Span(place, place).location(content)


def _blank_lines(text: str) -> int:
    return len(text) - len(text.lstrip("\n"))


def _blanks(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
