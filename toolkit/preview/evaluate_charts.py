"""Time series, heat maps and state timelines.

Sources: grafana/grafana public/app/plugins/panel (timeseries, heatmap, state-timeline, and graph of
7.5), public/app/core/components/TimelineChart/utils.ts, and
public/app/features/transformers/calculateHeatmap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

from toolkit.preview import colours
from toolkit.preview.colours import Colour
from toolkit.preview.display import Shown, number_of, threshold
from toolkit.preview.frames import Field, Frame, Json, Value
from toolkit.preview.intervals import MILLISECOND
from toolkit.preview.kinds import Panel
from toolkit.preview.model import (
    HeatData,
    Line,
    NoData,
    SeriesData,
    Span,
    TimelineData,
)
from toolkit.preview.naming import display_name
from toolkit.preview.reducers import reduce
from toolkit.preview.units import write
from toolkit.preview.values import no_value

Style = Literal["bars", "line", "points"]


def series_data(panel: Panel) -> SeriesData | NoData:
    """A line or a row of bars for each field of numbers beside a time."""
    graph = panel.json.get("type") == "graph"
    lines = tuple(
        Line(
            display_name(field, frame, panel.frames),
            _graph_colour(panel, field, frame, at) if graph else _series_colour(panel, field),
            [float(time or 0) for time in times],
            [None if _is_gap(one) else number_of(one) for one in field.values],
        )
        for at, (field, frame, times) in enumerate(_series(panel.frames))
    )
    if not lines:
        return _nothing(panel)
    return _of_graph(panel, lines) if graph else _of_time_series(panel, lines)


def _of_time_series(panel: Panel, lines: tuple[Line, ...]) -> SeriesData:
    custom = panel.custom
    style = str(custom.get("drawStyle") or "line")
    defaults = panel.config.get("defaults") or {}
    return SeriesData(
        lines,
        panel.scope.start,
        panel.scope.end,
        panel.step // MILLISECOND,
        style=_style(style),
        stacked=(custom.get("stacking") or {}).get("mode") in ("normal", "percent"),
        unit=str(defaults.get("unit") or ""),
        decimals=defaults.get("decimals"),
        fill=float(custom.get("fillOpacity") or 0) / 100,
        bars_before=custom.get("barAlignment") == -1,
        stepped=str(custom.get("lineInterpolation") or "").startswith("step"),
    )


def _of_graph(panel: Panel, lines: tuple[Line, ...]) -> SeriesData:
    """The graph panel of Grafana 7.5, which keeps its settings beside the options."""
    axes = panel.json.get("yaxes") or [{}]
    return SeriesData(
        lines,
        panel.scope.start,
        panel.scope.end,
        panel.step // MILLISECOND,
        style="bars" if panel.json.get("bars") else "line",
        stacked=bool(panel.json.get("stack")),
        unit=str(axes[0].get("format") or ""),
        decimals=axes[0].get("decimals"),
        fill=float(panel.json.get("fill") or 0) / 10,
        stepped=bool(panel.json.get("steppedLine")),
    )


def _style(name: str) -> Style:
    return "bars" if name == "bars" else "points" if name == "points" else "line"


def _series(frames: Sequence[Frame]) -> Iterator[tuple[Field, Frame, Sequence[Value]]]:
    """Every field of numbers with its frame and the times beside it."""
    for frame in frames:
        times = next((one for one in frame.fields if one.kind == "time"), None)
        if times is not None:
            for one in frame.fields:
                if one.kind == "number":
                    yield one, frame, times.values


def _is_gap(value: Value) -> bool:
    return value is None or math.isnan(number_of(value))


def _series_colour(panel: Panel, field: Field) -> Colour:
    """By the field's colour mode; a mode that goes by values takes the last one."""
    last = reduce(field.values, "last", panel.display.version)
    return panel.display.show(field, last).colour


def _graph_colour(panel: Panel, field: Field, frame: Frame, at: int) -> Colour:
    chosen = (panel.json.get("aliasColors") or {}).get(display_name(field, frame, panel.frames))
    return colours.named(chosen) if chosen else colours.of_palette(at, colours.GRAPH_PALETTE)


def _nothing(panel: Panel) -> NoData:
    return NoData(str(no_value(panel.config, panel.display)))


# --- heat maps ------------------------------------------------------------------------------------


def heat_data(panel: Panel) -> HeatData | NoData:
    """A row for each series, a cell for each time at which any of them has a value.

    The first row is at the bottom, unless the axis is turned over.
    """
    series = list(_series(panel.frames))
    if not series:
        return _nothing(panel)
    if panel.option("yAxis", "reverse") or panel.json.get("reverseYBuckets"):
        series.reverse()
    times = sorted({number_of(time) for _, _, found in series for time in found})
    hidden = 0.0 if panel.json.get("hideZeroBuckets") else panel.option("filterValues", "le")
    lowest = -math.inf if hidden is None else float(hidden)
    rows: list[str] = []
    values: list[tuple[float | None, ...]] = []
    for field, frame, found in series:
        at = {number_of(t): v for t, v in zip(found, field.values, strict=True)}
        row = [None if _is_gap(at.get(time)) else number_of(at.get(time)) for time in times]
        rows.append(display_name(field, frame, panel.frames))
        values.append(tuple(None if v is None or v <= lowest else v for v in row))
    numbers = [one for row in values for one in row if one is not None]
    if not numbers:
        return _nothing(panel)
    settings = _heat_settings(panel)
    low = min(numbers) if settings.get("min") is None else float(settings["min"])
    high = max(numbers) if settings.get("max") is None else float(settings["max"])
    opacity = settings.get("mode") == "opacity"
    scale = _opacities(settings) if opacity else _scheme(settings)
    painted = tuple(
        tuple(
            None if one is None else scale[_cell_place(one, low, high, len(scale))] for one in row
        )
        for row in values
    )
    return HeatData(
        tuple(rows),
        tuple(times),
        panel.step // MILLISECOND,
        panel.scope.start,
        panel.scope.end,
        tuple(values),
        painted,
        scale,
        _written(panel, low),
        _written(panel, high),
    )


