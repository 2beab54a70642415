"""Reads the samples of log ranges from a snapshot, the fastest way that gives the exact answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.engine.columnar.drops import drops
from toolkit.engine.columnar.plan import Plan, plan, prefilter
from toolkit.engine.columnar.read import narrowed, read
from toolkit.engine.deadline import Deadline
from toolkit.engine.extraction import Extraction, Samples
from toolkit.engine.processed import Processed
from toolkit.engine.rows import RowRunner, runner, samples
from toolkit.engine.store import Selection, Snapshot
from toolkit.engine.windows import Windows
from toolkit.logql.ast import Unwrap

_SAMPLE = 64  # lines that tell whether unwrapped values are many


@dataclass(frozen=True, slots=True)
class Reader:
    """One query's view of the store."""

    snapshot: Snapshot
    deadline: Deadline
    columnar: bool = True
    processed: Processed | None = None

    def samples(self, extraction: Extraction, windows: Windows) -> Samples:
        """The samples of a range aggregation in all of its windows, in order of time.

        Raises :class:`toolkit.errors.LogQLError` for a stage that is wrong and
        :class:`toolkit.engine.errors.QueryTimeout`.
        """
        run = runner(self.snapshot, extraction.pipeline())
        selection = self._selection(extraction, windows)
        if self.processed is not None:
            self.processed.add(selection)
        if self.columnar:
            query = extraction.query
            unwrap = extraction.aggregation.log_range.unwrap
            hints = extraction.hints()
            found = plan(query, unwrap, hints)
            if found is not None and not self._values_differ(found, unwrap, selection, run):
                return read(found, selection, run, extraction, self.deadline)
            selection = narrowed(prefilter(query), selection, self.deadline)
            for drop in drops(query, unwrap, self.snapshot) if hints.all_labels else ():
                selection = drop.left(selection, self.deadline)
        return samples(run.run(selection, self.deadline), selection, extraction)

    def _values_differ(
        self, found: Plan, unwrap: Unwrap | None, selection: Selection, run: RowRunner
    ) -> bool:
        """Whether nearly every line seems to have a value of its own and has to be looked at."""
        if unwrap is None or found.value is not None:
            return False
        some = selection.narrowed(np.arange(0, len(selection), 1 + len(selection) // _SAMPLE))
        values = [row.value for _, row in run.run(some, self.deadline)]
        return 4 * len(set(values)) > 3 * len(values) > _SAMPLE

    def _selection(self, extraction: Extraction, windows: Windows) -> Selection:
        matchers = extraction.aggregation.log_range.query.selector.matchers
        selection = self.snapshot.select(matchers, windows.start + 1, windows.end + 1)
        covered = windows.covered(selection.timestamps)
        if isinstance(covered, slice) or len(covered) == len(selection):
            return selection
        return selection.narrowed(covered)
