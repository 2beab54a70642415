"""What a panel asks: a named query of the catalogue, and over which time.

Four kinds of question, because Grafana evaluates each differently:

- :func:`total` counts over the dashboard's whole time range. From Grafana 9 on it is one instant
  query over ``$__range``, which is exact. Grafana 7.5 has no ``$__range`` for Loki, so there it is
  a range query over ``$__interval`` whose points the panel adds up: exact for the time range
  widened to whole steps.
- :func:`trend` is a series of points over the time range; each point counts one step, so no event
  is missed between two points or counted twice.
- :func:`recent` is one value for a stated window before the end of the time range.
- :func:`latest` is the highest value within the time range, such as the time of the last event.
- :func:`distinct` is how many different label sets there were in the time range.
- :func:`lines` are log lines. They are always asked as a range query: Grafana 11 removed instant
  log queries (grafana/grafana#90137).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from toolkit.falco.mitre import Tactic
from toolkit.grafana.colours import PRIORITY_NAMES
from toolkit.grafana.version import GrafanaVersion
from toolkit.logql.ast import Matcher

Kind = Literal["total", "latest", "distinct", "trend", "recent", "lines"]
_META = re.compile(r"[\\.+*?()|\[\]{}^$]")
Parameter = str | int | float
Filters = tuple[str, ...] | None

# How a panel of Grafana 7.5 makes one value of a series of points.
_REDUCERS: Mapping[Kind, str] = {"total": "sum", "latest": "max", "distinct": "count"}


@dataclass(frozen=True, slots=True)
class Query:
    """A named query as a panel asks it. ``name`` is a query of the catalogue (queries/*.yaml).

    ``legend`` names the series: text with ``{{label}}`` in it, or the query's own where it is
    empty. ``where`` narrows the query further, by Falco's names of fields; ``parameters`` are the
    named query's own. ``filters`` are the fields whose variables narrow it, where not all do: a
    heartbeat has no security rule. ``series`` is the query whose series :func:`distinct` counts.
    ``named`` makes events without a label say so in the answer itself. ``lead`` is a field whose
    value stands before each line.
    """

    name: str
    kind: Kind
    legend: str = ""
    window: str = ""
    step: str | None = None
    where: tuple[Matcher, ...] = ()
    filters: Filters = None
    limit: int | None = None
    series: str = ""
    named: bool = False
    lead: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def narrowed(self, *where: Matcher) -> Query:
        """The same question about less."""
        return replace(self, where=(*self.where, *where))

    def narrowing(self, variables: Sequence[Matcher]) -> tuple[Matcher, ...]:
        """The conditions on its events: those of the dashboard's variables, and its own."""
        chosen = (one for one in variables if self.filters is None or one.name in self.filters)
        return (*chosen, *self.where)

    @property
    def log(self) -> bool:
        """Whether lines come back."""
        return self.kind == "lines"

    def instant(self, version: GrafanaVersion) -> bool:
        """Whether this Grafana asks it for one moment."""
        whole_range = self.kind in _REDUCERS and version.has("instant_totals")
        return self.kind == "recent" or whole_range

    def reducer(self, version: GrafanaVersion) -> str:
        """How the panel has to make one value of a series of points; empty where it has not to."""
        return "" if version.has("instant_totals") else _REDUCERS.get(self.kind, "")

    def asked_name(self, version: GrafanaVersion) -> str:
        """The named query that this Grafana asks."""
        return self.series if self.reducer(version) == "count" else self.name

    def range_text(self, version: GrafanaVersion) -> str:
        """What stands in the query's ``[ ]``."""
        if self.window:
            return self.window
        if self.instant(version):
            return "$__range"
        return "$__auto" if version.has("loki_auto") and self.kind == "trend" else "$__interval"


def total(
    name: str, *, legend: str = "", filters: Filters = None, **parameters: Parameter
) -> Query:
    """The count over the dashboard's time range, for each label set of the query."""
    return Query(name, "total", legend=legend, filters=filters, parameters=parameters)


def latest(name: str, *, legend: str = "", filters: Filters = None) -> Query:
    """The highest value in the dashboard's time range, for each label set of the query."""
    return Query(name, "latest", legend=legend, filters=filters)


def distinct(name: str, *, series: str, filters: Filters = None) -> Query:
    """How many label sets the query ``series`` has over the time range, as ``name`` counts them."""
    return Query(name, "distinct", series=series, filters=filters)


def trend(
    name: str, *, legend: str = "", step: str | None = None, filters: Filters = None
) -> Query:
    """A point for each step of the time range. ``step`` such as ``"1h"`` makes it a fixed one."""
    return Query(name, "trend", legend=legend, step=step, window=step or "", filters=filters)


def recent(
    name: str,
    window: str,
    *,
    legend: str = "",
    filters: Filters = None,
    **parameters: Parameter,
) -> Query:
    """One value over ``window`` (``"1h"``) up to the end of the time range."""
    return Query(name, "recent", legend, window, filters=filters, parameters=parameters)


def lines(name: str, *, limit: int = 500, filters: Filters = None, lead: str = "") -> Query:
    """At most ``limit`` log lines, the latest first, each after the field ``lead``, if any."""
    return Query(name, "lines", limit=limit, filters=filters, lead=lead)


def for_each_priority(query: Query) -> tuple[Query, ...]:
    """``query`` eight times, once for each priority in their order, and named by it.

    Loki hands out label sets in alphabetical order; only separate questions keep Falco's order, and
    a query that answers zero shows a priority without events in its place.
    """
    return tuple(
        replace(query, legend=name).narrowed(Matcher("priority", "=", name))
        for name in PRIORITY_NAMES
    )


def one_of(name: str, values: Iterable[str]) -> Matcher:
    """The field ``name`` is one of ``values``, whatever characters they hold."""
    values = list(values)
    if len(values) == 1:
        return Matcher(name, "=", values[0])
    return Matcher(name, "=~", "|".join(_META.sub(r"\\\g<0>", value) for value in values))


def has_field(name: str) -> Matcher:
    """The event has the field ``name``, whatever its value."""
    return Matcher(name, "!=", "")


def has_tactic(tactic: Tactic) -> Matcher:
    """The event's rule has a tag of that tactic of MITRE ATT&CK.

    Tags are joined by commas in Falcosidekick's label, and a JSON array in Falco's own line.
    """
    tag = f'mitre_{tactic.word}|{tactic.id}(-[^,"]*)?'
    return Matcher("tags", "=~", f'(.*[,"])?({tag})([,"].*)?')


def as_queries(queries: Query | Sequence[Query]) -> tuple[Query, ...]:
    """One query or several, as a tuple."""
    return (queries,) if isinstance(queries, Query) else tuple(queries)
