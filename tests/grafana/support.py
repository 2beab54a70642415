"""Shared by the tests of this room: the shipped definitions, rendered."""

from __future__ import annotations

import gzip
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema

from toolkit.catalog import catalog
from toolkit.falco.labels import dialects
from toolkit.grafana.context import Context
from toolkit.grafana.loader import Definition, load_definitions
from toolkit.grafana.render import render_dashboard
from toolkit.grafana.version import GrafanaVersion
from toolkit.settings import shipped

Json = dict[str, Any]

VERSIONS = ("7.5", "9.0", "9.4", "10.0", "10.2", "11.6", "12.1", "13.0")
DIALECTS = tuple(dialects())
SCHEMAS = Path(__file__).parents[3] / "shared" / "grafana" / "schemas"


def context(version: str = "13.0", dialect: str = "source-falco") -> Context:
    """A context with the shipped queries."""
    return Context(catalog(), dialects()[dialect], GrafanaVersion.parse(version))


@lru_cache(maxsize=1)
def definitions() -> tuple[Definition, ...]:
    """The shipped definitions."""
    return load_definitions([shipped("dashboards")])


@lru_cache(maxsize=128)
def _rendered(version: str, dialect: str) -> str:
    made = [
        render_dashboard(one.value, context(version, dialect))
        for one in definitions()
        if one.kind == "dashboard"
    ]
    return json.dumps(made)


def rendered(version: str = "13.0", dialect: str = "source-falco-json") -> list[Json]:
    """The shipped dashboards, each time as new objects."""
    found: list[Json] = json.loads(_rendered(version, dialect))
    return found


def schema(name: str) -> Json:
    """A JSON Schema of grafana-foundation-sdk, with what its generator got wrong put right.

    Places that are "any value" in Grafana's own definitions came out as objects: a matcher's
    options, an override's value, a variable's query, a field's links, a table's kinds of cells.
    """
    data: Json = json.loads(gzip.decompress((SCHEMAS / f"{name}.json.gz").read_bytes()))
    known = data["definitions"]
    for owner, field in (
        ("DynamicConfigValue", "value"),
        ("MatcherConfig", "options"),
        ("VariableModel", "query"),
        ("FieldConfig", "links"),
        ("TableFieldOptions", "cellOptions"),
    ):
        if field in known.get(owner, {}).get("properties", {}):
            known[owner]["properties"][field] = {}
    return data


def problems(value: object, definition: Json) -> list[str]:
    """What is wrong with ``value``, by the deepest cause that the validator names."""
    found = jsonschema.Draft7Validator(definition).iter_errors(value)
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:200]}" for one in found]
