"""Time zones: the database, and what stands in where there is none."""

from __future__ import annotations

import zoneinfo

import pytest

from toolkit.engine.template.timeparse import parse_time
from toolkit.engine.template.zones import LOCAL, UTC, Period, load_location


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without /usr/share/zoneinfo: the tzdata package has to do."""
    monkeypatch.setattr(zoneinfo, "TZPATH", ())


def test_periods_of_a_zone_by_season() -> None:
    berlin = load_location("Europe/Berlin")
    assert berlin.at(1_700_000_000) == Period("CET", 3600, False)
    assert berlin.at(1_720_000_000) == Period("CEST", 7200, True)


def test_years_python_does_not_know_repeat_every_400() -> None:
    berlin = load_location("Europe/Berlin")
    cycle = 146097 * 86400
    assert berlin.at(1_720_000_000 + 30 * cycle) == Period("CEST", 7200, True)
    assert berlin.at(-(1 << 60)).name == "LMT"


@pytest.mark.parametrize("name", ["", "UTC", "Nope/Zone", "../x", "/etc/passwd", "America", "a\0b"])
def test_a_zone_that_is_not_there_is_utc(name: str) -> None:
    assert load_location(name) is UTC


def test_local_is_utc_under_its_own_name() -> None:
    assert str(load_location("Local")) == "Local"
    assert LOCAL.at(0) == Period("UTC", 0)


@pytest.mark.usefixtures("no_database")
def test_abbreviations_are_found_in_the_tzdata_package() -> None:
    chicago = load_location("America/Chicago")
    time = parse_time("2006-01-02 15:04 MST", "2024-07-01 12:00 CDT", chicago)
    assert time is not None
    # 12:00 CDT is 17:00 UTC
    assert (time.unix, time.location) == (1_719_853_200, chicago)
