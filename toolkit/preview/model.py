"""What a panel shows, as values: the result of evaluating it and all that drawing needs.

Times are milliseconds since the epoch. Colours are pairs for the dark and the light theme.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from toolkit.preview.asking import Question
from toolkit.preview.colours import Colour
from toolkit.preview.display import Shown
from toolkit.preview.frames import Value
from toolkit.preview.values import NamedValue

Align = Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class StatData:
    """Big numbers. ``names`` says whether each stands under its name."""

    values: tuple[NamedValue, ...]
    names: bool
    background: bool


@dataclass(frozen=True, slots=True)
class BarsData:
    """A bar for each value on one scale. ``gauge`` are round ones."""

    values: tuple[NamedValue, ...]
    horizontal: bool
    gauge: bool = False


@dataclass(frozen=True, slots=True)
class PieData:
    """Slices of a whole. ``legend`` names what stands beside each name: ``value``, ``percent``."""

    slices: tuple[NamedValue, ...]
    donut: bool
    legend: tuple[str, ...]
    legend_right: bool

    @property
    def total(self) -> float:
        """All slices together."""
        return sum(one.value for one in self.slices if one.value > 0)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: its value, how it is shown, and where a click leads."""

    value: Value
    shown: Shown
    link: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. ``style`` is Grafana's kind of cell, ``width`` in pixels or None."""

    title: str
    align: Align
    style: str
    width: int | None
    numeric: bool


@dataclass(frozen=True, slots=True)
class TableData:
    """Rows of cells under columns, in the order in which they are shown.

    ``nothing`` is what stands where there is no row.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    nothing: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One series over time; None where it has no value. ``last`` and the like are its own."""

    name: str
    colour: Colour
    times: Sequence[float]
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class SeriesData:
    """Series over ``start`` to ``end``. ``step`` is the time (ms) from one value to the next."""

    lines: tuple[Line, ...]
    start: int
    end: int
    step: int
    style: Literal["bars", "line", "points"]
    stacked: bool
    unit: str
    decimals: int | None
    fill: float
    bars_before: bool = False
    """Whether a bar stands before its moment instead of around it."""
    stepped: bool = False


@dataclass(frozen=True, slots=True)
class HeatData:
    """A row for each series, a cell for each step; None in ``values`` and ``colours`` for empty."""

    rows: tuple[str, ...]
    times: tuple[float, ...]
    step: int
    start: int
    end: int
    values: tuple[tuple[float | None, ...], ...]
    colours: tuple[tuple[Colour | None, ...], ...]
    scale: tuple[Colour, ...]
    low: Shown
    high: Shown


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in one state."""

    start: float
    end: float
    shown: Shown


@dataclass(frozen=True, slots=True)
class TimelineData:
    """A row of states for each series; ``states`` are those that occur or are named."""

    rows: tuple[tuple[str, tuple[Span, ...]], ...]
    start: int
    end: int
    states: tuple[tuple[str, Colour], ...]


@dataclass(frozen=True, slots=True)
class LogLine:
    """A log line: its time in ns, its text, its labels."""

    time: int
    text: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LogsData:
    """Lines in the order in which they are shown; ``cut`` says that there are more."""

    lines: tuple[LogLine, ...]
    wrap: bool
    show_time: bool
    cut: bool


@dataclass(frozen=True, slots=True)
class TextData:
    """A text in Markdown or HTML."""

    content: str
    markdown: bool = True


@dataclass(frozen=True, slots=True)
class NoData:
    """A panel without an answer, and what it says then."""

    text: str


@dataclass(frozen=True, slots=True)
class PanelError:
    """A panel that cannot be shown, and why."""

    message: str


PanelData = (
    StatData
    | BarsData
    | PieData
    | TableData
    | SeriesData
    | HeatData
    | TimelineData
    | LogsData
    | TextData
    | NoData
    | PanelError
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the grid: columns of 24, rows of 30 px."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class EvaluatedPanel:
    """A panel with what it shows and what it asked for that. ``kind`` is Grafana's panel type."""

    id: int
    kind: str
    title: str
    description: str
    place: Place
    data: PanelData
    asked: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluatedRow:
    """Panels under a title; a row without a title holds those before the first row."""

    title: str
    collapsed: bool
    panels: tuple[EvaluatedPanel, ...]


@dataclass(frozen=True, slots=True)
class EvaluatedDashboard:
    """A dashboard with all that its panels show. ``variables`` are names, titles and choices."""

    uid: str
    title: str
    description: str
    variables: tuple[tuple[str, str, str], ...]
    rows: tuple[EvaluatedRow, ...]

    def panel(self, title: str) -> EvaluatedPanel:
        """The panel of that title. Raises KeyError where there is none."""
        for row in self.rows:
            for panel in row.panels:
                if panel.title == title:
                    return panel
        raise KeyError(title)
