"""Dashboards from files: plain JSON, Kubernetes manifests and our own definitions.

A file that cannot be read is a problem among the others, so that one run shows everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from toolkit.errors import DefinitionError, LogQLError, ToolkitError
from toolkit.grafana.context import Context
from toolkit.grafana.loader import line_of_text, load_definition, located
from toolkit.grafana.render import render_dashboard
from toolkit.lint.board import Board
from toolkit.lint.positions import line_of
from toolkit.lint.problem import JsonPath, Location, Problem, Severity
from toolkit.lint.values import Json, mapping

UNREADABLE = "unreadable-file"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FOLDER_ANNOTATIONS = ("grafana_folder", "k8s-sidecar-target-directory")
_DEFINITION = ".dashboard.py"
_YAML = (".yaml", ".yml")
_SUFFIXES = (".json", *_YAML, _DEFINITION)


@dataclass(frozen=True, slots=True)
class Reading:
    """Dashboards, and problems with files that hold none or cannot be read."""

    boards: tuple[Board, ...]
    problems: tuple[Problem, ...]


def read(paths: Iterable[Path], context: Context) -> Reading:
    """The dashboards in files and folders.

    Of a folder, every ``*.json`` and manifest that holds a dashboard and every ``*.dashboard.py``
    is read; a file that is named has to hold one. ``context`` says for which Grafana and labels
    definitions are rendered.
    """
    boards: list[Board] = []
    problems: list[Problem] = []
    for path in paths:
        for file in files(path):
            try:
                found = list(_read(file, context))
                if not found and file == path:
                    raise DefinitionError("no dashboard is in it", path=str(file))
            except (ToolkitError, OSError, ValueError, RecursionError) as error:
                problems.append(_unreadable(file, error))
            else:
                boards += found
    return Reading(tuple(boards), tuple(problems))


def files(path: Path) -> list[Path]:
    """``path`` itself, or the files in that folder that may hold a dashboard."""
    if not path.is_dir():
        return [path]
    found = (one for one in path.rglob("*") if one.is_file() and one.name.endswith(_SUFFIXES))
    return sorted(one for one in found if not _is_hidden(one.relative_to(path)))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _unreadable(file: Path, error: Exception) -> Problem:
    message = error.message if isinstance(error, ToolkitError) else str(error)
    if isinstance(error, LogQLError):
        message = error.show()
    elif isinstance(error, OSError):
        message = error.strerror or message
    elif isinstance(error, RecursionError):
        message = "it is nested too deeply"
    line = error.line if isinstance(error, DefinitionError) else 0
    # The place is said once.
    message = message.removeprefix(f"{file}:{line}: " if line else f"{file}: ")
    hint = (error.hint if isinstance(error, ToolkitError) else None) or ""
    return Problem(UNREADABLE, Severity.ERROR, message, hint, Location(str(file), line=line))


def _read(file: Path, context: Context) -> Iterator[Board]:
    if file.name.endswith(_DEFINITION):
        yield _definition(file, context)
        return
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix in _YAML:
        yield from _manifests(str(file), text, context)
        return
    model, prefix = _unwrapped(_json(text))
    if model is not None:
        yield Board(model, str(file), context.version, line=_lines(text, prefix))


def _definition(file: Path, context: Context) -> Board:
    definition = load_definition(file)
    try:
        model = render_dashboard(definition.value, context)
    except (ToolkitError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise located(error, file) from error
    return Board(model, str(file), context.version, line=_written(file, model))


def _written(file: Path, model: Json) -> Callable[[JsonPath], int]:
    """Finds the line of a definition that names the panel, the variable or the dashboard.

    The JSON is made of it, so that is as near as one gets; 0 where no name is written there.
    """

    def line(path: JsonPath) -> int:
        inner: object = model
        names = [model.get("uid"), model.get("title")]
        for key in path:
            inner = _below(inner, key)
            names += [mapping(inner).get("name"), mapping(inner).get("title")]
        if path in (("uid",), ("title",)):
            names.append(inner)
        wanted = (one for one in reversed(names) if isinstance(one, str) and one)
        return next((found for one in wanted if (found := line_of_text(file, one))), 0)

    return line


def _below(value: object, key: str | int) -> object:
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if key < len(value) else None
    return mapping(value).get(str(key))


# --- JSON -----------------------------------------------------------------------------------------


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from error


def _unwrapped(value: object) -> tuple[Json | None, JsonPath]:
    """The dashboard in what an API answers or a resource holds, and where in it that stands.

    Raises :class:`DefinitionError` for the schema v2, which is another one altogether.
    """
    whole = mapping(value)
    if "elements" in mapping(whole.get("spec")) or ("elements" in whole and "layout" in whole):
        raise DefinitionError(
            "it is a dashboard of the schema v2, which this does not read",
            path="",
            hint="export it as classic JSON",
        )
    for prefix, model in (
        ((), whole),
        (("dashboard",), mapping(whole.get("dashboard"))),
        (("spec",), mapping(whole.get("spec"))),
    ):
        if any(isinstance(model.get(key), list) for key in ("panels", "rows")):
            return model, prefix
    return None, ()


def _lines(text: str, prefix: JsonPath, before: int = 0) -> Callable[[JsonPath], int]:
    """Finds lines in a file whose JSON begins ``before`` lines down."""
    return lambda path: before + line_of(text, (*prefix, *path))


# --- manifests ------------------------------------------------------------------------------------


def _manifests(file: str, text: str, context: Context) -> Iterator[Board]:
    if "ConfigMap" not in text and "GrafanaDashboard" not in text:
        return
    try:
        documents = list(yaml.compose_all(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        raise ValueError(f"the YAML cannot be read: {error}") from error
    for document in documents:
        items = _get(document, "items")
        held: Sequence[yaml.Node] = items.value if isinstance(items, yaml.SequenceNode) else ()
        for one in held or [document]:
            yield from _manifest(file, one, context)


def _manifest(file: str, node: yaml.Node, context: Context) -> Iterator[Board]:
    annotations = _get(_get(node, "metadata"), "annotations")
    named = [_text(_get(annotations, name)) for name in _FOLDER_ANNOTATIONS]
    folder = "/".join(one for one in named if one)
    texts: list[tuple[str, yaml.Node]] = []
    data, spec = _get(node, "data"), _get(_get(node, "spec"), "json")
    if isinstance(data, yaml.MappingNode):
        texts += [(_text(key), value) for key, value in data.value]
    if spec is not None:
        texts.append(("", spec))
    for key, value in texts:
        text = _text(value)
        if not key.endswith(".json") and value is not spec:
            continue
        model, prefix = _unwrapped(_json(text))
        if model is None:
            continue
        first = value.start_mark.line
        # Only a literal block has the lines of its text.
        literal = isinstance(value, yaml.ScalarNode) and value.style == "|"
        line = _lines(text, prefix, first + 1) if literal else _always(first + 1)
        yield Board(model, file, context.version, key, folder, line)


def _always(line: int) -> Callable[[JsonPath], int]:
    return lambda path: line


def _get(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _text(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""
