"""A dashboard's JSON as checks look at it: panels, queries and variables, each with its place.

The JSON may be of any Grafana from 7.5 on and from anybody, so nothing is taken for granted: what
has a wrong type is not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from toolkit.errors import LogQLError, Span
from toolkit.grafana.version import NEWEST, GrafanaVersion
from toolkit.lint.problem import Finding, JsonPath
from toolkit.lint.values import Json, dig, mapping, objects, string, strings
from toolkit.logql import ast
from toolkit.logql.parser import parse
from toolkit.logql.variables import MACROS, Reference, references, substitute

ALL = "$__all"
ANY_VALUE = ".+"
ASKING_NOTHING = frozenset(
    ["row", "text", "news", "dashlist", "alertlist", "annolist", "welcome", "gettingstarted"]
)
"""Kinds of panels that ask nothing, even where queries are left in their JSON."""
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`')
_NOT_OURS = frozenset(["-- Mixed --", "-- Dashboard --", "-- Grafana --", "__expr__", "grafana"])


def _nowhere(path: JsonPath) -> int:
    return 0


@dataclass(frozen=True)
class Board:
    """One dashboard. ``file`` is the file's name as given, ``line`` finds a path's line in it.

    ``version`` is the Grafana that it is meant for. ``key`` and ``folder`` are the data key and the
    folder annotations of the ConfigMap that holds it.
    """

    model: Json
    file: str = ""
    version: GrafanaVersion = NEWEST
    key: str = ""
    folder: str = ""
    line: Callable[[JsonPath], int] = field(default=_nowhere, repr=False, compare=False)

    @property
    def title(self) -> str:
        """The dashboard's title, empty if it has none."""
        return string(self.model.get("title"))

    @property
    def uid(self) -> str:
        """The dashboard's uid, empty if it has none."""
        return string(self.model.get("uid"))

    @cached_property
    def panels(self) -> tuple[Panel, ...]:
        """All panels, rows and what rows hide among them."""
        return tuple(self._panels())

    def _panels(self) -> Iterator[Panel]:
        for index, model in objects(self.model.get("panels")):
            yield Panel(self, model, ("panels", index))
            for inner, hidden in objects(model.get("panels")):
                yield Panel(self, hidden, ("panels", index, "panels", inner))
        # Rows as they were before Grafana 5; jsonnet libraries still write them.
        for index, row in objects(self.model.get("rows")):
            for inner, model in objects(row.get("panels")):
                yield Panel(self, model, ("rows", index, "panels", inner))

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The panels' queries to a Loki."""
        asking = (panel for panel in self.panels if panel.kind not in ASKING_NOTHING)
        return tuple(one for panel in asking for one in panel.targets if one.is_loki)

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """The template variables."""
        return tuple(
            Variable(one, ("templating", "list", index))
            for index, one in objects(dig(self.model, "templating", "list"))
        )

    def variable(self, name: str) -> Variable | None:
        """The template variable of that name."""
        return next((one for one in self.variables if one.name == name), None)

    def written_out(self, text: str) -> str:
        """``text`` with variables that stand outside of strings as they are at first.

        Such a variable may stand for anything, ``{$filter, job="x"}`` for a matcher.
        """
        outside = {one.name for one in references(_STRING.sub("", text))}
        held = {one.name: one.at_first for one in self.variables if one.name in outside}
        return substitute(text, {name: value for name, value in held.items() if value})

    def widest(self, text: str) -> str:
        """``text`` with each variable as it is when as little as possible is chosen.

        "All" where the variable has it, what a text box opens with, else any one value.
        """
        return substitute(text, {one.name: one.widest for one in self.variables})


@dataclass(frozen=True)
class Variable:
    """A template variable."""

    model: Json
    path: JsonPath

    @property
    def name(self) -> str:
        """Its name, without the dollar sign."""
        return string(self.model.get("name"))

    @property
    def kind(self) -> str:
        """``query``, ``custom``, ``datasource``, ``textbox`` and so on."""
        return string(self.model.get("type"))

    @property
    def several(self) -> bool:
        """Whether more than one value can be chosen at once."""
        return self.model.get("multi") is True or self.has_all

    @property
    def has_all(self) -> bool:
        """Whether "All" can be chosen."""
        return self.model.get("includeAll") is True

    @property
    def all_value(self) -> str:
        """What stands for "All" in queries; empty where that is the list of all values."""
        return string(self.model.get("allValue"))

    @property
    def current(self) -> list[str]:
        """What the dashboard opens with."""
        return strings(dig(self.model, "current", "value"))

    @property
    def at_first(self) -> str:
        """The one text that the dashboard opens with, else the first one to choose from."""
        first = "".join(self.current[:1])
        if first and first != ALL:
            return first
        return "" if self.kind == "query" else string(self.model.get("query")).split(",")[0]

    @property
    def widest(self) -> str:
        """What it puts into a query when as little as possible is chosen."""
        if self.has_all:
            return self.all_value or ANY_VALUE
        if self.kind in ("textbox", "constant"):
            return "".join(self.current[:1]) or string(self.model.get("query"))
        return ANY_VALUE

    def finding(self, summary: str, details: str = "", *more: str) -> Finding:
        """A remark on this variable, or on what it has under the keys ``more``."""
        return Finding(summary, details, (*self.path, *more))


