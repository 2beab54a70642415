"""A source that is asked the same thing once: dashboards share many of their questions."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.results import Labels, Matrix, Scalar, Streams, Vector
from toolkit.sources.base import Direction, LokiSource, SourceDescription


class Remembering:
    """A :class:`~toolkit.sources.base.LokiSource` that keeps what another one answered."""

    def __init__(self, source: LokiSource) -> None:
        self._source = source
        self._instant: dict[tuple[str, int], Vector | Scalar] = {}
        self._range: dict[tuple[str, int, int, int], Matrix] = {}
        self._lines: dict[tuple[str, int, int, int | None, Direction], Streams] = {}

    def describe(self) -> SourceDescription:
        """The other source's kind and address."""
        return self._source.describe()

    def query(self, query: str, *, time: int) -> Vector | Scalar:
        """A metric query at one moment."""
        key = (query, time)
        if key not in self._instant:
            self._instant[key] = self._source.query(query, time=time)
        return self._instant[key]

    def query_range(self, query: str, *, start: int, end: int, step: int) -> Matrix:
        """A metric query at each step."""
        key = (query, start, end, step)
        if key not in self._range:
            self._range[key] = self._source.query_range(query, start=start, end=end, step=step)
        return self._range[key]

    def query_log(
        self,
        query: str,
        *,
        start: int,
        end: int,
        limit: int | None = None,
        direction: Direction = "backward",
    ) -> Streams:
        """The lines of a log query."""
        key = (query, start, end, limit, direction)
        if key not in self._lines:
            self._lines[key] = self._source.query_log(
                query, start=start, end=end, limit=limit, direction=direction
            )
        return self._lines[key]

    def labels(self, *, start: int, end: int) -> Sequence[str]:
        """Label names, asked each time."""
        return self._source.labels(start=start, end=end)

    def label_values(
        self, name: str, *, start: int, end: int, selector: str | None = None
    ) -> Sequence[str]:
        """Values of one label, asked each time."""
        return self._source.label_values(name, start=start, end=end, selector=selector)

    def series(self, selector: str, *, start: int, end: int) -> Sequence[Labels]:
        """Label sets, asked each time."""
        return self._source.series(selector, start=start, end=end)
