"""One question asked in as many pieces as the limits of a Loki demand, and put together exactly.

The planner starts from Loki's default limits and learns the real ones from refusals: an ``ask``
function raises :class:`Refused` with the kind of limit and, where Loki's text names it, its value.

- More points than 11,000, or more time than ``max_query_length``: pieces in time.
- More series than ``max_query_series``: pieces by the values of a label.
- A window ``[R]`` that is too long: windows that follow each other.
- A query that takes too long or reads too much: halves in time, then in the window.

Three habits of Loki's frontend would change numbers without a word, and are worked around:

- It moves ``start`` and ``end`` to multiples of ``step``. Asked are therefore aligned moments only,
  never earlier than those meant, with every window moved back by the same time through ``offset``.
  Later, because Loki caches answers of the past: a moment asked too early could be kept while its
  window still fills.
- Over a range it loses every sample of a window that is moved by a part of a millisecond, such as
  ``offset 1ns`` (3.8, ``pkg/logql/range_vector.go`` divides both times before adding them).
  Such windows are asked for moment by moment, or as counts of windows beside them.
- Where the step is not smaller than both the longest window and ``split_queries_by_interval``, its
  pieces overlap by a moment and are put in order by the first sample of their first series; where
  that series began late, other series lose their first samples (3.8,
  ``pkg/querier/queryrange/splitters.go`` and ``queryrangebase/query_range.go: matrixMerge``). A
  longer window that reads no stream, beside the query, prevents that whatever the setting.

Left alone, Loki cuts days into hours: Loki 2.9 has no room for those of a week in its queue, and
Loki 3.8 spends most of its time on them (hourly counts of 48,000 lines over 30 days took it ten
times as long in 720 pieces as in 25). The same longer window makes the pieces of a range fewer, and
a window at one moment stays whole as part of a range of two moments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from toolkit.errors import SourceError, SourceLimit
from toolkit.logql import ast
from toolkit.logql.printer import print_expr
from toolkit.results import Matrix, Sample, Scalar, Series, Vector
from toolkit.sources import bylabel, merge, rewrite, windows
from toolkit.sources.bylabel import SeriesOf
from toolkit.sources.limits import LONGEST_TEXT, Limits, Refused
from toolkit.sources.moments import Grid, at_each, told_apart

MAX_POINTS = 11_000
PIECES = 24
"""Into which Loki is to cut a range of days; it works on 32 at once."""

MAX_MOMENTS = 2500
MOMENTS_AT_ONCE = 12

AskRange = Callable[[str, Grid], Matrix]
AskInstant = Callable[[str, int], Vector | Scalar]


@dataclass(frozen=True, slots=True)
class Planner:
    """Asks through three functions; :meth:`range` and :meth:`instant` answer exactly or raise."""

    ask_range: AskRange
    ask_instant: AskInstant
    series_of: SeriesOf
    limits: Limits = field(default_factory=Limits)

    def range(self, expr: ast.MetricExpr, grid: Grid) -> Matrix:
        """The samples of ``expr`` at just the moments of ``grid``."""
        if not any(rewrite.log_ranges(expr)):
            return self._constant(expr, grid)
        delta = -grid.start % grid.step
        later = rewrite.shifted(expr, delta)
        return merge.moved(self._aligned(later, replace(grid, start=grid.start + delta)), delta)

    def instant(self, expr: ast.MetricExpr, time: int) -> Vector | Scalar:
        """The answer of ``expr`` at ``time``."""
        asks = (self._of_two, self._moment) if windows.cut_by_the_hour(expr) else (self._moment,)
        errors: list[SourceError] = []
        for ask in asks:
            try:
                return ask(expr, time)
            except Refused as refused:
                pieces = self._pieces(expr, time, refused)
                if pieces is not None:
                    return self._sorted(expr, merge.as_vector(pieces, time))
                errors.append(refused.error)
        raise errors[-1]

    def _of_two(self, expr: ast.MetricExpr, time: int) -> Vector | Scalar:
        """A moment as the first of a range of two, where its time and its windows allow that."""
        delta = -time % rewrite.MILLISECOND
        later = rewrite.shifted(expr, delta)
        step = rewrite.MILLISECOND if (time + delta) % rewrite.SECOND else rewrite.SECOND
        grid = Grid(time + delta, step, 2)
        if not rewrite.finer_than_milliseconds(later):
            answer = self.ask_range(print_expr(later), grid)
        elif (apart := windows.boundaries(later)) is not None:
            answer = self._between_boundaries(apart, grid)
        else:
            return self._moment(expr, time)
        moment = merge.moved(merge.between(answer, grid.start, grid.start), delta)
        return self._sorted(expr, merge.as_vector(moment, time))

    def _moment(self, expr: ast.MetricExpr, time: int) -> Vector | Scalar:
        answer = self.ask_instant(print_expr(expr), time)
        # A time in milliseconds is not the one asked; the order of sort and topk is kept.
        if isinstance(answer, Scalar):
            return Scalar(time, answer.value, answer.warnings)
        return Vector(time, answer.samples, answer.warnings)

    def _sorted(self, expr: ast.MetricExpr, vector: Vector) -> Vector:
        order = rewrite.sorting(expr)
        return vector if order is None else merge.by_value(vector, order == "sort_desc")

    def _aligned(self, expr: ast.MetricExpr, grid: Grid) -> Matrix:
        """A grid whose moments are multiples of its step, as Loki can be asked for it."""
        guarded = rewrite.longest_window(expr) <= grid.step
        if grid.count == 1 or (guarded and 2 * grid.step >= self.limits.length):
            return self._by_moment(expr, grid)
        if grid.step % rewrite.MILLISECOND or rewrite.finer_than_milliseconds(expr):
            costly = grid.count > MOMENTS_AT_ONCE or windows.cut_by_the_hour(expr)
            apart = windows.boundaries(expr) if costly else None
            if apart is None or grid.step % rewrite.MILLISECOND:
                return self._by_moment(expr, grid)
            return self._between_boundaries(apart, grid)
        return self._over_time(expr, grid)

    def _between_boundaries(self, apart: windows.Boundaries, grid: Grid) -> Matrix:
        steps, rest = divmod(apart.window, grid.step)
        whole = self._over_time(apart.whole, grid)
        if rest or steps > grid.count:
            at_start = self._over_time(rewrite.shifted(apart.edge, apart.window), grid)
            return merge.within_boundaries(whole, self._over_time(apart.edge, grid), at_start)
        # A window begins where an earlier one ended: both edges come of one question.
        longer = Grid(grid.start - apart.window, grid.step, grid.count + steps)
        edges = self._over_time(apart.edge, longer)
        at_end = merge.between(edges, grid.start, grid.last)
        at_start = merge.between(merge.moved(edges, -apart.window), grid.start, grid.last)
        return merge.within_boundaries(whole, at_end, at_start)

    # --- moment by moment -------------------------------------------------------------------------

    def _constant(self, expr: ast.MetricExpr, grid: Grid) -> Matrix:
        """An expression that reads no streams says the same at every moment."""
        answer = self.instant(expr, grid.start)
        times = np.arange(grid.start, grid.last + 1, grid.step, dtype=np.int64)
        samples = [Sample({}, answer.value)] if isinstance(answer, Scalar) else answer.samples
        return Matrix(
            [Series(one.labels, times, np.full(times.size, one.value)) for one in samples]
        )

    def _by_moment(self, expr: ast.MetricExpr, grid: Grid) -> Matrix:
        """Each moment as an instant query, several in one question, told apart by a label."""
        if grid.count > MAX_MOMENTS:
            raise SourceLimit(
                f"{grid.count} moments are too many to ask Loki for one by one",
                query=print_expr(expr),
                hint="start and offset at whole milliseconds, with a window as long as the step",
            )
        parts: list[Matrix] = []
        first, size = 0, MOMENTS_AT_ONCE
        while first < grid.count:
            piece = grid.cut(first, first + size)
            if piece.count == 1:
                parts.append(merge.as_matrix(self._vector(expr, piece.start)))
            else:
                text = print_expr(at_each(expr, piece))
                try:
                    if len(text) > LONGEST_TEXT:
                        raise Refused("cost", SourceLimit("the query is too long", query=text))
                    parts.extend(told_apart(self.ask_instant(text, piece.last), piece))
                except Refused:
                    size = (piece.count + 1) // 2
                    continue
            first += size
        return merge.one_after_the_other(parts)

    def _vector(self, expr: ast.MetricExpr, time: int) -> Vector:
        answer = self.instant(expr, time)
        assert isinstance(answer, Vector), "a query that reads streams answers a vector"
        return answer

    # --- pieces in time ---------------------------------------------------------------------------

    def _over_time(self, expr: ast.MetricExpr, grid: Grid) -> Matrix:
        parts: list[Matrix] = []
        first, size = 0, MAX_POINTS
        while first < grid.count:
            longest = min(self.limits.length, self.limits.queue)
            size = min(size, longest // grid.step + 1)
            piece = grid.cut(first, first + size)
            try:
                parts.append(self.ask_range(print_expr(self._guarded(expr, piece)), piece))
                first += size
            except Refused as refused:
                known = self.limits.window
                self.limits.learn(refused, piece.last - piece.start)
                if rewrite.longest_window(expr) <= self.limits.window < known:
                    # What is too long stands beside the query, and may be shorter.
                    continue
                rest = grid.cut(first, grid.count)
                apart = self._apart(expr, rest, piece.count, refused)
                if apart is not None:
                    parts.append(apart)
                    break
                if piece.count == 1:
                    raise refused.error from None
                size = (piece.count + 1) // 2
        return merge.one_after_the_other(parts)

    def _guarded(self, expr: ast.MetricExpr, piece: Grid) -> ast.MetricExpr:
        if piece.count == 1:
            # A single moment has no pieces that Loki could put together wrongly.
            return expr
        long = min((piece.last - piece.start) // PIECES, self.limits.window - rewrite.SECOND)
        # Loki's own pieces (split_queries_by_interval) are an hour long.
        return rewrite.guarded(expr, long if long > max(rewrite.HOUR, piece.step) else piece.step)

    def _apart(
        self, expr: ast.MetricExpr, rest: Grid, size: int, refused: Refused
    ) -> Matrix | None:
        """All of ``rest`` by label values or by windows; ``None`` where halves in time may help.

        ``size`` is the number of moments that was refused.
        """
        if refused.kind == "series":
            try:
                parts = bylabel.by_label(expr, rest.start, rest.last, self.series_of)
            except SourceLimit:
                if size == 1:
                    raise
                # Fewer values are there in a shorter time.
                return None
            if parts is not None:
                answers = [self._over_time(part, rest) for part in parts]
                return bylabel.united(expr, answers, refused)
        elif refused.kind == "window" and rewrite.longest_window(expr) <= (refused.limit or 0):
            # Not the query's own window is too long but the one beside it.
            return self._by_moment(expr, rest)
        elif refused.kind == "window" or size == 1:
            cut = windows.windows(expr, self._window(expr, refused))
            if cut is not None:
                pieces = [self._aligned(piece, rest) for piece in cut.pieces]
                return merge.combined(pieces, cut.combine, cut.divisor)
        return None

    # --- a single moment --------------------------------------------------------------------------

    def _pieces(self, expr: ast.MetricExpr, time: int, refused: Refused) -> Matrix | None:
        """What pieces of ``expr`` say together; ``None`` where it has none."""

        def answer(piece: ast.MetricExpr) -> Matrix:
            return merge.as_matrix(self._vector(piece, time))

        self.limits.learn(refused)
        if refused.kind == "series":
            parts = bylabel.by_label(expr, time, time, self.series_of)
            if parts is not None:
                return bylabel.united(expr, [answer(part) for part in parts], refused)
            return None
        cut = windows.windows(expr, self._window(expr, refused))
        if cut is None:
            return None
        return merge.combined([answer(piece) for piece in cut.pieces], cut.combine, cut.divisor)

    def _window(self, expr: ast.MetricExpr, refused: Refused) -> int:
        """The longest window to ask for next: the limit that was named, or half of this one."""
        longest = rewrite.longest_window(expr)
        if refused.kind == "window" and refused.limit:
            return refused.limit
        if refused.kind == "length" and longest > self.limits.length - rewrite.HOUR:
            return self.limits.length - rewrite.HOUR
        return longest // 2
