"""Samples read by a plan: one line of each key goes through the row pipeline, for all of them."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.engine.columnar.filters import Holds
from toolkit.engine.columnar.kept import KeptKeys, Parser
from toolkit.engine.columnar.keys import Keys
from toolkit.engine.columnar.plan import Plan
from toolkit.engine.columnar.texts import Mask, Texts
from toolkit.engine.deadline import Deadline
from toolkit.engine.extraction import Extraction, Samples, labelled
from toolkit.engine.pipeline import ResultLabels, Row
from toolkit.engine.points import Floats, Ints
from toolkit.engine.rows import RowRunner, samples
from toolkit.engine.store import Piece, Selection, Snapshot
from toolkit.engine.store.model import encode_lines

_BLOCK = 32_768  # lines looked at together: bounds memory, and is enough to keep cores busy
_DENSE = 8_000_000  # keys told apart by a table rather than by sorting
_WORKERS = min(4, os.cpu_count() or 1)
_KEPT = KeptKeys()


class Outcomes:
    """What the row pipeline said, for lines: the label set of the sample and its value.

    With ``by_line`` the values are those of streams, and it tells the stream of each line.
    """

    def __init__(self, lines: int) -> None:
        self.labels: list[ResultLabels] = []
        self._known: dict[ResultLabels, int] = {}
        self.series = np.full(lines, -1, np.int32)
        self.values = np.zeros(lines)
        self.by_line: NDArray[np.int32] | None = None

    def put(self, rows: Ints, row: Row | None) -> None:
        """The outcome of some lines; None where they are dropped."""
        if row is None:
            self.series[rows] = -1
            return
        number = self.number(row)
        self.series[rows] = number
        if row.value is not None:
            self.values[rows] = row.value

    def number(self, row: Row) -> int:
        """The number of a row's label set."""
        known = self._known.setdefault(row.labels, len(self.labels))
        if known == len(self.labels):
            self.labels.append(row.labels)
        return known


def read(
    plan: Plan, selection: Selection, run: RowRunner, extraction: Extraction, deadline: Deadline
) -> Samples:
    """The samples of a selection."""
    if plan.value is not None and len(selection) and selection.timestamps[0] < 0:
        return samples(run.run(selection, deadline), selection, extraction)
    if not plan.reads_lines and not _has_metadata(selection, run.snapshot):
        outcomes = _by_stream(plan, selection, run)
    else:
        outcomes = _by_line(plan, selection, run, deadline)
    if plan.value is not None and any(labels.error for labels in outcomes.labels):
        # a sample with an error keeps the label that its time has made
        return samples(run.run(selection, deadline), selection, extraction)
    series = outcomes.series
    rows: slice | Ints = slice(None)
    if len(series) and int(series.min()) < 0:
        rows = np.flatnonzero(series >= 0)
    values: Floats | None = None
    if extraction.takes_bytes:
        values = selection.line_lengths[rows].astype(np.float64)
    elif plan.value is not None:
        values = plan.value(selection.timestamps[rows])
    elif extraction.takes_values:
        values = outcomes.values if outcomes.by_line is None else outcomes.values[outcomes.by_line]
        values = values[rows]
    return labelled(selection.timestamps[rows], series[rows], values, outcomes.labels)


def _has_metadata(selection: Selection, snapshot: Snapshot) -> bool:
    return len(snapshot.metadata_sets) > 0 and bool((selection.metadata >= 0).any())


# --- labels alone ---------------------------------------------------------------------------------


def _by_stream(plan: Plan, selection: Selection, run: RowRunner) -> Outcomes:
    """Nothing looks at lines: every stream has one outcome."""
    streams = selection.streams
    of_stream = Outcomes(len(run.snapshot.streams))
    present = _present(run.snapshot, streams)
    classes: dict[Hashable, list[int]] = {}
    for stream, key in zip(present, _projected(plan, run.snapshot, present), strict=True):
        classes.setdefault(key, []).append(stream)
    for members in classes.values():
        row = run.one(members[0])
        if row is not None and row.labels.error:
            for stream in members:
                of_stream.put(np.array([stream]), run.one(stream))
        else:
            of_stream.put(np.array(members), row)
    of_stream.series, of_stream.by_line = of_stream.series[streams], streams
    return of_stream


def _present(snapshot: Snapshot, streams: NDArray[np.int32]) -> list[int]:
    """The streams that have a line, ascending."""
    used = np.zeros(len(snapshot.streams), np.bool_)
    used[streams] = True
    return np.flatnonzero(used).tolist()