_STEPS = 64


def _heat_settings(panel: Panel) -> Json:
    """How cells are coloured; the Angular panel keeps that beside its options."""
    found: Json = panel.option("color", default=None) or panel.json.get("color") or {}
    return found


def _scheme(settings: Json) -> tuple[Colour, ...]:
    """From the least to the most; on a dark page a scheme runs from dark to light."""
    name = str(settings.get("scheme") or settings.get("colorScheme") or "Oranges")
    steps = int(settings.get("steps") or _STEPS)
    points = [
        colours.scheme(name.removeprefix("interpolate"), place / (steps - 1))
        for place in range(steps)
    ]
    if settings.get("reverse"):
        points.reverse()
    return tuple(Colour(dark, light) for dark, light in zip(reversed(points), points, strict=True))


def _opacities(settings: Json) -> tuple[Colour, ...]:
    """One colour, from clear to full, by a power of the place (``quantizeScheme`` in palettes.ts).

    Before Grafana 9.1 it is ``cardColor``, and the scale is not cut into steps.
    """
    fill = colours.named(str(settings.get("fill") or settings.get("cardColor") or "dark-orange"))
    curved = settings.get("scale", settings.get("colorScale")) in ("exponential", "sqrt")
    power = float(settings.get("exponent") or 0.5) if curved else 1.0
    steps = int(settings.get("steps") or 256)
    return tuple(fill.faded((place / (steps - 1)) ** power) for place in range(steps))


def _cell_place(value: float, low: float, high: float, steps: int) -> int:
    """The colour of a value; what is beyond the scale has its last one (``valuesToFills``)."""
    place = math.floor(steps * (value - low) / ((high - low) or 1.0))
    return min(max(place, 0), steps - 1)


def _written(panel: Panel, value: float) -> Shown:
    unit = str(panel.option("cellValues", "unit", default="short"))
    made = write(value, unit, None, panel.display.clock)
    return Shown(made.text, made.prefix, made.suffix, value, colours.named("text"), 0.0)


# --- state timelines ------------------------------------------------------------------------------


def timeline_data(panel: Panel) -> TimelineData | NoData:
    """A row for each series; a state lasts until the next value or the next missing one."""
    by_threshold = bool(panel.option("mergeValues", default=True))
    rows = tuple(
        (
            display_name(field, frame, panel.frames),
            tuple(_spans(panel, field, frame, times, by_threshold)),
        )
        for field, frame, times in _series(panel.frames)
    )
    if not rows:
        return _nothing(panel)
    states: dict[str, Colour] = {}
    for _, spans in rows:
        for span in spans:
            states.setdefault(str(span.shown), span.shown.colour)
    return TimelineData(rows, panel.scope.start, panel.scope.end, tuple(sorted(states.items())))


def _spans(
    panel: Panel, field: Field, frame: Frame, times: Sequence[Value], by_threshold: bool
) -> Iterator[Span]:
    step = panel.step // MILLISECOND
    current: Span | None = None
    for time, value in zip(times, field.values, strict=True):
        at = number_of(time)
        if _is_gap(value):
            continue
        shown = _state(panel, field, value) if by_threshold else panel.display.show(field, value)
        if current is not None and current.end >= at and str(current.shown) == str(shown):
            current = Span(current.start, at + step, current.shown)
            continue
        if current is not None:
            yield current
        current = Span(at, at + step, shown)
    if current is not None:
        yield current


def _state(panel: Panel, field: Field, value: Value) -> Shown:
    """The state of a value. Where colours go by thresholds the state is the threshold reached.

    Value mappings count for nothing then: ``mergeThresholdValues`` makes texts of the values before
    they are shown.
    """
    config = field.config
    steps = (config.get("thresholds") or {}).get("steps") or []
    if (config.get("color") or {}).get("mode") != "thresholds" or not steps:
        return panel.display.show(field, value)
    number = number_of(value)
    reached = max((at for at, step in enumerate(steps) if number >= _from(step)), default=0)
    edge = steps[min(reached + 1, len(steps) - 1)] if reached == 0 else steps[reached]
    unit = str(config.get("unit") or "")
    text = str(write(_from(edge), unit, config.get("decimals"), panel.display.clock))
    label = f"< {text}" if reached == 0 and len(steps) > 1 else f"{text}+"
    return Shown(label, "", "", number, threshold(config, number, 0.0), 0.0)


def _from(step: dict[str, float | None]) -> float:
    value = step.get("value")
    return -math.inf if value is None else float(value)
