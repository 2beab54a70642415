"""Reads the samples of log ranges from a snapshot, the fastest way that gives the exact answer."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.engine.columnar.plan import plan, prefilter
from toolkit.engine.columnar.read import narrowed, read
from toolkit.engine.deadline import Deadline
from toolkit.engine.extraction import Extraction, Samples
from toolkit.engine.rows import runner, samples
from toolkit.engine.store import Selection, Snapshot
from toolkit.engine.windows import Windows


@dataclass(frozen=True, slots=True)
class Reader:
    """One query's view of the store."""

    snapshot: Snapshot
    deadline: Deadline
    columnar: bool = True

    def samples(self, extraction: Extraction, windows: Windows) -> Samples:
        """The samples of a range aggregation in all of its windows, in order of time.

        Raises :class:`toolkit.errors.LogQLError` for a stage that is wrong and
        :class:`toolkit.engine.errors.QueryTimeout`.
        """
        run = runner(self.snapshot, extraction.pipeline())
        selection = self._selection(extraction, windows)
        if self.columnar:
            query = extraction.query
            unwrap = extraction.aggregation.log_range.unwrap
            found = plan(query, unwrap, extraction.hints())
            if found is not None:
                return read(found, selection, run, extraction, self.deadline)
            selection = narrowed(prefilter(query), selection, self.deadline)
        return samples(run.run(selection, self.deadline), selection, extraction)

    def _selection(self, extraction: Extraction, windows: Windows) -> Selection:
        matchers = extraction.aggregation.log_range.query.selector.matchers
        selection = self.snapshot.select(matchers, windows.start + 1, windows.end + 1)
        covered = windows.covered(selection.timestamps)
        if isinstance(covered, slice) or len(covered) == len(selection):
            return selection
        return selection.narrowed(covered)
