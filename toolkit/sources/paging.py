"""All lines of a log query, page by page, each exactly once and none lost.

Loki has no cursor (grafana/loki#11254), and logcli's way of moving on, de-duplicating by time and
line, loses lines that two streams share (grafana/loki#17270). Here a page's last nanosecond is
dropped as a whole and asked for again with the next page, so no timestamp is ever cut in two and
nothing needs comparing. A nanosecond that fills a whole page is asked for stream by stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from toolkit.errors import SourceLimit
from toolkit.logql import ast
from toolkit.logql.printer import print_expr
from toolkit.results import Stream, Streams
from toolkit.sources.base import Direction
from toolkit.sources.bylabel import SeriesOf, one_of
from toolkit.sources.limits import Limits, Refused
from toolkit.sources.rewrite import narrowed
from toolkit.sources.wire import Row, grouped

AskLog = Callable[[str, int, int, int, Direction], Streams]
"""``query, start, end, limit, direction``: one page of lines in ``[start, end)``."""

SECOND = 1_000_000_000
"""A query that is too costly over two seconds is too costly."""


@dataclass(frozen=True, slots=True)
class Pager:
    """Asks for pages of at most ``limits.entries`` lines and ``limits.length`` of time."""

    ask: AskLog
    series_of: SeriesOf
    limits: Limits

    def lines(
        self, query: ast.LogQuery, start: int, end: int, limit: int | None, direction: Direction
    ) -> Streams:
        """The lines in ``[start, end)``: all, or the first ``limit`` in ``direction``."""
        rows: list[Row] = []
        warnings: dict[str, None] = {}
        # The windows move while a smaller length is learned, so they are not listed beforehand.
        low, high, longest = start, end, end - start
        while low < high and (limit is None or len(rows) < limit):
            length = min(longest, self.limits.length, high - low)
            window = (high - length, high) if direction == "backward" else (low, low + length)
            wanted = None if limit is None else limit - len(rows)
            try:
                page = self._page(query, *window, wanted, direction)
            except Refused as refused:
                known = (self.limits.length, self.limits.entries)
                self.limits.learn(refused)
                if refused.kind in ("cost", "queue") and length >= 2 * SECOND:
                    longest = length // 2
                elif (self.limits.length, self.limits.entries) == known:
                    raise refused.error from None
                continue
            warnings.update(dict.fromkeys(page.warnings))
            rows.extend(page.rows)
            if direction == "backward":
                high = page.done
            else:
                low = page.done
        return Streams(grouped(rows), direction, tuple(warnings))

    def _page(
        self, query: ast.LogQuery, low: int, high: int, wanted: int | None, direction: Direction
    ) -> _Page:
        """What comes first in ``[low, high)``, and how far that reaches."""
        end = low if direction == "backward" else high
        size = self.limits.entries if wanted is None else min(self.limits.entries, wanted)
        answer = self.ask(print_expr(query), low, high, size, direction)
        rows = list(_rows(answer, direction))
        if len(rows) < size:
            return _Page(rows, end, answer.warnings)
        if wanted is not None and len(rows) >= wanted:
            return _Page(rows[:wanted], end, answer.warnings)
        edge = rows[-1][2].timestamp
        whole = [row for row in rows if row[2].timestamp != edge]
        if whole:
            done = edge + 1 if direction == "backward" else edge
            return _Page(whole, done, answer.warnings)
        moment = list(self._moment(query, edge))
        return _Page(moment, edge if direction == "backward" else edge + 1, answer.warnings)

    def _moment(self, query: ast.LogQuery, at: int) -> Iterator[Row]:
        """Every line of one nanosecond, in which there are more than fit one page."""
        streams = self.series_of(query.selector, at, at + 1)
        values: dict[str, set[str]] = {}
        for labels in streams:
            for name, value in labels.items():
                values.setdefault(name, set()).add(value)
        name = max(sorted(values), key=lambda one: len(values[one]), default="")
        if len(values.get(name, ())) < 2:
            raise SourceLimit(
                f"one nanosecond ({at}) of one stream holds more than {self.limits.entries} lines",
                query=print_expr(query),
                hint="raise Loki's max_entries_limit_per_query",
            )
        every = sorted(values[name])
        half = len(every) // 2
        size = self.limits.entries
        for matcher in (
            ast.Matcher(name, "=~", one_of(every[:half])),
            ast.Matcher(name, "=~", one_of(every[half:])),
            ast.Matcher(name, "!~", one_of(every)),
        ):
            part = narrowed(query, matcher)
            answer = self.ask(print_expr(part), at, at + 1, size, "backward")
            if len(answer) < size:
                yield from _rows(answer, "backward")
            else:
                yield from self._moment(part, at)


@dataclass(frozen=True, slots=True)
class _Page:
    """Lines in order, and the time up to which (before or after it) there are no others."""

    rows: Sequence[Row]
    done: int
    warnings: tuple[str, ...]


def _rows(answer: Streams, direction: Direction) -> list[Row]:
    """Entries of all streams in one order; those of one time stay as Loki gave them."""

    def rows(stream: Stream) -> Iterator[Row]:
        return ((stream.labels, stream.stream_labels, entry) for entry in stream.entries)

    every = [row for stream in answer.streams for row in rows(stream)]
    every.sort(key=lambda row: row[2].timestamp, reverse=direction == "backward")
    return every
