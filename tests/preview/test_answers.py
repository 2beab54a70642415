"""The data frames that Grafana makes of what Loki answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.answers import ask, instant_frames, range_frames
from toolkit.preview.asking import Question, Range
from toolkit.preview.frames import Frame
from toolkit.preview.intervals import SECOND, Steps, steps_of
from toolkit.results import Matrix, Sample, Scalar, Series, Vector
from toolkit.sources.base import SourceDescription

MINUTE = 60 * SECOND


def question(kind: Any = "range", legend: str = "", steps: Steps | None = None) -> Question:
    span = Range(30 * SECOND, 4 * MINUTE + SECOND)
    return Question(
        "A", "q", kind, legend, steps or steps_of(30 * SECOND, 4 * MINUTE, MINUTE), span
    )


def series(labels: dict[str, str], *points: tuple[int, float]) -> Series:
    times = np.array([minute * MINUTE for minute, _ in points], dtype=np.int64)
    return Series(labels, times, np.array([value for _, value in points]))


class Answering:
    """A source that always has the same matrix."""

    def __init__(self, *found: Series) -> None:
        self.matrix = Matrix(found)

    def describe(self) -> SourceDescription:
        return SourceDescription("recorded", "a test")

    def query_range(self, query: str, *, start: int, end: int, step: int) -> Matrix:
        return self.matrix

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"nobody asks for {name}")


def column(frame: Frame, name: str) -> list[Any]:
    return list(next(field for field in frame.fields if field.name == name).values)


def test_a_series_is_a_frame_named_by_its_legend() -> None:
    (frame,) = range_frames(
        Matrix([series({"rule": "r", "node": ""}, (1, 2.0))]),
        question(legend="{{rule}} on {{ node }}{{other}}"),
    )
    assert column(frame, "Time") == [60_000]
    assert column(frame, "Value") == [2.0]
    assert frame.fields[0].config == {"interval": 60_000}
    assert frame.fields[1].config == {"displayNameFromDS": "r on "}


def test_without_a_legend_a_series_is_named_by_all_its_labels() -> None:
    (frame,) = range_frames(Matrix([series({"b": 'say "x"', "a": "1"}, (1, 2.0))]), question())
    assert frame.fields[1].config["displayNameFromDS"] == '{a="1", b="say \\"x\\""}'


def test_series_met_on_the_last_day_stand_first() -> None:
    """Grafana asks for the last day first and appends what earlier days have besides."""
    steps = Steps(0, 4 * MINUTE, MINUTE, parts=(2 * MINUTE,))
    found = Matrix([series({"n": "early"}, (0, 1.0)), series({"n": "late"}, (3, 1.0))])
    frames = range_frames(found, question(legend="{{n}}", steps=steps))
    assert [one.fields[1].config["displayNameFromDS"] for one in frames] == ["late", "early"]


def test_a_vector_is_a_table_with_a_column_for_each_label_and_no_frame_without_samples() -> None:
    vector = Vector(5, [Sample({"node": "w1", "rule": "r"}, 3.0), Sample({"rule": "s"}, 4.0)])
    (frame,) = instant_frames(vector, question("instant"))
    assert [field.name for field in frame.fields] == ["Time", "node", "rule", "Value #A"]
    assert column(frame, "node") == ["w1", ""]
    assert column(frame, "Value #A") == [3.0, 4.0]
    assert instant_frames(Vector(5, []), question("instant")) == []


def test_a_scalar_is_a_table_of_one_number() -> None:
    (frame,) = instant_frames(Scalar(5, 1.5), question("instant"))
    assert [field.name for field in frame.fields] == ["Time", "Value #A"]
    assert column(frame, "Value #A") == [1.5]


def test_before_grafana_9_steps_without_a_sample_are_nulls() -> None:
    """Counted from where the range begins (0:30) up to the first sample, then by steps."""
    source = Answering(series({"rule": "r"}, (2, 5.0), (4, float("nan"))))
    (frame,) = ask(question(legend="{{rule}}"), source, GrafanaVersion(7, 5))
    assert column(frame, "Time") == [30_000, 90_000, 120_000, 180_000, 240_000]
    assert column(frame, "Value") == [None, None, 5.0, None, None]
    assert frame.name == "r"


def test_before_grafana_9_a_label_that_is_missing_is_shown_by_its_own_name() -> None:
    source = Answering(series({"rule": "r"}, (2, 5.0)))
    (frame,) = ask(question(legend="{{rule}} on {{hostname}}"), source, GrafanaVersion(7, 5))
    assert frame.name == "r on hostname"
    (frame,) = ask(question(), source, GrafanaVersion(7, 5))
    assert frame.name == '{rule="r"}'