@dataclass(frozen=True)
class Panel:
    """A panel or a row."""

    board: Board
    model: Json
    path: JsonPath

    @property
    def title(self) -> str:
        """Its title, empty if it has none."""
        return string(self.model.get("title"))

    @property
    def kind(self) -> str:
        """Its type: ``stat``, ``timeseries``, ``row`` and so on."""
        return string(self.model.get("type"))

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """All its queries, of whatever data source."""
        return tuple(
            Target(self, one, (*self.path, "targets", index))
            for index, one in objects(self.model.get("targets"))
        )

    @property
    def calcs(self) -> list[str]:
        """How values over time become one: the reducers of the panel and its transformations."""
        found = strings(dig(self.model, "options", "reduceOptions", "calcs"))
        if dig(self.model, "options", "reduceOptions", "values") is True:
            found = []
        legend = mapping(dig(self.model, "options", "legend"))
        if legend.get("showLegend") is not False and legend.get("displayMode") != "hidden":
            found += strings(legend.get("calcs"))
        for _, one in objects(self.model.get("transformations")):
            if one.get("id") == "reduce":
                found += strings(dig(one, "options", "reducers"))
            if one.get("id") == "groupBy":
                fields = mapping(dig(one, "options", "fields")).values()
                found += [calc for each in fields for calc in strings(dig(each, "aggregations"))]
        return found

    def finding(self, summary: str, details: str = "", *more: str | int) -> Finding:
        """A remark on this panel, or on what it has under the keys ``more``."""
        return Finding(summary, details, (*self.path, *more), self.title)


@dataclass(frozen=True)
class Target:
    """A panel's query."""

    panel: Panel
    model: Json
    path: JsonPath

    @cached_property
    def text(self) -> str:
        """The query as written.

        One that does not parse so, because variables stand for parts of it, is written out.
        """
        written = string(self.model.get("expr"))
        out = self.panel.board.written_out(written)
        return out if out != written and _is_wrong(written) and not _is_wrong(out) else written

    @property
    def datasource(self) -> object:
        """Its own data source, else its panel's; None where none is named."""
        return self.model.get("datasource") or self.panel.model.get("datasource")

    @cached_property
    def is_loki(self) -> bool:
        """Whether it asks a Loki. Where that is not said, whether it parses as LogQL."""
        kind, name = string(dig(self.datasource, "type")), _named(self.datasource)
        if kind and kind != "datasource":
            return kind == "loki"
        if name in _NOT_OURS and name != "-- Mixed --":
            return False
        variables = {one.name: one for one in self.panel.board.variables}
        chosen = [variables[one.name] for one in references(name) if one.name in variables]
        if chosen and chosen[0].kind == "datasource":
            return chosen[0].model.get("query") == "loki"
        return "loki" in name.lower() or self.expr is not None

    @cached_property
    def parsed(self) -> ast.Expr | LogQLError:
        """The query's tree, or why it has none."""
        try:
            return parse(self.text)
        except LogQLError as error:
            return error

    @property
    def expr(self) -> ast.Expr | None:
        """The query's tree, None where it does not parse."""
        return None if isinstance(self.parsed, LogQLError) else self.parsed

    @property
    def metric(self) -> ast.MetricExpr | None:
        """The tree of a query for numbers, None for one for lines."""
        return None if isinstance(self.expr, ast.LogQuery) else self.expr

    @property
    def is_instant(self) -> bool:
        """Whether it asks for one moment; a query that does not say asks for a range."""
        kind = self.model.get("queryType")
        if kind in ("range", "instant"):
            return bool(kind == "instant")
        return self.model.get("instant") is True

    @property
    def step(self) -> str:
        """Its own step, empty where the panel's width and the time range decide."""
        return string(self.model.get("step"))

    @property
    def legend(self) -> str:
        """The names of its series, ``{{rule}}``."""
        return string(self.model.get("legendFormat"))

    @property
    def variables(self) -> list[Reference]:
        """The dashboard's variables in the query; Grafana's own and templates' ``$1`` are none."""
        found = references(self.text)
        return [one for one in found if not one.name.startswith("__") and not one.name.isdigit()]

    @property
    def macros(self) -> list[Reference]:
        """Grafana's macros for Loki in the query: ``$__auto`` and the like."""
        return [one for one in references(self.text) if one.name in MACROS]

    def finding(self, summary: str, details: str = "", span: Span | None = None) -> Finding:
        """A remark on this query, at ``span`` of its text."""
        place = (*self.path, "expr")
        return Finding(summary, details, place, self.panel.title, span, self.text)


def _is_wrong(text: str) -> bool:
    try:
        parse(text)
    except LogQLError:
        return True
    return False


def _named(reference: object) -> str:
    """The uid or, before Grafana 8.3, the name in a reference to a data source."""
    return string(dig(reference, "uid")) or string(reference)
