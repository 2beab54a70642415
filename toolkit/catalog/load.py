"""``queries/*.yaml`` read, checked and parsed; what does not fit is refused with file and line."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from toolkit.catalog.dialect import CANONICAL, MARKER, answer_labels, label_of, leg_labels, legs
from toolkit.catalog.query import WINDOW, NamedQuery
from toolkit.errors import DefinitionError, LogQLError
from toolkit.falco.labels import Where
from toolkit.logql import ast
from toolkit.logql.parser import parse
from toolkit.settings import shipped

SCHEMA = "schema.json"


@dataclass(frozen=True, slots=True)
class Catalog:
    """Named queries: by name with ``[]``, all of them in the order of their files by iteration."""

    queries: Mapping[str, NamedQuery]

    def __getitem__(self, name: str) -> NamedQuery:
        """The query of that name. Raises :class:`DefinitionError` with the nearest name."""
        if name not in self.queries:
            near = difflib.get_close_matches(name, self.queries, n=1)
            hint = f"did you mean {near[0]}?" if near else "toolkit query --list shows them"
            raise DefinitionError(
                f"there is no query named {name}", path="queries", hint=hint, about=name
            )
        return self.queries[name]

    def __iter__(self) -> Iterator[NamedQuery]:
        return iter(self.queries.values())

    def __len__(self) -> int:
        return len(self.queries)


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    """The queries that the toolkit ships."""
    return load_catalog(shipped("queries"))


def load_catalog(directory: Path) -> Catalog:
    """Every query of the YAML files in ``directory``. Raises :class:`DefinitionError`."""
    schema_file = shipped("queries") / SCHEMA
    validator = Draft202012Validator(json.loads(schema_file.read_text(encoding="utf-8")))
    queries: dict[str, NamedQuery] = {}
    files = sorted(directory.glob("*.yaml"))
    if not files:
        raise DefinitionError("there are no query files", path=str(directory))
    for path in files:
        for query in _load_file(path, validator):
            if query.name in queries:
                other = queries[query.name]
                place = f"{Path(other.path).name}:{other.line}"
                raise _refusal(path, query.line, f"{query.name} is defined in {place} as well")
            queries[query.name] = query
    return Catalog(queries)


def _load_file(path: Path, validator: Draft202012Validator) -> Iterator[NamedQuery]:
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _refusal(path, line, f"not YAML: {error.problem}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DefinitionError(f"cannot be read: {error}", path=str(path)) from None
    if root is None:
        raise _refusal(path, 1, "the file is empty")
    for fault in sorted(validator.iter_errors(document), key=lambda one: list(one.absolute_path)):
        place = _line(root, list(fault.absolute_path))
        where = ".".join(str(one) for one in fault.absolute_path)
        raise _refusal(path, place, f"{where}: {fault.message}" if where else fault.message)
    for number, entry in enumerate(document["queries"]):
        yield _query(path, root, document["subject"], number, entry)


def _query(
    path: Path, root: yaml.Node, subject: str, number: int, entry: Mapping[str, Any]
) -> NamedQuery:
    line = _line(root, ["queries", number])
    try:
        expr = parse(entry["expr"])
    except LogQLError as error:
        node = _node(root, ["queries", number, "expr"])
        # The text of a block begins on the line after its | sign.
        start = node.start_mark.line + (2 if getattr(node, "style", None) in ("|", ">") else 1)
        inside = error.span.location(entry["expr"]).line - 1
        message = f"{entry['name']}: {error.show()}"
        raise _refusal(path, start + inside, message) from None
    query = NamedQuery(
        name=entry["name"],
        title=entry["title"],
        description=entry["description"],
        subject=subject,
        kind=entry["kind"],
        unit=entry["unit"],
        needs=tuple(entry["needs"]),
        expr=expr,
        legend=entry.get("legend", ""),
        parameters=entry.get("parameters", {}),
        path=str(path),
        line=line,
    )
    for problem in problems(query):
        raise _refusal(path, line, f"{query.name}: {problem}")
    return query


def problems(query: NamedQuery) -> Iterator[str]:
    """What is wrong with a query that parses: each in one clause."""
    is_log = isinstance(query.expr, ast.LogQuery)
    if is_log != (query.kind == "log"):
        yield f"the query is no {query.kind} query"
    used = answer_labels(query.expr)
    for leg, unwrap in legs(query.expr):
        if MARKER not in leg.selector.matchers:
            yield f'the selector has to hold {MARKER.name}="{MARKER.value}"'
        used |= leg_labels(leg, unwrap)
        yield from _extraction_problems(leg, query.needs)
    declared = {label_of(name): name for name in query.needs}
    yield from (f"uses {one}, which needs does not name" for one in sorted(used - {*declared}))
    yield from (f"needs {declared[one]} and does not use it" for one in sorted({*declared} - used))
    if WINDOW in query.parameters:
        yield "window is asked for with every use and has no default"


def _extraction_problems(leg: ast.LogQuery, needs: tuple[str, ...]) -> Iterator[str]:
    """Fields from lines are extracted once, first, under their own labels."""
    expected = {
        access.name: access.expression
        for name in needs
        if (access := CANONICAL.access(name)).where is Where.LINE
    }
    for at, stage in enumerate(leg.stages):
        if not isinstance(stage, ast.JsonParser):
            continue
        if at != 0:
            yield "the json stage has to be the first"
        for one in stage.extractions:
            if one.label in expected and one.expression != expected[one.label]:
                yield f"{one.label} has to be extracted by {expected[one.label]}"


def _refusal(path: Path, line: int, message: str) -> DefinitionError:
    return DefinitionError(message, path=f"{path}:{line}")


# --- places in YAML -------------------------------------------------------------------------------


def _node(node: yaml.Node, path: list[str | int]) -> yaml.Node:
    """The node at ``path``, or the last one on the way to it."""
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = node.value[step]
        else:
            found = None
        if found is None:
            return node
        node = found
    return node


def _line(root: yaml.Node, path: list[str | int]) -> int:
    return _node(root, path).start_mark.line + 1