def _projected(plan: Plan, snapshot: Snapshot, streams: Sequence[int]) -> Sequence[Hashable]:
    """What of each stream's labels an outcome may depend on."""
    names, infos = plan.names, snapshot.streams
    if names is None:
        return streams
    return [tuple([labels.get(n) for n in names]) for labels in [infos[s].labels for s in streams]]


# --- lines by their keys --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What was seen of a block: the lines that stay, those nobody is sure of, and the keys.

    ``rows`` and ``unsure`` are places in the selection; ``keys`` has for each parser the distinct
    keys and each line's place among them, in the order of ``rows``.
    """

    rows: Ints
    unsure: Ints
    keys: Sequence[tuple[Sequence[Hashable], Ints]]


def surviving(plan: Plan, selection: Selection, run: RowRunner, deadline: Deadline) -> Selection:
    """The lines of a selection that the pipeline lets pass."""
    if not len(selection):
        return selection
    outcomes = _by_line(plan, selection, run, deadline, told_apart=False)
    return selection.narrowed(np.flatnonzero(outcomes.series >= 0))


def _by_line(
    plan: Plan,
    selection: Selection,
    run: RowRunner,
    deadline: Deadline,
    *,
    told_apart: bool = True,
) -> Outcomes:
    """Unless they are to be ``told_apart``, samples with an error have any stream's labels."""
    seen = list(_blocks(plan, selection, deadline))
    rows = np.concatenate([part.rows for part in seen] or [np.empty(0, np.int64)])
    streams = selection.streams[rows]
    key, size = _classes(plan, run.snapshot, streams)
    if _has_metadata(selection, run.snapshot):
        metadata = selection.metadata[rows]
        width = len(run.snapshot.metadata_sets) + 1
        key, size = key * width + metadata + 1, size * width
    for number in range(len(plan.parsers)):
        codes, width = _joined([part.keys[number] for part in seen])
        key, size = key * width + codes, size * width

    outcomes = Outcomes(len(selection))
    failed = _settle(outcomes, rows, key, size, selection, run, deadline)
    if told_apart and plan.names is not None and failed.any():
        # a sample with an error keeps all labels of its stream
        key = key[failed] * len(run.snapshot.streams) + streams[failed]
        size *= len(run.snapshot.streams)
        _settle(outcomes, rows[failed], key, size, selection, run, deadline)
    unsure = np.concatenate([part.unsure for part in seen] or [np.empty(0, np.int64)])
    for place, row in run.run(selection.narrowed(unsure), deadline):
        outcomes.put(unsure[place : place + 1], row)
    return outcomes


def _classes(plan: Plan, snapshot: Snapshot, streams: NDArray[np.int32]) -> tuple[Ints, int]:
    """For each line the class of its stream: streams of one class differ in nothing that counts."""
    if plan.names is None:
        return streams.astype(np.int64), len(snapshot.streams)
    present = _present(snapshot, streams)
    known: dict[Hashable, int] = {}
    numbers = np.zeros(len(snapshot.streams), np.int64)
    numbers[present] = [
        known.setdefault(key, len(known)) for key in _projected(plan, snapshot, present)
    ]
    return numbers[streams], max(1, len(known))


def _settle(
    outcomes: Outcomes,
    rows: Ints,
    key: Ints,
    size: int,
    selection: Selection,
    run: RowRunner,
    deadline: Deadline,
) -> Mask:
    """Run one line of each key and give its outcome to all; which lines came out with an error."""
    inverse, firsts = _distinct(key, size)
    series = np.full(len(firsts), -1, np.int32)
    values = np.zeros(len(firsts))
    errors = np.zeros(len(firsts), np.bool_)
    order = np.argsort(rows[firsts])
    for place, row in run.run(selection.narrowed(rows[firsts][order]), deadline):
        at = order[place]
        series[at] = outcomes.number(row)
        errors[at] = bool(row.labels.error)
        if row.value is not None:
            values[at] = row.value
    outcomes.series[rows] = series[inverse]
    outcomes.values[rows] = values[inverse]
    return errors[inverse]


def _distinct(key: Ints, size: int) -> tuple[Ints, Ints]:
    """For each element the number of its key, and for each number where the key first stands."""
    if size > max(_DENSE, 2 * len(key)):
        _, firsts, inverse = np.unique(key, return_index=True, return_inverse=True)
        return inverse, firsts
    first = np.full(size, -1, np.int64)
    first[key[::-1]] = np.arange(len(key) - 1, -1, -1)
    present = np.flatnonzero(first >= 0)
    numbers = np.zeros(size, np.int64)
    numbers[present] = np.arange(len(present))
    return numbers[key], first[present]


