"""Reports kept: a folder for each period below one folder, ``reports/2026-W46``."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from toolkit.analysis import periods
from toolkit.analysis.periods import Kind, Period
from toolkit.errors import SettingsError

PERIOD = "{period}"
"""What stands for the period's name in ``--output 'reports/{period}'``."""

_READERS: dict[Kind, Callable[[str, str], Period]] = {
    "week": periods.week,
    "day": periods.day,
    "month": periods.month,
}


def folder(output: Path, period: Period) -> Path:
    """The folder of a period's report: ``output`` with ``{period}`` filled in.

    The names of weeks, days and months differ in shape, so that all three may live side by side;
    ``reports/{period}`` becomes ``reports/2026-W46``. Without ``{period}`` it is ``output`` itself,
    and each report takes the place of the one before.
    """
    return Path(str(output).replace(PERIOD, period.name))


def keeps(output: Path) -> bool:
    """Whether every period has a folder of its own."""
    return PERIOD in str(output)


def root(output: Path) -> Path:
    """The folder that holds all periods: what of ``output`` stands before ``{period}``."""
    parts = output.parts
    before = next((n for n, part in enumerate(parts) if PERIOD in part), len(parts))
    return Path(*parts[:before])


def recorded(output: Path, kind: Kind, timezone: str) -> Sequence[Period]:
    """The periods of a kind whose folder is there, the oldest first.

    :func:`put` gives a folder its name when it is whole, so a run that was killed left none.
    """
    part = next((part for part in output.parts if PERIOD in part), None)
    top = root(output)
    if part is None or not top.is_dir():
        return []
    before, after = part.split(PERIOD, 1)
    pattern = re.compile(re.escape(before) + r"(?P<period>[0-9W-]+)" + re.escape(after))
    found = []
    for entry in top.iterdir():
        match = pattern.fullmatch(entry.name)
        try:
            period = _READERS[kind](match["period"], timezone) if match else None
        except SettingsError:
            continue
        if period is not None and folder(output, period).is_dir():
            found.append(period)
    return sorted(found, key=lambda period: period.first)


def missed(output: Path, latest: Period, most: int) -> tuple[Sequence[Period], Sequence[Period]]:
    """The periods after the last one that is there, up to ``latest``, the oldest first.

    The newest ``most`` of them, and apart the older ones that this leaves out. Where none is there,
    ``latest`` alone is missing: nobody can say when reports were to begin.
    """
    done = recorded(output, latest.kind, latest.timezone)
    if not done:
        return [latest], []
    found: list[Period] = []
    period = latest
    while period.first > done[-1].first:
        found.append(period)
        period = period.previous()
    found.reverse()
    cut = max(0, len(found) - most)
    return found[cut:], found[:cut]


def put(output: Path, period: Period, write: Callable[[Path], object]) -> Path:
    """Lets ``write`` fill the period's folder, which has its name only when it is whole.

    A folder that is there already is written into, file by file: nobody finds it gone. Returns the
    folder. Raises ``OSError``.
    """
    target = folder(output, period)
    if target.is_dir():
        write(target)
        return target
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    write(part)
    part.replace(target)
    return target
