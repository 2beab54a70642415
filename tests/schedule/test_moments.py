"""When a report is due: cron's, systemd's and UTC's words for one moment."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import SettingsError
from toolkit.schedule.moments import DAYS, Moment, moment

ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati"]


@pytest.mark.parametrize(
    ("made", "cron", "calendar"),
    [
        (moment("weekly", "06:00", None, "UTC"), "0 6 * * 1", "Mon *-*-* 06:00:00 UTC"),
        (moment("weekly", "6:05", "sunday", "UTC"), "5 6 * * 0", "Sun *-*-* 06:05:00 UTC"),
        (moment("daily", "23:59", None, "UTC"), "59 23 * * *", "*-*-* 23:59:00 UTC"),
        (moment("monthly", "06:00", None, "UTC"), "0 6 1 * *", "*-*-01 06:00:00 UTC"),
        (moment("monthly", "06:00", "28", "UTC"), "0 6 28 * *", "*-*-28 06:00:00 UTC"),
    ],
)
def test_a_moment_in_the_words_of_cron_and_systemd(made: Moment, cron: str, calendar: str) -> None:
    assert (made.cron, made.calendar) == (cron, calendar)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("report", ["weekly", "daily", "monthly"])
def test_systemd_and_cron_mean_the_same_moment(report: str, zone: str) -> None:
    """systemd-analyze and croniter, neither of which knows the other."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    made = moment(report, "06:30", None, zone)  # type: ignore[arg-type]
    base = datetime(2026, 11, 28, 12, tzinfo=UTC)
    command = ["systemd-analyze", "calendar", f"--base-time={base:%Y-%m-%d %H:%M:%S} UTC"]
    text = subprocess.run(
        [*command, made.calendar], capture_output=True, text=True, check=True, env={"TZ": "UTC"}
    ).stdout
    line = next(line for line in text.splitlines() if "Next elapse" in line)
    stamp = line.split(": ", 1)[1].split()[1:3]
    elapse = datetime.fromisoformat(" ".join(stamp)).replace(tzinfo=UTC)
    local = base.astimezone(ZoneInfo(zone))
    assert croniter(made.cron, local).get_next(datetime).astimezone(UTC) == elapse


@given(
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    report=st.sampled_from(["weekly", "daily", "monthly"]),
    month=st.integers(1, 12),
)
def test_in_utc_it_is_never_earlier_and_at_most_a_day_late(
    zone: str, hour: int, report: str, month: int
) -> None:
    made = moment(report, f"{hour:02d}:00", None, zone)  # type: ignore[arg-type]
    base = datetime(2026, month, 10, 12, tzinfo=ZoneInfo(zone))
    due = croniter(made.cron, base).get_next(datetime).astimezone(UTC)
    late = croniter(made.cron_utc, due - timedelta(seconds=1)).get_next(datetime)
    assert timedelta(0) <= late - due <= timedelta(hours=25 if report == "monthly" else 1)


@pytest.mark.parametrize(
    ("report", "at", "day", "words"),
    [
        ("weekly", "24:00", None, "--at"),
        ("weekly", "6", None, "a time of day"),
        ("weekly", "06:00", "1", f"one of {', '.join(DAYS)}"),
        ("monthly", "06:00", "29", "a day from 1 to 28"),
        ("monthly", "06:00", "mon", "a day from 1 to 28"),
        ("daily", "06:00", "mon", "nothing with --report daily"),
    ],
)
def test_what_is_no_moment_is_refused(report: str, at: str, day: str | None, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        moment(report, at, day, "UTC")  # type: ignore[arg-type]
    assert words in caught.value.message
