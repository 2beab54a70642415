"""Which lines the label filters of a query drop, told by the keys of its parsers.

For queries that need all labels of the lines that are left: log queries, and sums by every label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from toolkit.engine.columnar.plan import Plan, converts, has_template, leaves, plan
from toolkit.engine.columnar.read import surviving
from toolkit.engine.deadline import Deadline
from toolkit.engine.pipeline import Hints, compile_pipeline
from toolkit.engine.rows import RowRunner, runner
from toolkit.engine.store import Selection, Snapshot
from toolkit.logql.ast import LogQuery, Unwrap
from toolkit.logql.hoisting import LABEL_FILTERS

_LABELS_ALONE = Hints(no_labels=True)


@dataclass(frozen=True, slots=True)
class Drop:
    """The first stages of a query, up to a label filter: what they drop is gone."""

    plan: Plan
    run: RowRunner

    def left(self, selection: Selection, deadline: Deadline) -> Selection:
        """The lines that these stages let pass."""
        return surviving(self.plan, selection, self.run, deadline)


def drops(query: LogQuery, unwrap: Unwrap | None, snapshot: Snapshot) -> list[Drop]:
    """How a query drops lines by what parsers see; none where these have to see every line.

    For pipelines whose parsers extract all labels. The filters come one after another, as fewer
    labels at a time mean fewer keys, and fewer lines are left for the next.
    """
    found: dict[object, Drop] = {}
    for first in _beginnings(query, unwrap):
        one = plan(first, None, _LABELS_ALONE)
        if one is not None and one.parsers:
            found[one.names] = Drop(one, runner(snapshot, compile_pipeline(first)))
    return list(found.values())


def _beginnings(query: LogQuery, unwrap: Unwrap | None) -> Iterator[LogQuery]:
    """The query up to each of its label filters, but for those whose drops a later filter may undo
    by the error that it leaves behind."""
    stages = query.stages
    for end in range(1, len(stages) + 1):
        if any(map(has_template, stages[:end])):
            return
        rest = [*stages[end:], *(unwrap.filters if unwrap else ())]
        undone = any(converts(leaf) for stage in rest for leaf in leaves(stage))
        if isinstance(stages[end - 1], LABEL_FILTERS) and not undone:
            yield replace(query, stages=stages[:end])
