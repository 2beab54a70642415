"""Named queries asked of a source for a report, with a note of each, answered or not.

What the report stands on is asked straight, and an error ends it. Everything else is a part
(:meth:`Asker.part`): where the labels lack a field or the source refuses, the part is
:class:`Unanswered` and says why, and the rest of the report is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pandas as pd

from toolkit.analysis.counts import counts
from toolkit.analysis.periods import Period
from toolkit.catalog import Catalog
from toolkit.errors import LogQLError, SourceError, SourceUnavailable, ToolkitError
from toolkit.falco.labels import LabelSchema
from toolkit.logql.ast import Matcher
from toolkit.logql.durations import format_prometheus
from toolkit.reports.data import Asked
from toolkit.reports.findings import Unanswered
from toolkit.results import Matrix, Sample, Streams, Vector
from toolkit.sources.base import LokiSource
from toolkit.sources.bylabel import one_of

NODE = "node"
_HOSTNAME = "hostname"
_OFFSET = "1ns"

Part = TypeVar("Part")


def among(label: str, values: Sequence[str]) -> Matcher:
    """Matches events whose label is one of the values."""
    return Matcher(label, "=~", one_of(values))


def none_of(label: str, values: Sequence[str]) -> Matcher:
    """Matches events whose label is none of the values."""
    return Matcher(label, "!~", one_of(values))


@dataclass(slots=True)
class Asker:
    """A source, the dialect its events are labelled in, and a note of all that was asked.

    ``node_names`` gives the node's name for hostnames that are none (a pod's, a container's id).
    ``renamed`` are those of them that were met. ``failures`` are sentences about the parts that the
    source did not answer.
    """

    source: LokiSource
    schema: LabelSchema
    queries: Catalog
    node_names: Mapping[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    renamed: set[str] = field(default_factory=set)
    _gone: str = ""

    def counts(
        self,
        name: str,
        columns: Mapping[str, str],
        start: int,
        end: int,
        width: int,
        where: Sequence[Matcher] = (),
    ) -> pd.DataFrame:
        """A counts frame of a named query in buckets of ``width`` (ns) over ``[start, end)``.

        ``columns`` maps the frame's columns to labels of the answer; ``node`` is given its name.
        """
        query = self._render(name, width, where)
        first = start + width
        ask = Asked(name, query, start, end, width, None)
        matrix: Matrix = self._noted(
            ask, lambda: self.source.query_range(query, start=first, end=end, step=width)
        )
        frame = counts(matrix, columns, width)
        if self.node_names and NODE in frame:
            named = [self.node(name) for name in frame[NODE].tolist()]
            frame[NODE] = pd.Series(named, dtype=object)
        return frame

    def whole(
        self, name: str, columns: Mapping[str, str], periods: Sequence[Period]
    ) -> pd.DataFrame:
        """A counts frame with a bucket for each of the periods, which follow each other.

        Periods of one length are one question, others (clocks change, months) one each.
        """
        lengths = {one.end - one.start for one in periods}
        if len(lengths) == 1:
            return self.counts(name, columns, periods[0].start, periods[-1].end, lengths.pop())
        frames = [
            self.counts(name, columns, one.start, one.end, one.end - one.start) for one in periods
        ]
        return pd.concat(frames, ignore_index=True)

    def at(
        self, name: str, time: int, window: int, where: Sequence[Matcher] = ()
    ) -> Sequence[Sample]:
        """The samples of a named query over the ``window`` (ns) that ends before ``time``."""
        query = self._render(name, window, where)
        ask = Asked(name, query, time - window, time, None, None)
        answer = self._noted(ask, lambda: self.source.query(query, time=time))
        assert isinstance(answer, Vector), f"{name} is no query that answers a vector"
        return answer.samples

    def lines(
        self, name: str, start: int, end: int, limit: int, where: Sequence[Matcher]
    ) -> Streams:
        """The last ``limit`` lines of a named log query in ``[start, end)``."""
        query = self.queries[name].render(self.schema, where=where)
        ask = Asked(name, query, start, end, None, None, limit)
        answer: Streams = self._noted(
            ask, lambda: self.source.query_log(query, start=start, end=end, limit=limit)
        )
        return answer

    def node(self, hostname: str | None) -> str | None:
        """The node's name for a hostname."""
        if hostname is None or hostname not in self.node_names:
            return hostname
        self.renamed.add(hostname)
        return self.node_names[hostname]

    def hostnames(self, nodes: Sequence[str]) -> list[str]:
        """All hostnames that are counted under the nodes' names."""
        wanted = set(nodes)
        return sorted(wanted | {host for host, node in self.node_names.items() if node in wanted})

    def has(self, *names: str) -> bool:
        """Whether the labels carry all that the named queries need."""
        return not any(self.queries[name].missing(self.schema) for name in names)

    def part(self, what: str, names: Sequence[str], ask: Callable[[], Part]) -> Part | Unanswered:
        """What ``ask`` gives, which asks the named queries; or why not.

        ``what`` begins the sentence "... could not be answered". A source that is out of reach is
        not asked again.
        """
        for name in names:
            if absent := self.queries[name].missing(self.schema):
                fields = " and ".join(dict.fromkeys(one.field for one in absent))
                return Unanswered(f"these labels do not carry {fields}", absent[0].setting)
        if self._gone:
            return self._failed(what, self._gone)
        try:
            return ask()
        except SourceUnavailable as error:
            self._gone = error.message
            return self._failed(what, error.message)
        except (SourceError, LogQLError) as error:
            return self._failed(what, error.message)

    def _failed(self, what: str, why: str) -> Unanswered:
        reason = f"{what} could not be answered, because {why.rstrip('.')}"
        self.failures.append(reason)
        return Unanswered(reason)

    def _noted(self, ask: Asked, answer: Callable[[], Part]) -> Part:
        """The answer, the question written down with what came of it."""
        try:
            result = answer()
        except ToolkitError as error:
            self.asked.append(ask.failed(error.message))
            raise
        self.asked.append(ask.answered(_size(result)))
        return result

    def _render(self, name: str, window: int, where: Sequence[Matcher]) -> str:
        return self.queries[name].render(
            self.schema, window=format_prometheus(window), offset=_OFFSET, where=where
        )


def _size(result: object) -> int:
    match result:
        case Matrix():
            return len(result.series)
        case Vector():
            return len(result.samples)
        case Streams():
            return len(result)
    return 1
