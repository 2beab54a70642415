"""Transformations, field options, calculations, units and intervals as Grafana's own library has
them: ``data/record.cjs`` asked @grafana/data 13.2.3 and 7.5.17, and each answer comes out here."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.display import Display
from toolkit.preview.fieldconfig import configured
from toolkit.preview.frames import Field, Frame
from toolkit.preview.intervals import calculate_interval, round_interval
from toolkit.preview.moments import Clock, from_now
from toolkit.preview.naming import display_name
from toolkit.preview.scope import Scope
from toolkit.preview.templating import Variables
from toolkit.preview.transform import transform
from toolkit.preview.units import write
from toolkit.preview.values import NamedValue, display_values, no_value

Json = dict[str, Any]

DATA = Path(__file__).parent / "data"
VERSIONS = {"13.2.3": GrafanaVersion(13, 2), "7.5.17": GrafanaVersion(7, 5)}
SCOPE = Scope(Variables({}, {}, {}), 0, 0)


@lru_cache
def cases() -> Json:
    found: Json = json.loads((DATA / "cases.json").read_text(encoding="utf-8"))
    return found


@lru_cache
def answers(version: str) -> Json:
    found: Json = json.loads((DATA / f"grafana-{version}.json").read_text(encoding="utf-8"))
    return found


def clock() -> Clock:
    return Clock(cases()["now"])


def observed(case: Json, version: GrafanaVersion) -> Json:
    """What ``record.cjs`` writes down of Grafana, of this preview."""
    frames = [
        Frame(
            tuple(
                Field(f["name"], f["type"], f["values"], f.get("config") or {}, f.get("labels"))
                for f in frame["fields"]
            ),
            frame["refId"],
            frame.get("name", ""),
        )
        for frame in case["frames"]
    ]
    config = {"defaults": {}, "overrides": []} | case.get("fieldConfig", {})
    made = transform(frames, case.get("transformations", []), version)
    data = configured(made, config, version, str)
    display = Display(version, clock())
    seen: Json = {
        "frames": [
            [
                {
                    "name": display_name(field, frame, data),
                    "values": [_plain(value) for value in field.values],
                    "shown": [str(display.show(field, value)) for value in field.values],
                    "colours": [_dark(display.show(field, value)) for value in field.values],
                }
                for field in frame.fields
            ]
            for frame in data
        ]
    }
    if "reduceOptions" in case:
        values = display_values(data, case["reduceOptions"], config, display, SCOPE)
        shown = values or [NamedValue("", no_value(config, display))]
        seen["values"] = [
            {"title": one.name, "text": str(one.shown), "colour": _dark(one.shown)} for one in shown
        ]
    return seen


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _dark(shown: Any) -> str:
    return str(shown.colour.dark).lower()


def pairs() -> list[tuple[str, str]]:
    return [(version, name) for version in VERSIONS for name in answers(version)["recorded"]]


@pytest.mark.parametrize(("version", "name"), pairs())
def test_frames_and_values_come_out_as_in_grafana(version: str, name: str) -> None:
    case = next(one for one in cases()["cases"] if one["name"] == name)
    assert observed(case, VERSIONS[version]) == answers(version)["recorded"][name]


def _written_otherwise(version: str, units: set[str] | None = None) -> list[tuple[Any, ...]]:
    return [
        (unit, number, decimals, expected, shown)
        for unit, number, decimals, expected in answers(version)["units"]
        if units is None or (unit in units and number >= 0 and decimals is None)
        if (shown := str(write(float(number), unit, decimals, clock()))) != expected
    ]


def test_numbers_are_written_as_grafana_13_writes_them() -> None:
    assert not _written_otherwise("13.2.3")


def test_counts_shares_and_times_are_written_as_grafana_7_writes_them_too() -> None:
    units = {"none", "short", "locale", "percent", "percentunit", "dateTimeAsIso", "events"}
    assert not _written_otherwise("7.5.17", units)


@pytest.mark.parametrize("version", VERSIONS)
def test_distances_in_time_are_told_as_moment_js_tells_them(version: str) -> None:
    now = cases()["now"]
    for distance, expected in answers(version)["ago"]:
        assert from_now(now - distance, clock()) == expected, distance


@pytest.mark.parametrize("version", VERSIONS)
def test_intervals_are_rounded_as_grafana_rounds_them(version: str) -> None:
    for interval, expected in answers(version)["rounded"]:
        if interval < 10 and version == "7.5.17":
            continue  # 10 ms in 7.5; no range is so short
        assert round_interval(interval) == expected, interval


@pytest.mark.parametrize("version", VERSIONS)
def test_an_interval_follows_from_range_points_and_lowest_interval(version: str) -> None:
    for range_ms, points, lowest, expected in answers(version)["calculated"]:
        assert calculate_interval(range_ms, points, lowest) == expected, (range_ms, points, lowest)
