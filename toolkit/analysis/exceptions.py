"""Falco exceptions: written, checked as Falco checks them, and tried on counted events.

An exception is a name, fields, comparison operators and tuples of values; a rule does not fire
where all fields of one tuple fit (falco.org/docs/concepts/rules/exceptions). What Falco refuses is
taken from its loader: falcosecurity/falco userspace/engine/rule_loader_reader.cpp (shapes),
rule_loader_collector.cpp (exceptions that are appended), rule_loader_compiler.cpp (values), and the
grammar of strings from falcosecurity/libs userspace/libsinsp/filter/parser.cpp.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal, TypeGuard

import yaml

Operator = Literal["=", "glob"]

OPERATORS = frozenset(
    {"=", "==", "!=", "<", "<=", ">", ">=", "contains", "icontains", "bcontains", "startswith"}
    | {"bstartswith", "endswith", "glob", "iglob", "regex", "in", "intersects", "pmatch", "exists"}
)
"""What Falco takes in ``comps`` beside a list of fields (without modifiers such as ``oneof``)."""

_BARE = re.compile(r"""[^()"'\s=,]+""")
_FIELD = re.compile(r"[a-zA-Z]\w*(?:\.[a-zA-Z]\w*)+(?:\[[^\]\s]+\])?", re.ASCII)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_RULE_KEYS = {"rule", "exceptions", "append", "override"}


@dataclass(frozen=True, slots=True)
class Condition:
    """``field operator value``, such as ``proc.name = apt``; the value as an event has it."""

    field: str
    operator: Operator
    value: str

    def holds(self, value: str | None) -> bool:
        """Whether an event fits whose field has that value; None is a field that is not there."""
        if value is None:
            return False
        return fnmatchcase(value, self.value) if self.operator == "glob" else value == self.value


@dataclass(frozen=True, slots=True)
class FalcoException:
    """One exception of one rule, with one tuple of values."""

    rule: str
    name: str
    conditions: tuple[Condition, ...]

    def holds(self, event: Mapping[str, str | None]) -> bool:
        """Whether the rule would not have fired; ``event`` maps Falco's fields to values."""
        return all(one.holds(event.get(one.field)) for one in self.conditions)

    def as_yaml(self) -> dict[str, Any]:
        """The item of a rule's ``exceptions``."""
        return {
            "name": self.name,
            "fields": [one.field for one in self.conditions],
            "comps": [one.operator for one in self.conditions],
            "values": [[quoted(one.value) for one in self.conditions]],
        }


def quoted(value: str) -> str:
    """A value as it stands in a rules file, so that Falco's filter reads that very string.

    Falco puts values into the condition as they are and quotes only those with a blank
    (``quote_item``): others that are no bare string bring their own quotes.
    """
    if _BARE.fullmatch(value):
        return value
    return '"' + "".join(_ESCAPES.get(character, character) for character in value) + '"'


def rules_file(exceptions: Sequence[FalcoException], *, legacy: bool = False) -> str:
    """A rules file that appends the exceptions, rule by rule in the order given.

    To be loaded after the file that defines the rules. ``legacy`` writes ``append: true`` for Falco
    before 0.37.0, which knows no ``override`` (CHANGELOG.md, #2981).
    """
    rules: dict[str, list[dict[str, Any]]] = {}
    for one in exceptions:
        rules.setdefault(one.rule, []).append(one.as_yaml())
    how: dict[str, Any] = {"append": True} if legacy else {"override": {"exceptions": "append"}}
    document = [{"rule": rule, "exceptions": items, **how} for rule, items in rules.items()]
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


class _Dumper(yaml.SafeDumper):
    """Lists of plain values on one line, no anchors: as rules files are written."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _sequence(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
    flat = all(isinstance(item, str) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flat)


_Dumper.add_representer(list, _sequence)


def problems(text: str) -> Iterator[str]:
    """Why Falco would not load a rules file that appends exceptions, or would ignore a part of it.

    Checks the shape; whether a rule and a field exist is known to the Falco that loads it.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        yield f"not YAML: {error}"
        return
    if not isinstance(document, list):
        yield "Rules content is not a sequence"
        return
    for item in document:
        if not isinstance(item, dict) or not _text(item.get("rule")):
            yield "an item without the key rule"
            continue
        for problem in _rule_problems(item):
            yield f"{item['rule']}: {problem}"


def _rule_problems(item: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(item.keys() - _RULE_KEYS, key=str):
        yield f"the key {key} is ignored in an item that appends"
    override = item.get("override")
    if ("append" in item) == ("override" in item):
        yield "either override or append has to say that the exceptions are added"
    elif "append" in item and item["append"] is not True:
        yield "append has to be true"
    elif "override" in item and override != {"exceptions": "append"}:
        yield "override has to be {exceptions: append}"
    exceptions = item.get("exceptions")
    if not isinstance(exceptions, list) or not exceptions:
        yield "Rule exceptions must be a sequence"
        return
    names = [one.get("name") for one in exceptions if isinstance(one, dict)]
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield f"Multiple definitions of exception {name!r} in the same rule"
    for one in exceptions:
        if not isinstance(one, dict) or not _text(one.get("name")):
            yield "Rule exception must be a mapping with a name"
            continue
        for problem in _exception_problems(one):
            yield f"{one['name']}: {problem}"


def _exception_problems(item: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(item.keys() - {"name", "fields", "comps", "values"}, key=str):
        yield f"the key {key} is not allowed"
    fields, comps, values = item.get("fields"), item.get("comps"), item.get("values")
    if not isinstance(fields, list) or not fields:
        yield "Rule exception must have fields property with a list of fields"
        return
    for field in fields:
        if not (_text(field) and _FIELD.fullmatch(field)):
            yield f"{field!r} is no filter field"
    if comps is None:
        comps = ["="] * len(fields)
    if not isinstance(comps, list) or len(comps) != len(fields):
        yield "Fields and comps lists must have equal length"
        return
    for comp in comps:
        if comp not in OPERATORS:
            yield f"{comp!r} is not a supported comparison operator"
    if not isinstance(values, list) or not values:
        yield "Rule exception must have values property with a list of values"
        return
    for row in values:
        if not isinstance(row, list) or len(row) != len(fields):
            yield "Fields and values lists must have equal length"
            continue
        for value in row:
            if not _readable(value):
                yield f"the filter cannot read the value {value!r}"


def _readable(value: object) -> bool:
    """Whether a value is one string to the filter's parser, once Falco has put it there."""
    if isinstance(value, list):
        return bool(value) and all(_readable(one) for one in value)
    if not _text(value):
        return False
    if value[0] in "\"'":
        return bool(re.fullmatch(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', value, re.DOTALL))
    if " " in value:
        # Falco adds double quotes and escapes nothing.
        return not re.search(r'["\\]', value)
    return bool(_BARE.fullmatch(value))


def _text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value)
