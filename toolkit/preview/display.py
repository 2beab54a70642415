"""One value as a panel shows it: its text in its unit, its colour, its place in its range.

Sources: grafana/grafana packages/grafana-data/src/field/displayProcessor.ts, scale.ts,
thresholds.ts, fieldColor.ts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from toolkit.grafana.version import GrafanaVersion
from toolkit.preview import colours
from toolkit.preview.colours import Colour
from toolkit.preview.frames import Field, Json, Value
from toolkit.preview.mappings import mapped
from toolkit.preview.moments import ISO, Clock
from toolkit.preview.units import fixed, write

_MAPPINGS = GrafanaVersion(8, 0)
"""Grafana 7.5 has mappings of another form."""
_MILLISECONDS = GrafanaVersion(8, 0)
_MINUTE = 60_000
_TIME_UNITS = ("dateTime", "time:")
FALLBACK = Colour("#808080", "#808080")


@dataclass(frozen=True, slots=True)
class Shown:
    """A value on a panel. ``number`` is NaN for what is none; ``share`` is its place in its range.

    ``mapped`` says that a value mapping gave the colour.
    """

    text: str
    prefix: str
    suffix: str
    number: float
    colour: Colour
    share: float
    mapped: bool = False

    def __str__(self) -> str:
        return f"{self.prefix}{self.text}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Display:
    """How values are shown: by which Grafana, at what time."""

    version: GrafanaVersion
    clock: Clock

    def show(self, field: Field, value: Value, *, index: int | None = None) -> Shown:
        """``value`` as the field shows it; ``index`` is its palette place, if not the field's."""
        config = field.config
        place = field.index if index is None else index
        unit = str(config.get("unit") or "")
        is_time = unit.startswith(_TIME_UNITS)
        if field.kind == "time" and not is_time:
            unit = self._time_unit(field)
        elif not unit and field.kind == "string":
            unit = "string"
        number = math.nan if unit == "string" else number_of(value)
        result: Json = {}
        if self.version >= _MAPPINGS:
            result = mapped(value, config.get("mappings") or []) or {}
        text, prefix, suffix = result.get("text"), "", ""
        if not math.isnan(number) and text is None and not isinstance(value, bool):
            written = write(number, unit, config.get("decimals"), self.clock)
            text, prefix, suffix = written.text, written.prefix, written.suffix
        if text is None:
            text = _plain(value) or str(config.get("noValue") or "")
        share = _share(field, number)
        colour = (
            colours.named(str(result["color"]))
            if result.get("color")
            else self.colour(field, number, share, place)
        )
        return Shown(str(text), prefix, suffix, number, colour, share, bool(result.get("color")))

    def _time_unit(self, field: Field) -> str:
        """Times within a minute are told apart by their milliseconds, but not in Grafana 7.5."""
        if self.version >= _MILLISECONDS and len(field.values) > 1:
            first, last = number_of(field.values[0]), number_of(field.values[-1])
            if abs(last - first) < _MINUTE:
                return f"time:{ISO}.SSS"
        return "dateTimeAsSystem"

    def colour(self, field: Field, number: float, share: float, index: int) -> Colour:
        """The colour of a value (NaN: of none) by the field's colour mode."""
        settings = field.config.get("color") or {}
        mode = settings.get("mode") or "thresholds"
        if mode in ("fixed", "shades", "gradient"):
            return colours.named(str(settings.get("fixedColor") or FALLBACK.dark))
        if mode.startswith("palette-"):
            return colours.of_palette(index)
        if mode in colours.CONTINUOUS:
            return colours.between(colours.CONTINUOUS[mode], share)
        return threshold(field.config, number, share)


def threshold(config: Json, number: float, share: float) -> Colour:
    """The colour of the highest threshold that is reached; the lowest one's without a number."""
    thresholds = config.get("thresholds") or {}
    steps = thresholds.get("steps") or []
    if not steps:
        return FALLBACK
    size = share * 100 if thresholds.get("mode") == "percentage" else number
    active = steps[0]
    for step in steps[1:]:
        if not (math.isnan(size) or size < (step.get("value") or 0)):
            active = step
        else:
            break
    return colours.named(str(active["color"]))


def number_of(value: Value) -> float:
    """The value as a number; NaN for what is none, such as a text with letters."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return float(value)
    if not value:
        return math.nan
    try:
        return float(value)
    except ValueError:
        return math.nan


def _plain(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    number = float(value)
    return fixed(number) if math.isnan(number) or number.is_integer() else str(value)


def _share(field: Field, number: float) -> float:
    """The number's place between the least and the highest value, not limited to 0 and 1."""
    low, high = field.range or (0.0, 100.0)
    if math.isnan(number) or high == low:
        return 0.0
    return (number - low) / (high - low)