def _joined(parts: Sequence[tuple[Sequence[Hashable], Ints]]) -> tuple[Ints, int]:
    """The keys of all blocks under one numbering, and how many there are."""
    known: dict[Hashable, int] = {}
    columns = [np.empty(0, np.int64)]
    numbered: dict[tuple[int, int], Ints] = {}  # blocks of one part may share their values
    for values, codes in parts:
        size = len(values)
        numbers = numbered.get((id(values), size))
        if numbers is None:
            places = [known.setdefault(value, len(known)) for value in values[:size]]
            numbers = numbered[id(values), size] = np.array(places, np.int64)
        columns.append(numbers[codes])
    return np.concatenate(columns), max(1, len(known))


def _blocks(plan: Plan, selection: Selection, deadline: Deadline) -> Iterator[_Seen]:
    """All blocks in order; Arrow lets go of the interpreter, so several are looked at at a time."""
    if not plan.reads_lines:
        yield _Seen(np.arange(len(selection)), np.empty(0, np.int64), ())
        return
    starts = range(0, len(selection), _BLOCK)

    def look(start: int) -> list[_Seen]:
        deadline.check()
        block = selection.narrowed(slice(start, start + _BLOCK))
        found = []
        for piece in block.pieces:
            found.append(_look(plan, piece, start))
            start += len(piece)
        return found

    if len(starts) == 1:
        yield from look(0)
        return
    with ThreadPoolExecutor(_WORKERS) as pool:
        for found in pool.map(look, starts):
            yield from found


def _look(plan: Plan, piece: Piece, start: int) -> _Seen:
    rows = np.arange(start, start + len(piece))
    doubtful = rows[:0]
    if plan.filters:
        stays, unsure = passing(plan.filters, _texts(piece))
        if unsure is not None:
            doubtful = rows[unsure]
            stays = stays & ~unsure
        if not stays.all():
            rows, piece = rows[stays], piece.narrowed(np.flatnonzero(stays))
    found = [_keys(parser, piece) for parser in plan.parsers]
    unsure = np.zeros(len(rows), np.bool_)
    for key in found:
        if key.unsure is not None:
            unsure |= key.unsure
    if unsure.any():
        doubtful = np.sort(np.concatenate([doubtful, rows[unsure]]))
        rows = rows[~unsure]
        return _Seen(rows, doubtful, [(key.values, key.codes[~unsure]) for key in found])
    return _Seen(rows, doubtful, [(key.values, key.codes) for key in found])


def _keys(parser: Parser, piece: Piece) -> Keys:
    if not len(piece):
        return parser.keys(_texts(piece))
    found = [_KEPT.keys(parser, run) for run in piece.runs]
    return found[0] if piece.order is None else _woven(found, piece.order)


def _woven(found: Sequence[Keys], order: Ints) -> Keys:
    """The keys of several runs as those of the piece that they are woven to."""
    values: list[Hashable] = []
    codes: list[Ints] = []
    for each in found:
        codes.append(each.codes + len(values))
        values.extend(each.values)
    unsure = [
        np.zeros(len(each.codes), np.bool_) if each.unsure is None else each.unsure
        for each in found
    ]
    return Keys(values, np.concatenate(codes)[order], np.concatenate(unsure)[order])


def _texts(piece: Piece) -> Texts:
    if not len(piece):
        return Texts(encode_lines([]))
    (lines,) = piece.lines()
    return Texts(lines)


def passing(filters: Sequence[Holds], texts: Texts) -> tuple[Mask, Mask | None]:
    """Which lines may pass the filters, and of which of them that is not sure."""
    stays = np.ones(len(texts), np.bool_)
    unsure: Mask | None = None
    for holds in filters:
        found, doubtful = holds(texts)
        if doubtful is not None:
            found = found | doubtful
            unsure = doubtful if unsure is None else unsure | doubtful
        stays &= found
    return stays, unsure & stays if unsure is not None else None


def narrowed(filters: Sequence[Holds], selection: Selection, deadline: Deadline) -> Selection:
    """The lines of a selection that may pass the filters."""
    if not filters or not len(selection):
        return selection
    stay = [
        np.concatenate([part.rows, part.unsure])
        for part in _blocks(Plan(filters, (), None), selection, deadline)
    ]
    return selection.narrowed(np.sort(np.concatenate(stay)))
