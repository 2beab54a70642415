"""Reports kept: a folder for each period below one folder, ``reports/2026-W46``."""

from __future__ import annotations

from pathlib import Path

from toolkit.analysis.periods import Period

PERIOD = "{period}"
"""What stands for the period's name in ``--output 'reports/{period}'``."""


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
