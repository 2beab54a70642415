"""Tables, log lines and texts.

Sources: grafana/grafana public/app/plugins/panel/table, logs, text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.answers import lines
from toolkit.preview.asking import Question
from toolkit.preview.display import Shown
from toolkit.preview.frames import Field, Frame, Json
from toolkit.preview.kinds import Panel
from toolkit.preview.model import (
    Align,
    Cell,
    Column,
    LogLine,
    LogsData,
    NoData,
    PanelError,
    TableData,
    TextData,
)
from toolkit.preview.naming import display_name
from toolkit.preview.scope import link_of
from toolkit.preview.templating import Variables
from toolkit.preview.transform.rows import sorted_rows
from toolkit.preview.values import no_value
from toolkit.sources.base import LokiSource

_NO_VALUE_OF_TABLES = GrafanaVersion(9, 0)
"""Before that an empty table said "No data", whatever the panel would have it say."""
_DISPLAY_MODES = {
    "color-background-solid": "color-background",
    "gradient-gauge": "gauge",
    "lcd-gauge": "gauge",
    "basic": "gauge",
}


def table_data(panel: Panel) -> TableData | NoData:
    """The rows of one frame, ordered as the panel orders them."""
    frames = [frame for frame in panel.frames if frame.fields]
    place = int(panel.option("frameIndex", default=0))
    if not frames or not any(len(frame) for frame in frames):
        if panel.display.version < _NO_VALUE_OF_TABLES:
            return NoData("No data")
        return NoData(str(no_value(panel.config, panel.display)))
    frame = frames[place] if place < len(frames) else frames[0]
    frame = frame.with_fields([one for one in frame.fields if not _hidden(one)])
    frame = _ordered(frame, frames, panel.option("sortBy", default=[]))
    columns = tuple(_column(one, frame, frames) for one in frame.fields)
    rows = tuple(
        tuple(_cell(one, frame, row, panel) for one in frame.fields) for row in range(len(frame))
    )
    return TableData(columns, rows)


def _hidden(field: Field) -> bool:
    custom = field.config.get("custom") or {}
    return bool(custom.get("hidden") or (custom.get("hideFrom") or {}).get("viz"))


def _ordered(frame: Frame, frames: Sequence[Frame], order: Sequence[Json]) -> Frame:
    for one in reversed(order):
        wanted = one.get("displayName")
        by = next((f for f in frame.fields if display_name(f, frame, frames) == wanted), None)
        if by is None:
            continue
        if by.kind != "string":
            # an empty cell counts as less than any number
            by = replace(by, values=[float("-inf") if v is None else v for v in by.values])
        frame = sorted_rows(frame, by, descending=bool(one.get("desc")))
    return frame


def _column(field: Field, frame: Frame, frames: Sequence[Frame]) -> Column:
    custom = field.config.get("custom") or {}
    style = str(
        (custom.get("cellOptions") or {}).get("type") or custom.get("displayMode") or "auto"
    )
    align = custom.get("align")
    numeric = field.kind == "number"
    chosen: Align = align if align in ("left", "right", "center") else _aligned(numeric)
    width = custom.get("width")
    return Column(
        display_name(field, frame, frames),
        chosen,
        _DISPLAY_MODES.get(style, style),
        int(width) if width else None,
        numeric,
    )


def _aligned(numeric: bool) -> Align:
    return "right" if numeric else "left"


def _cell(field: Field, frame: Frame, row: int, panel: Panel) -> Cell:
    value = field.values[row] if row < len(field.values) else None
    shown: Shown = panel.display.show(field, value)
    return Cell(value, shown, link_of(field, frame, row, value, panel.scope))


def logs_data(
    panel: Json, asked: Sequence[Question], source: LokiSource
) -> LogsData | NoData | PanelError:
    """The lines of all the panel's queries, the latest first unless the panel says otherwise."""
    found: list[LogLine] = []
    cut = False
    for question in asked:
        if question.kind != "lines":
            return PanelError("A logs panel needs a query that answers with lines.")
        streams = lines(question, source)
        cut = cut or len(streams) >= question.limit
        for stream in streams.streams:
            labels = tuple(sorted(stream.labels.items()))
            found += [LogLine(one.timestamp, one.line, labels) for one in stream.entries]
    options = panel.get("options") or {}
    if not found:
        defaults = (panel.get("fieldConfig") or {}).get("defaults") or {}
        return NoData(str(defaults.get("noValue") or "No data"))
    descending = options.get("sortOrder", "Descending") != "Ascending"
    found.sort(key=lambda line: -line.time if descending else line.time)
    return LogsData(
        tuple(found),
        wrap=bool(options.get("wrapLogMessage")),
        show_time=bool(options.get("showTime", True)),
        cut=cut,
    )


def text_data(panel: Json, variables: Variables) -> TextData:
    """The panel's own text; definitions of older panels have it beside the options."""
    options = panel.get("options") or {}
    content = options.get("content", panel.get("content")) or ""
    mode = options.get("mode", panel.get("mode")) or "markdown"
    return TextData(variables.in_text(str(content)), markdown=mode == "markdown")
