"""A folder for each period."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from toolkit.analysis.periods import Period, day, month, week
from toolkit.reports import archive


@pytest.mark.parametrize(
    ("period", "name"),
    [
        (week("2026-W46", "UTC"), "reports/2026-W46"),
        (day("2026-11-12", "UTC"), "reports/2026-11-12"),
        (month("2026-11", "UTC"), "reports/2026-11"),
    ],
)
def test_each_period_has_its_own_folder(period: Period, name: str) -> None:
    assert archive.folder(Path("reports/{period}"), period) == Path(name)
    assert archive.keeps(Path("reports/{period}"))


def test_a_plain_folder_holds_the_last_report() -> None:
    assert archive.folder(Path("report"), week("2026-W46", "UTC")) == Path("report")
    assert not archive.keeps(Path("report"))


def lay(top: Path, *names: str) -> Path:
    for name in names:
        (top / name).mkdir(parents=True)
    return top / "{period}"


def names(periods: Sequence[Period]) -> list[str]:
    return [period.name for period in periods]


def test_what_is_there_is_found_by_kind(tmp_path: Path) -> None:
    output = lay(tmp_path, "2026-W46", "2026-W45", "2026-11-12", "2026-11", ".2026-W47.part", "x")
    (tmp_path / "2026-W44").write_text("a file")
    assert names(archive.recorded(output, "week", "UTC")) == ["2026-W45", "2026-W46"]
    assert names(archive.recorded(output, "day", "UTC")) == ["2026-11-12"]
    assert names(archive.recorded(output, "month", "UTC")) == ["2026-11"]
    assert archive.recorded(tmp_path / "absent" / "{period}", "week", "UTC") == []


def test_the_period_may_stand_inside_of_a_name_and_above_another(tmp_path: Path) -> None:
    lay(tmp_path, "falco-2026-W46/html", "falco-2026-W47")
    output = tmp_path / "falco-{period}" / "html"
    assert archive.root(output) == tmp_path
    assert names(archive.recorded(output, "week", "UTC")) == ["2026-W46"]


def test_every_period_after_the_last_one_was_missed_the_oldest_first(tmp_path: Path) -> None:
    """2026 has 53 weeks."""
    output = lay(tmp_path, "2026-W50", "2026-W52")
    found, left_out = archive.missed(output, week("2027-W02", "UTC"), most=12)
    assert (names(found), left_out) == (["2026-W53", "2027-W01", "2027-W02"], [])
    found, left_out = archive.missed(output, week("2027-W02", "UTC"), most=2)
    assert (names(found), names(left_out)) == (["2027-W01", "2027-W02"], ["2026-W53"])


def test_nothing_was_missed_where_the_latest_is_there(tmp_path: Path) -> None:
    output = lay(tmp_path, "2026-W46")
    assert archive.missed(output, week("2026-W46", "UTC"), most=12) == ([], [])
    assert archive.missed(output, week("2026-W45", "UTC"), most=12) == ([], [])


def test_in_an_empty_archive_the_latest_is_missing(tmp_path: Path) -> None:
    found, _ = archive.missed(tmp_path / "{period}", week("2026-W46", "UTC"), most=12)
    assert names(found) == ["2026-W46"]


def test_a_folder_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    output, period = tmp_path / "{period}", week("2026-W46", "UTC")

    def killed(folder: Path) -> None:
        folder.mkdir()
        (folder / "report.html").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive.put(output, period, killed)
    assert archive.recorded(output, "week", "UTC") == []

    def whole(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "report.json").write_text("{}")

    made = archive.put(output, period, whole)
    assert [path.name for path in made.iterdir()] == ["report.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["2026-W46"]
    assert archive.put(output, period, whole) == made
