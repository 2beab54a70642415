"""From a definition to the JSON of one dashboard for one Grafana.

Any object of grafanalib may stand in a definition, and any of ours; the result has no trace of
which was which: what grafanalib writes wrongly is repaired (:mod:`toolkit.grafana.repair`), the
schema version is Grafana's own, every panel has an id and every query a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import attr

from toolkit.errors import DefinitionError
from toolkit.grafana.context import Context
from toolkit.grafana.dashboard import Placed
from toolkit.grafana.fields import Json
from toolkit.grafana.grid import NOTE, close_up
from toolkit.grafana.marks import annotation_layers
from toolkit.grafana.panels.base import Panel, ref_ids
from toolkit.grafana.panels.logs import Text
from toolkit.grafana.repair import repair_dashboard, repair_panel
from toolkit.grafana.target import LokiTarget
from toolkit.grafana.variables import DataSourceVariable, FieldVariable, TextVariable
from toolkit.grafana.version import SINCE


def render_dashboard(definition: Any, context: Context) -> Json:
    """The dashboard's JSON, the same for the same definition and context.

    ``definition`` is what a ``*.dashboard.py`` file holds: grafanalib's ``Dashboard``. Raises
    ``LogQLError`` for a query that does not parse and whatever the definition itself raises.
    """
    data: Json = _plain(definition, _inside(definition.templating.list, context))
    data = repair_dashboard(data, context.version)
    if not data["annotations"]["list"]:
        data["annotations"]["list"] = annotation_layers(context)
    data["panels"] = [repair_panel(panel, context.version) for panel in data.get("panels", [])]
    close_up(data["panels"])
    _number(list(panels(data)))
    return data


def panels(dashboard: Json) -> Iterator[Json]:
    """All panels of a dashboard's JSON, rows and what collapsed rows hide among them."""
    for panel in dashboard.get("panels", []):
        yield panel
        yield from panel.get("panels", [])


def _inside(variables: Sequence[Any], context: Context) -> Context:
    """The context with what the dashboard's variables do to its queries."""
    fields = [one for one in variables if isinstance(one, FieldVariable)]
    filters = [found for one in fields if (found := one.filter(context.schema)) is not None]
    texts = [one.name for one in variables if isinstance(one, TextVariable)]
    texts += [one.name for one in fields if one.is_typed(context.schema)]
    return context.inside(filters, texts)


def _plain(value: Any, context: Context) -> Any:
    """``value`` with every object of grafanalib's and of ours turned into JSON's own types."""
    if isinstance(value, Placed):
        return _placed(value, context)
    if isinstance(value, FieldVariable | TextVariable | DataSourceVariable | Panel):
        return _plain(value.build(context), context)
    if isinstance(value, LokiTarget):
        return _plain(value.data(context.version), context)
    to_json_data = getattr(_sourced(value, context), "to_json_data", None)
    if to_json_data is not None:
        return _plain(to_json_data(), context)
    if isinstance(value, dict):
        return {key: _plain(inner, context) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        inner = (_plain(item, context) for item in value)
        # A variable that this dialect has no field for builds to nothing.
        return [
            item
            for item, made in zip(inner, value, strict=True)
            if item is not None or made is None
        ]
    return value


def _sourced(value: Any, context: Context) -> Any:
    """A panel of grafanalib's own that asks a Loki and does not say which: it asks the dashboard's.

    Grafana would ask its default data source instead, which may be no Loki at all.
    """
    targets = getattr(value, "targets", None)
    if not isinstance(targets, list) or getattr(value, "dataSource", "") is not None:
        return value
    if not any(isinstance(one, LokiTarget) and one.datasource is None for one in targets):
        return value
    return attr.evolve(value, dataSource=context.datasource_ref())


def _placed(placed: Placed, context: Context) -> Any:
    """The panel's JSON. What is wrong with it is said with its title."""
    try:
        shown = _explained(placed, context)
        data = _plain(shown.build(context), context)
        if shown is not placed:
            data[NOTE] = True
        return data
    except DefinitionError as error:
        title = placed.panel.title
        raise DefinitionError(
            f"panel {title!r}: {error.message}",
            path=error.path,
            hint=error.hint,
            about=error.about or title,
        ) from error


def _explained(placed: Placed, context: Context) -> Placed:
    """The panel, or a text in its place that says which setting brings what it needs."""
    panel = placed.panel
    missing: dict[str, str] = {}
    for query in panel.asked:
        missing |= context.missing(query)
    if panel.requires is not None and not context.version.has(panel.requires):
        text = f"This panel needs Grafana {SINCE[panel.requires].major} or later."
    elif missing:
        wanted = "\n".join(f"- `{name}`: {setting}." for name, setting in missing.items())
        text = (
            "This panel needs fields that the events in Loki do not carry with the labels in"
            f" use:\n\n{wanted}\n\nEvents already stored stay as they are."
        )
    else:
        return placed
    note = Text(panel.title, description=panel.said(context), content=text)
    return replace(placed, panel=replace(note, width=panel.width, height=panel.height))


def _number(found: Sequence[Json]) -> None:
    """Gives ids and query names to those panels and queries that have none."""
    taken = {panel["id"] for panel in found if panel.get("id")}
    free = (number for number in range(1, 100_000) if number not in taken)
    for panel in found:
        if not panel.get("id"):
            panel["id"] = next(free)
        names = ref_ids()
        used = {target["refId"] for target in panel.get("targets", []) if target.get("refId")}
        for target in panel.get("targets", []):
            if not target.get("refId"):
                target["refId"] = next(name for name in names if name not in used)
