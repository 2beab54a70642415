"""What parsers saw of lines, kept from one query to the next.

Parts of a store never change, and so neither does what a parser sees of their lines. Dashboards and
reports ask for the same few fields again and again, over windows that overlap.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from toolkit.engine.columnar.keys import Codes, Keys, KeysOf
from toolkit.engine.columnar.texts import Texts
from toolkit.engine.store import Run
from toolkit.engine.store.parts import Part

LIMIT = 64 << 20
"""Bytes that all columns may need together, two for each line of a part."""
DISTINCT = 4096
"""Values of a column, which fit 16 bits; where there are more, nearly every line has its own."""

_UNKNOWN, _UNSURE = -1, -2


@dataclass(frozen=True, slots=True)
class Parser:
    """A parser's keys, and what tells it from other parsers."""

    name: Hashable
    keys: KeysOf


@dataclass(slots=True, eq=False)
class _Column:
    """For each line of a part the place of its key in ``values``. ``full``: there are too many."""

    codes: NDArray[np.int16]
    values: list[Hashable] = field(default_factory=list)
    numbers: dict[Hashable, int] = field(default_factory=dict)
    full: bool = False
    used: int = 0

    def add(self, values: Sequence[Hashable]) -> Codes | None:
        """The places of some values, None where they are too many by now."""
        for value in values:
            if value not in self.numbers:
                self.numbers[value] = len(self.values)
                self.values.append(value)
        if len(self.values) > DISTINCT:
            self.codes, self.numbers, self.full = self.codes[:0], {}, True
            return None
        return np.array([self.numbers[value] for value in values], np.int64)


class KeptKeys:
    """The columns of all parts that are in use; those not asked for the longest time go first."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._clock = count()
        self._parts: weakref.WeakKeyDictionary[Part, dict[Hashable, _Column]]
        self._parts = weakref.WeakKeyDictionary()

    def keys(self, parser: Parser, run: Run) -> Keys:
        """The parser's keys of the lines of a run."""
        with self._lock:
            column = self._column(run.part, parser.name)
            if column.full:
                return parser.keys(Texts(run.part.lines(run.rows)))
            codes = column.codes[run.rows].astype(np.int64)
        missing = np.flatnonzero(codes == _UNKNOWN)
        if len(missing):
            some = run if len(missing) == len(run) else run.narrowed(missing)
            found = parser.keys(Texts(run.part.lines(some.rows)))
            with self._lock:
                numbers = None if column.full else column.add(found.values)
                if numbers is not None:
                    fresh = numbers[found.codes]
                    if found.unsure is not None:
                        fresh[found.unsure] = _UNSURE
                    column.codes[some.rows] = fresh
                    codes[missing] = fresh
            if numbers is None:
                return found if some is run else parser.keys(Texts(run.part.lines(run.rows)))
        unsure = codes == _UNSURE
        if not unsure.any():
            return Keys(column.values, codes)
        codes[unsure] = 0
        return Keys(column.values, codes, unsure)

    def _column(self, part: Part, name: Hashable) -> _Column:
        columns = self._parts.setdefault(part, {})
        column = columns.get(name)
        if column is None:
            self._make_room(2 * len(part))
            column = columns[name] = _Column(np.full(len(part), _UNKNOWN, np.int16))
        column.used = next(self._clock)
        return column

    def _make_room(self, size: int) -> None:
        there = [
            (column.used, column.codes.nbytes, columns, name)
            for columns in self._parts.values()
            for name, column in columns.items()
        ]
        total = sum(each[1] for each in there)
        for _, freed, columns, name in sorted(there, key=lambda each: each[0]):
            if total + size <= self._limit:
                return
            del columns[name]
            total -= freed
