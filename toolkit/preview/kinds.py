"""What every kind of panel is evaluated from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.preview.display import Display
from toolkit.preview.frames import Frame, Json
from toolkit.preview.scope import Scope

_THRESHOLDS: Json = {
    "mode": "absolute",
    "steps": [{"value": None, "color": "green"}, {"value": 80, "color": "red"}],
}
_COLOUR_MODES = {
    "barchart": "palette-classic",
    "piechart": "palette-classic",
    "state-timeline": "continuous-GrYlRd",
    "timeseries": "palette-classic",
}


def with_defaults(config: Json, kind: str) -> Json:
    """A panel's field configuration with what Grafana's panels of that type begin with.

    Source: ``fieldConfigDefaults`` of the panel plugins, and the standard options of
    ``getAllStandardFieldConfigs`` (grafana/grafana, checked in 7.5, 9.4 and 13).
    """
    defaults = {"thresholds": _THRESHOLDS, **(config.get("defaults") or {})}
    if kind in _COLOUR_MODES and not (defaults.get("color") or {}).get("mode"):
        defaults["color"] = {"mode": _COLOUR_MODES[kind]}
    return {"defaults": defaults, "overrides": config.get("overrides") or []}


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel's JSON, its field configuration, and its frames with that configuration put on.

    ``step`` is the shortest step (ns) of its range queries, 0 where it has none.
    """

    json: Json
    config: Json
    frames: list[Frame]
    display: Display
    scope: Scope
    step: int

    @property
    def options(self) -> Json:
        """The panel's options."""
        found: Json = self.json.get("options") or {}
        return found

    @property
    def custom(self) -> Json:
        """The defaults of the panel's own field options, such as how lines are drawn."""
        found: Json = (self.config.get("defaults") or {}).get("custom") or {}
        return found

    def option(self, *path: str, default: Any = None) -> Any:
        """An option by its path."""
        value: Any = self.options
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return default if value is None else value
