"""A folder for each period."""

from __future__ import annotations

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
