"""A dashboard's variables: what is chosen, and what becomes of it in queries and texts.

Sources: grafana/grafana public/app/features/templating; grafana/grafana-loki-datasource
src/datasource.ts (``interpolateQueryExpr``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolkit.errors import DefinitionError
from toolkit.logql.variables import Value, substitute
from toolkit.preview.frames import Json
from toolkit.sources.base import LokiSource

ALL = "$__all"
_LABEL_VALUES = re.compile(r"label_values\((?:(?P<stream>\{.*\}),\s*)?(?P<label>\w+)\)")
Given = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Variables:
    """``queries`` is what is put into LogQL, ``chosen`` what addresses hold, ``texts`` what people
    read."""

    queries: Mapping[str, Value]
    chosen: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, str]

    def in_query(self, text: str, macros: Mapping[str, str]) -> str:
        """A query with variables and macros replaced."""
        return substitute(text, {**self.queries, **macros})

    def in_text(self, text: str) -> str:
        """A title or a legend with variables replaced by what people chose."""
        return substitute(text, self.texts)


def choose(dashboard: Json, given: Given, source: LokiSource, *, start: int, end: int) -> Variables:
    """The variables with the values ``given``, else with those the dashboard opens with.

    ``source`` is asked for labels where "All" stands for every value that there is. Raises
    :class:`DefinitionError` for a value for a variable that the dashboard does not have.
    """
    variables = (dashboard.get("templating") or {}).get("list") or []
    known = {str(one["name"]) for one in variables}
    unknown = sorted(given.keys() - known)
    if unknown:
        raise DefinitionError(
            f"the dashboard has no variable {unknown[0]}",
            path="",
            hint=f"variables: {', '.join(sorted(known))}",
        )
    queries: dict[str, Value] = {}
    chosen: dict[str, tuple[str, ...]] = {}
    texts: dict[str, str] = {}
    for one in variables:
        name = str(one["name"])
        values = _given(given[name]) if name in given else _current(one)
        chosen[name] = values
        texts[name] = "All" if values == (ALL,) else " + ".join(values)
        queries[name] = _in_queries(one, values, source, start, end)
    return Variables(queries, chosen, texts)


def _given(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _current(variable: Json) -> tuple[str, ...]:
    value = (variable.get("current") or {}).get("value")
    if value is None:
        value = variable.get("query") if variable.get("type") in ("textbox", "constant") else ""
    return _given(value if isinstance(value, list) else str(value or ""))


def _in_queries(
    variable: Json, values: tuple[str, ...], source: LokiSource, start: int, end: int
) -> Value:
    if ALL in values:
        every = variable.get("allValue")
        # What stands for "All" is put in as it is, not as a value to be escaped.
        return str(every) if every else _options(variable, source, start, end)
    if variable.get("multi") or variable.get("includeAll"):
        return values
    return values[0] if values else ""


def _options(variable: Json, source: LokiSource, start: int, end: int) -> tuple[str, ...]:
    """Every value that can be chosen."""
    query = variable.get("query")
    if variable.get("type") == "custom":
        return tuple(one.strip() for one in str(query).split(",") if one.strip())
    if isinstance(query, Mapping):
        label, stream = query.get("label"), query.get("stream")
    else:
        match = _LABEL_VALUES.fullmatch(str(query or "").strip())
        label, stream = (match["label"], match["stream"]) if match else (None, None)
    if not label:
        raise DefinitionError(
            f"the preview cannot list the values of the variable {variable['name']}", path=""
        )
    return tuple(source.label_values(str(label), start=start, end=end, selector=stream or None))
