"""One colour for each priority and one order, wherever priorities are drawn.

The order is Falco's (:mod:`toolkit.falco.priority`). The colours are fixed values, not names of
Grafana's palette, so that reports and previews show the same ones; each is legible on Grafana's
light and on its dark background.
"""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.falco.priority import MOST_URGENT_FIRST, Priority

PRIORITY_COLOURS: Mapping[Priority, str] = {
    Priority.EMERGENCY: "#8E24AA",
    Priority.ALERT: "#D81B60",
    Priority.CRITICAL: "#E02F44",
    Priority.ERROR: "#F2660D",
    Priority.WARNING: "#E0A800",
    Priority.NOTICE: "#3274D9",
    Priority.INFORMATIONAL: "#37A35B",
    Priority.DEBUG: "#7B8794",
}

PRIORITY_NAMES: tuple[str, ...] = tuple(priority.label for priority in MOST_URGENT_FIRST)
"""``Emergency`` to ``Debug``: the order of selections, bars and rows."""

QUIET = "#37A35B"
"""Nothing to do."""
NOTICEABLE = "#E0A800"
"""Worth a look."""
SERIOUS = "#E02F44"
"""Somebody should act."""
NEUTRAL = "#3274D9"
"""A count that is neither good nor bad."""


def colour_by_name(name: str) -> str | None:
    """The colour of the priority of that name, in any case; None for any other word."""
    priority = Priority.parse(name)
    return None if priority is None else PRIORITY_COLOURS[priority]
