"""What a panel asks Loki: its queries as its Grafana sends them.

Sources: grafana/grafana public/app/features/query/state/PanelQueryRunner.ts (interval and number of
points), grafana/grafana-loki-datasource pkg/loki/parse_query.go and src/querySplitting.ts; for
Grafana before 9 grafana/grafana 7.5.5 public/app/plugins/datasource/loki/datasource.ts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from toolkit.errors import DefinitionError, LogQLError
from toolkit.grafana.version import GrafanaVersion
from toolkit.logql.ast import LogQuery
from toolkit.logql.parser import parse
from toolkit.logql.variables import format_interval, macros
from toolkit.preview.frames import Json
from toolkit.preview.intervals import (
    MILLISECOND,
    SECOND,
    Steps,
    calculate_interval,
    next_second,
    query_step,
    query_step_before_9,
    splits,
    steps_by_day,
    steps_of,
)
from toolkit.preview.templating import Variables

BACKEND = GrafanaVersion(9, 0)
"""Since then Grafana's server asks Loki; before, the browser did, in its own way."""

DEFAULT_LINES = 1000
"""How many lines the data source asks for where the query does not say."""

_RESOLUTIONS = (1, 2, 3, 4, 5, 10)
Kind = Literal["range", "instant", "lines"]


@dataclass(frozen=True, slots=True)
class Range:
    """A time range in ns, a whole number of milliseconds as in Grafana."""

    start: int
    end: int

    @classmethod
    def of(cls, start: int, end: int) -> Range:
        """The range cut down to milliseconds. Raises :class:`DefinitionError` for an empty one."""
        made = cls(start // MILLISECOND * MILLISECOND, end // MILLISECOND * MILLISECOND)
        if made.end <= made.start:
            raise DefinitionError("the time range ends before it begins", path="")
        return made

    @property
    def milliseconds(self) -> int:
        """How long it is."""
        return (self.end - self.start) // MILLISECOND


@dataclass(frozen=True, slots=True)
class Question:
    """One query, ready to be sent.

    ``steps`` are the moments of a range query; a query for one moment has that one, a query for
    lines the ends of its range. ``span`` is the range that the data source asks for, before Loki's
    own alignment.
    """

    ref: str
    expr: str
    kind: Kind
    legend: str
    steps: Steps
    span: Range
    limit: int = DEFAULT_LINES

    @property
    def time(self) -> int:
        """The moment of an instant query."""
        return self.steps.end


def questions(
    panel: Json, variables: Variables, version: GrafanaVersion, span: Range, width: int
) -> list[Question]:
    """The panel's queries but for hidden ones; ``width`` is the panel's in pixels.

    Raises :class:`DefinitionError` for what the preview cannot ask, such as another data source.
    """
    for key in ("timeFrom", "timeShift"):
        if panel.get(key):
            raise DefinitionError(f"the preview does not know a panel's {key}", path="")
    targets = [one for one in panel.get("targets") or [] if not one.get("hide")]
    for target in targets:
        _check_source(target.get("datasource") or panel.get("datasource"))
    points = int(panel.get("maxDataPoints") or width)
    lowest = panel.get("interval")
    interval = calculate_interval(
        span.milliseconds, points, variables.in_text(str(lowest)) if lowest else None
    )
    asked = _asked if version >= BACKEND else _asked_before_9
    return [asked(one, interval, variables, version, span) for one in targets if one.get("expr")]


def _asked(
    target: Json, interval: int, variables: Variables, version: GrafanaVersion, span: Range
) -> Question:
    instant = _is_instant(target)
    resolution = target.get("resolution")
    step = query_step(
        interval,
        span.milliseconds,
        variables.in_text(str(target.get("step") or "")) if version.has("step") else None,
        int(resolution) if resolution in _RESOLUTIONS else 1,
    )
    known = macros(
        interval=interval * MILLISECOND, range=span.end - span.start, step=step, instant=instant
    )
    if not version.has("loki_auto"):
        del known["__auto"]
    expr = variables.in_query(str(target["expr"]), known)
    ref, legend = str(target.get("refId")), variables.in_text(str(target.get("legendFormat") or ""))
    if _asks_for_lines(expr):
        lines = int(target.get("maxLines") or DEFAULT_LINES)
        return Question(ref, expr, "lines", legend, _ends(span), span, lines)
    if instant:
        return Question(ref, expr, "instant", legend, _moment(span.end), span)
    # A query over the whole range is not asked in parts, for then $__range would be a part's.
    whole = "$__range" in str(target["expr"]) or "${__range" in str(target["expr"])
    steps = steps_of if whole or not splits(version) else steps_by_day
    return Question(ref, expr, "range", legend, steps(span.start, span.end, step), span)


def _asked_before_9(
    target: Json, interval: int, variables: Variables, version: GrafanaVersion, span: Range
) -> Question:
    step = query_step_before_9(interval, span.milliseconds)
    known = {
        "__interval": format_interval(interval * MILLISECOND),
        "__interval_ms": str(interval),
    }
    expr = variables.in_query(str(target["expr"]), known)
    ref, legend = str(target.get("refId")), variables.in_text(str(target.get("legendFormat") or ""))
    span = Range(span.start - span.start % SECOND, next_second(span.end))
    if _asks_for_lines(expr):
        lines = int(target.get("maxLines") or DEFAULT_LINES)
        return Question(ref, expr, "lines", legend, _ends(span), span, lines)
    if target.get("instant"):
        return Question(ref, expr, "instant", legend, _moment(span.end), span)
    return Question(ref, expr, "range", legend, steps_of(span.start, span.end, step), span)


def _is_instant(target: Json) -> bool:
    kind = target.get("queryType")
    if kind in ("range", "instant"):
        return bool(kind == "instant")
    return target.get("instant") is True


def _asks_for_lines(expr: str) -> bool:
    """Whether lines come back; False too for a query that is wrong, of which Loki will say so."""
    try:
        return isinstance(parse(expr), LogQuery)
    except LogQLError:
        return False


def _ends(span: Range) -> Steps:
    return Steps(span.start, span.end, span.end - span.start)


def _moment(at: int) -> Steps:
    return Steps(at, at, MILLISECOND)


def _check_source(reference: object) -> None:
    kind = reference.get("type") if isinstance(reference, dict) else None
    if kind not in (None, "loki"):
        raise DefinitionError(f"this panel asks {kind}; the preview has Loki only", path="")
