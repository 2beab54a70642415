"""Template variables that work in every label dialect.

A variable stands for one of an event's fields (``rule``, ``hostname``, ...) and narrows every query
of its dashboard. How people choose a value depends on where the dialect keeps that field: a stream
label gives a list to choose from, a field inside the line can only be typed (Loki's data source
cannot list values of parsed fields, grafana/grafana#59297), and a field that is nowhere gives no
variable and no filter.

"All" matches events that lack the label too. A chosen namespace keeps them as well: events of hosts
and nodes, of the audit log and of Falco itself have none, and must not be hidden by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.falco.labels import LabelSchema, Where
from toolkit.falco.selectors import Pick
from toolkit.grafana.colours import PRIORITY_NAMES
from toolkit.grafana.context import Context
from toolkit.grafana.fields import Json
from toolkit.logql.ast import Matcher

_ALL = {"text": ["All"], "value": ["$__all"]}
_REFRESH_ON_TIME_CHANGE = 2
_SORT_ALPHABETICAL = 1
ANYTHING = ".*"


@dataclass(frozen=True, slots=True)
class FieldVariable:
    """Several values of a field, chosen or typed.

    ``keeps_without`` says that events which lack the field pass whatever is chosen.
    """

    name: str
    label: str
    field: str
    description: str = ""
    choices: tuple[str, ...] = ()
    keeps_without: bool = False

    def filter(self, schema: LabelSchema) -> Matcher | None:
        """The condition that the variable puts on queries; None where the field is nowhere."""
        if schema.access(self.field).where is Where.ABSENT:
            return None
        # Several values come as alternatives, a|b; the empty one is what an absent label matches.
        without = "|" if self.keeps_without else ""
        return Matcher(self.field, "=~", f"${self.name}{without}")

    def is_typed(self, schema: LabelSchema) -> bool:
        """Whether people type its value: Loki has no list of what is inside of lines."""
        return not self.choices and schema.access(self.field).where is Where.LINE

    def build(self, context: Context) -> Json | None:
        """The variable's JSON; None where the dialect lacks the field."""
        access = context.schema.access(self.field)
        if access.where is Where.ABSENT:
            return None
        data = {"name": self.name, "label": self.label, "description": self.description, "hide": 0}
        if self.choices:
            return data | _custom(self.choices)
        if self.is_typed(context.schema):
            return data | _textbox(ANYTHING)
        return data | _label_values(context, access.name)


@dataclass(frozen=True, slots=True)
class TextVariable:
    """A text that queries use as a regular expression on the line; empty for every line."""

    name: str
    label: str
    description: str = ""

    def build(self, context: Context) -> Json:
        """The variable's JSON."""
        data = {"name": self.name, "label": self.label, "description": self.description, "hide": 0}
        return data | _textbox("")


@dataclass(frozen=True, slots=True)
class DataSourceVariable:
    """The Loki that the dashboard asks, under the name that dashboard-linter wants."""

    def build(self, context: Context) -> Json:
        """The variable's JSON, with the deployed data source chosen at first."""
        known = context.datasource
        value = known.uid if context.version.has("datasource_ref") else known.name
        current = {"text": known.name or known.uid, "value": value} if value else {}
        return {
            "type": "datasource",
            "name": "datasource",
            "label": "Data source",
            "query": "loki",
            "current": current,
            "hide": 0,
            "includeAll": False,
            "multi": False,
            "options": [],
            "refresh": 1,
            "regex": "",
        }


Variable = FieldVariable | TextVariable | DataSourceVariable


def _custom(choices: tuple[str, ...]) -> Json:
    options = [{"selected": True, "text": "All", "value": "$__all"}]
    options += [{"selected": False, "text": choice, "value": choice} for choice in choices]
    return {
        "type": "custom",
        "query": ",".join(choices),
        "current": _ALL,
        "options": options,
        "includeAll": True,
        "allValue": ANYTHING,
        "multi": True,
    }


def _textbox(default: str) -> Json:
    option = {"selected": True, "text": default, "value": default}
    current = {"text": default, "value": default}
    return {"type": "textbox", "query": default, "current": current, "options": [option]}


def _label_values(context: Context, label: str) -> Json:
    stream = "{" + ", ".join(map(str, context.schema.selector(Pick.ALL).matchers)) + "}"
    text = f"label_values({stream}, {label})"
    query: Any = text
    if context.version.has("object_variable"):
        # What the plugin's own variableQueryMigrations.ts makes of the text.
        query = {
            "refId": "LokiVariableQueryEditor-VariableQuery",
            "type": 1,
            "label": label,
            "stream": stream,
        }
    return {
        "type": "query",
        "datasource": context.datasource_ref(),
        "query": query,
        "definition": text,
        "current": _ALL,
        "options": [],
        "refresh": _REFRESH_ON_TIME_CHANGE,
        "sort": _SORT_ALPHABETICAL,
        "regex": "",
        "includeAll": True,
        "allValue": ANYTHING,
        "multi": True,
    }


RULE = FieldVariable("rule", "Rule", "rule", "Falco rules")
NODE = FieldVariable("node", "Node", "hostname", "Host names that Falco reports")
PRIORITY = FieldVariable("priority", "Priority", "priority", "Falco priorities", PRIORITY_NAMES)
SOURCE = FieldVariable("source", "Source", "source", "Event sources: syscall, k8s_audit, plugins")
NAMESPACE = FieldVariable(
    "namespace",
    "Namespace",
    "k8s.ns.name",
    "Kubernetes namespaces. Events without one (of hosts, nodes, the audit log) stay, whatever is"
    " chosen. The dashboard Workload shows a namespace alone.",
    keeps_without=True,
)
POD = FieldVariable("pod", "Pod", "k8s.pod.name", "Kubernetes pods")
SEARCH = TextVariable("search", "Search", "Regular expression on the line, in any case")
