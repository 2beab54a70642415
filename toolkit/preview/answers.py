"""Loki's answers as the data frames that Grafana makes of them.

Sources: grafana/grafana-loki-datasource pkg/loki/frame.go, src/backendResultTransformer.ts,
src/makeTableFrames.ts, src/mergeResponses.ts; before Grafana 9 grafana/grafana 7.5.5
public/app/plugins/datasource/loki/result_transformer.ts.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.asking import BACKEND, Question
from toolkit.preview.frames import TIME, VALUE, Field, Frame, Value
from toolkit.preview.intervals import MILLISECOND
from toolkit.results import Labels, Matrix, Sample, Scalar, Series, Streams, Vector
from toolkit.sources.base import LokiSource

_LABEL = re.compile(r"\{\{\s*(.+?)\s*\}\}")


def ask(question: Question, source: LokiSource, version: GrafanaVersion) -> list[Frame]:
    """The frames that answer one query. Raises what the source raises."""
    at = question.steps
    if question.kind == "lines":
        return lines_frames(lines(question, source), question)
    if question.kind == "instant":
        answer = source.query(question.expr, time=question.time)
        return instant_frames(answer, question)
    matrix = source.query_range(question.expr, start=at.start, end=at.end, step=at.step)
    if version < BACKEND:
        return [_series_before_9(one, question) for one in matrix.series]
    return range_frames(matrix, question)


def lines(question: Question, source: LokiSource) -> Streams:
    """The latest lines of a log query, as many as it asks for."""
    at = question.steps
    return source.query_log(question.expr, start=at.start, end=at.end, limit=question.limit)


# --- from Grafana 9 on ----------------------------------------------------------------------------


def range_frames(matrix: Matrix, question: Question) -> list[Frame]:
    """A frame of two fields for each series.

    Where Grafana asked for a day at a time, the latest first, series stand in the order in which
    they were met.
    """
    series = list(matrix.series)
    if question.steps.parts:
        series.sort(key=lambda one: -_part(one, question.steps.parts))
    return [_series_frame(one, question) for one in series]


def _part(series: Series, parts: Sequence[int]) -> int:
    """Which part the series' last sample lies in."""
    last = int(series.timestamps[-1])
    return sum(begin <= last for begin in parts)


def _series_frame(series: Series, question: Question) -> Frame:
    times = Field(
        TIME,
        "time",
        [int(time) // MILLISECOND for time in series.timestamps],
        {"interval": question.steps.step // MILLISECOND},
    )
    values = Field(
        VALUE,
        "number",
        [float(value) for value in series.values],
        {"displayNameFromDS": legend(series.labels, question.legend)},
        dict(series.labels),
    )
    return Frame((times, values), question.ref)


def instant_frames(answer: Vector | Scalar, question: Question) -> list[Frame]:
    """One table: the time, a column for each label, the value. No frame where nothing came back."""
    samples = [Sample({}, answer.value)] if isinstance(answer, Scalar) else answer.samples
    if not samples:
        return []
    names = sorted({name for one in samples for name in one.labels})
    time = question.time // MILLISECOND
    columns = [Field(TIME, "time", [time] * len(samples))]
    columns += [
        Field(name, "string", [one.labels.get(name, "") for one in samples]) for name in names
    ]
    values = [float(one.value) for one in samples]
    columns.append(Field(f"{VALUE} #{question.ref}", "number", values))
    return [Frame(tuple(columns), question.ref)]


def lines_frames(streams: Streams, question: Question) -> list[Frame]:
    """One frame of times and lines, for panels other than the logs panel."""
    found = [(entry.timestamp, entry.line) for one in streams.streams for entry in one.entries]
    if not found:
        return []
    found.sort(key=lambda pair: -pair[0])
    times: list[Value] = [time // MILLISECOND for time, _ in found]
    texts: list[Value] = [line for _, line in found]
    return [Frame((Field(TIME, "time", times), Field("Line", "string", texts)), question.ref)]


def legend(labels: Labels, pattern: str) -> str:
    """The series' name: the pattern with its labels put in, or all labels."""
    if not pattern:
        parts = sorted(
            f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items()
        )
        return "{" + ", ".join(parts) + "}"
    return _LABEL.sub(lambda match: labels.get(match[1].strip(), ""), pattern)


# --- before Grafana 9 -----------------------------------------------------------------------------


def _series_before_9(series: Series, question: Question) -> Frame:
    """A frame with a null at each step without a sample.

    The steps before the first sample are counted from where the range begins, not from a multiple
    of the step, as the data source did it.
    """
    step = question.steps.step / MILLISECOND
    end = question.span.end // MILLISECOND
    times: list[Value] = []
    values: list[Value] = []

    def fill(from_time: float, before: float) -> float:
        while from_time < before:
            times.append(from_time)
            values.append(None)
            from_time += step
        return from_time

    following: float = question.span.start // MILLISECOND
    for time, value in zip(series.timestamps.tolist(), series.values.tolist(), strict=True):
        fill(following, time // MILLISECOND)
        times.append(time // MILLISECOND)
        values.append(None if math.isnan(value) else value)
        following = time // MILLISECOND + step
    fill(following, end + 1)
    name = _legend_before_9(series.labels, question)
    config = {"displayNameFromDS": name}
    return Frame(
        (Field(TIME, "time", times), Field(VALUE, "number", values, config, dict(series.labels))),
        question.ref,
        name,
    )


def _legend_before_9(labels: Labels, question: Question) -> str:
    """A label that the series lacks was shown by its own name."""
    if not question.legend:
        return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"
    made = _LABEL.sub(lambda match: labels.get(match[1]) or match[1], question.legend)
    return made or question.expr
