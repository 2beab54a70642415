"""For whom a dashboard is rendered: which Grafana, which labels, which data source.

A definition says what is shown and stays the same for everybody; a :class:`Context` turns it into
the JSON of one Grafana over one label dialect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from toolkit.catalog import Catalog, catalog, label_of
from toolkit.falco import labels
from toolkit.falco.labels import LabelSchema, Where
from toolkit.grafana.fields import NOBODY
from toolkit.grafana.query import Query
from toolkit.grafana.version import NEWEST, GrafanaVersion
from toolkit.logql.ast import Matcher

_SERIES = ("latest", "total", "trend")
"""The kinds of questions that 7.5 answers by series with legends."""
_ALWAYS = frozenset({"rule", "priority"})
"""Labels that every event's stream has."""
_READABLE = "| json | line_format `{{ if .output }}{{ .output }}{{ else }}{{ __line__ }}{{ end }}`"
"""Shows an event's text instead of its JSON, whose fields are the line's details then."""
_LEGEND_FIELD = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


@dataclass(frozen=True, slots=True)
class DataSource:
    """The Loki data source in Grafana. Before 8.3 panels name it by ``name``, later by ``uid``.

    An empty name is one that is not known; Grafana then chooses a Loki itself.
    """

    uid: str = "falco-loki"
    name: str = "Loki"


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder in Grafana that holds dashboards and alert rules."""

    uid: str = "falco-toolkit"
    title: str = "Falco"


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that rendering depends on; ``filters`` are those of the dashboard at hand.

    ``prometheus`` is the uid of a Prometheus data source, for the rules that need one.
    ``runbooks`` is where the runbook pages are to be found, an address or a folder. ``texts`` are
    the names of variables that people type into.
    """

    catalog: Catalog
    schema: LabelSchema = labels.DEFAULT
    version: GrafanaVersion = NEWEST
    datasource: DataSource = field(default_factory=DataSource)
    folder: Folder = field(default_factory=Folder)
    prometheus: str | None = None
    runbooks: str = "docs/runbooks"
    filters: tuple[Matcher, ...] = ()
    texts: tuple[str, ...] = ()

    def runbook(self, key: str) -> str:
        """The page that says what to do when the alert rule ``key`` fires."""
        return f"{self.runbooks.rstrip('/')}/{key}.md"

    def inside(self, filters: Iterable[Matcher], texts: Iterable[str]) -> Context:
        """The same context inside a dashboard whose variables are ``filters`` and ``texts``."""
        return replace(self, filters=tuple(filters), texts=tuple(texts))

    # --- names -----------------------------------------------------------------------------------

    def legend(self, query: Query) -> str:
        """The names of the query's series: its own legend, else the named query's."""
        return with_labels(query.legend or self.catalog[query.name].legend)

    def datasource_ref(self) -> Any:
        """The reference to the dashboard's data source variable, as this Grafana wants it."""
        if self.version.has("datasource_ref"):
            return {"type": "loki", "uid": "${datasource}"}
        return "${datasource}"

    # --- queries ---------------------------------------------------------------------------------

    def missing(self, query: Query) -> dict[str, str]:
        """Fields that the query needs and this dialect lacks, each with the setting that helps."""
        needed = (*self.catalog[query.name].needs, *(one.name for one in query.where))
        found = {name: self.schema.access(name) for name in dict.fromkeys(needed)}
        return {n: access.setting for n, access in found.items() if access.where is Where.ABSENT}

    def expression(self, query: Query) -> str:
        """The LogQL of ``query`` for this Grafana, dialect and dashboard."""
        named = self.catalog[query.asked_name(self.version)]
        window = None if query.log else query.range_text(self.version)
        where = query.narrowing(self.filters)
        given: dict[str, Any] = {"window": window, "where": where, **query.parameters}
        expression = _as_typed(named.render(self.schema, **given), self.texts)
        if query.log:
            if self.schema.access("output").where is Where.LINE:
                expression = f"{expression} {_READABLE}"
            return expression + self._led_by(query.lead)
        if query.named or (query.kind in _SERIES and not self.version.has("row_names")):
            return _named(expression, named.labels)
        return expression

    def _led_by(self, lead: str) -> str:
        """The stage that writes a field before each line; none where the dialect lacks it."""
        access = self.schema.access(lead) if lead else None
        if access is None or access.where is Where.ABSENT:
            return ""
        # Where a filter names the label, it was renamed.
        names = " ".join(f".{name}" for name in sorted({label_of(lead), access.name}))
        written = f"{{{{ with or {names} }}}}{{{{ . }}}}: {{{{ end }}}}{{{{ __line__ }}}}"
        return f" | line_format `{written}`"


def _as_typed(expression: str, texts: Iterable[str]) -> str:
    """The query with what people type taken as they mean it.

    Grafana puts what was typed into the string as it is, and in double quotes a backslash of a
    pattern such as ``\\d+`` would be an escape: so it stands in backticks. A field's value is taken
    as a pattern or as the very text: links bring names of rules with brackets in them.
    """
    for name in texts:
        expression = re.sub(
            rf'(\w+)=~"\^\(\?:(\${name})(\|?)\)\$"',
            r"\1=~`^(?:\2\3)$` or \1=`\2`",
            expression,
        )
        pattern = rf'"([^"\\\\`]*\$(?:{name}\b|\{{{name}\}})[^"\\\\`]*)"'
        expression = re.sub(pattern, r"`\1`", expression)
    return expression


def _named(expression: str, labels: Iterable[str]) -> str:
    """The query with ``(none)`` for labels that a series lacks.

    A legend of Grafana 7.5 shows the label's own name in such a place, and a bar that is alone the
    name of its column.
    """
    for label in labels:
        if label not in _ALWAYS:
            expression = f'label_replace({expression}, "{label}", "{NOBODY}", "{label}", "")'
    return expression


def with_labels(text: str) -> str:
    """``{{proc.name}}``, in Falco's names, as ``{{proc_name}}``, the label that answers have."""
    return _LEGEND_FIELD.sub(lambda match: f"{{{{{label_of(match[1]) or match[1]}}}}}", text)


@lru_cache(maxsize=1)
def default_context() -> Context:
    """The newest Grafana, the default dialect and the queries that the project ships."""
    return Context(catalog())
