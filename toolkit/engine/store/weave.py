"""Where parts overlap in time their rows are woven into one order; elsewhere they stand alone.

Segments of a store that is fed live overlap at their edges only. So the time axis is cut at the
edges, and just the stretches that more than one part has rows in are sorted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from toolkit.engine.store.model import Int64s
from toolkit.engine.store.selection import Run


@dataclass(frozen=True, slots=True)
class Window:
    """Rows of a part from the time ``first`` to the time ``last``, both inclusive."""

    run: Run
    first: int
    last: int

    @property
    def rows(self) -> slice:
        assert isinstance(self.run.rows, slice)
        return self.run.rows


def window(run: Run, start: int, end: int) -> Window | None:
    """The rows of a run of consecutive rows with ``start <= timestamp < end``; None for none."""
    assert isinstance(run.rows, slice)
    times = run.part.timestamps[run.rows]
    low, high = _first_at(times, start), _first_at(times, end)
    if low >= high:
        return None
    return Window(run.narrowed(slice(low, high)), int(times[low]), int(times[high - 1]))


def zones(windows: Sequence[Window]) -> list[list[Window]]:
    """The windows in stretches of time, ascending: alone, or together where they overlap."""
    result: list[list[Window]] = []
    for group in _overlapping(windows):
        result.extend([group] if len(group) == 1 else _cut(group))
    return result


def _overlapping(windows: Sequence[Window]) -> list[list[Window]]:
    groups: list[list[Window]] = []
    last = 0
    for each in sorted(windows, key=lambda one: (one.first, one.last)):
        if groups and each.first <= last:
            groups[-1].append(each)
            last = max(last, each.last)
        else:
            groups.append([each])
            last = each.last
    return groups


def _cut(group: Sequence[Window]) -> list[list[Window]]:
    """Windows that overlap, cut at each other's edges; neighbours of one kind joined again."""
    result: list[list[Window]] = []
    edges = sorted({edge for each in group for edge in (each.first, each.last + 1)})
    for start, end in pairwise(edges):
        here = [
            found
            for each in group
            if each.first < end
            and each.last >= start
            and (found := window(each.run, start, end)) is not None
        ]
        if not here:
            continue
        alike = bool(result) and (
            (len(here) > 1 and len(result[-1]) > 1)
            or (len(here) == len(result[-1]) == 1 and here[0].run.part is result[-1][0].run.part)
        )
        if alike:
            result[-1] = _joined([*result[-1], *here])
        else:
            result.append(here)
    return result


def _joined(windows: Sequence[Window]) -> list[Window]:
    """Windows with those that follow one another in one part made one."""
    result: dict[int, Window] = {}
    for each in windows:
        before = result.get(id(each.run.part))
        if before is None:
            result[id(each.run.part)] = each
        else:
            rows = slice(before.rows.start, each.rows.stop)
            run = Run(each.run.part, rows, each.run.base)
            result[id(each.run.part)] = Window(run, before.first, each.last)
    return list(result.values())


def _first_at(times: Int64s, bound: int) -> int:
    """Place of the first entry at or after ``bound``, which may lie outside 64 bits."""
    if len(times) == 0 or bound <= int(times[0]):
        return 0
    if bound > int(times[-1]):
        return len(times)
    return int(np.searchsorted(times, np.int64(bound), "left"))
