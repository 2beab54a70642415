"""Panels that are right on each Grafana from 7.5 to 13.

Each is a value that says what is shown; ``build`` makes grafanalib's panel of it for one context,
and :mod:`toolkit.grafana.repair` puts right what grafanalib's own JSON gets wrong.
"""

from toolkit.grafana.panels.bars import BarGauge, PieChart
from toolkit.grafana.panels.base import Panel
from toolkit.grafana.panels.logs import Dialect, Logs, Text
from toolkit.grafana.panels.stat import Stat
from toolkit.grafana.panels.table import Column, Matrix, Table
from toolkit.grafana.panels.timeline import Heatmap, StateTimeline, state
from toolkit.grafana.panels.timeseries import TimeSeries

__all__ = [
    "BarGauge",
    "Column",
    "Dialect",
    "Heatmap",
    "Logs",
    "Matrix",
    "Panel",
    "PieChart",
    "Stat",
    "StateTimeline",
    "Table",
    "Text",
    "TimeSeries",
    "state",
]
