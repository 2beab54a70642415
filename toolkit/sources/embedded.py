"""The embedded store as a source: LogQL over a directory of events, or over a store in memory.

It is asked by the toolkit's own code, so no limit on series or entries applies unless the engine
was given one. Answers are always whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from toolkit.engine.engine import INSTANT_LOG_QUERY, Engine
from toolkit.engine.errors import QueryError, QueryTimeout, SeriesLimitError
from toolkit.engine.store import Snapshot, Store
from toolkit.errors import LogQLTypeError, SourceLimit, SourceResponseError, SourceTimeout
from toolkit.logql.ast import Expr, LogQuery, Matcher
from toolkit.logql.parser import parse, parse_selector
from toolkit.results import Labels, Matrix, Scalar, Streams, Vector
from toolkit.sources.base import Direction, SourceDescription

Answer = TypeVar("Answer")

_ADDRESS = "embedded store"


class EmbeddedSource:
    """A :class:`~toolkit.sources.base.LokiSource` over an engine."""

    def __init__(
        self, engine: Engine, *, store: Store | None = None, address: str = _ADDRESS
    ) -> None:
        """``store`` is closed together with the source; ``address`` is what a report calls it."""
        self._engine = engine
        self._store = store
        self._address = address

    @classmethod
    def open(cls, path: Path) -> EmbeddedSource:
        """The store in a directory, read only; others may write to it meanwhile.

        Raises :class:`toolkit.errors.StoreError` where there is none, or it is damaged.
        """
        store = Store.open(path, write=False)
        return cls(Engine(store.snapshot), store=store)

    @classmethod
    def over(cls, store: Store) -> EmbeddedSource:
        """A store that somebody else opened and closes."""
        return cls(Engine(store.snapshot))

    def close(self) -> None:
        """Let go of the store's files."""
        if self._store is not None:
            self._store.close()

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Times of the first and the last entry (ns, both inclusive); None where there is none."""
        snapshot: Snapshot = self._engine.snapshot()
        return snapshot.bounds

    # --- the protocol -----------------------------------------------------------------------------

    def describe(self) -> SourceDescription:
        """Kind and address of this source."""
        return SourceDescription("embedded", self._address)

    def query(self, query: str, *, time: int) -> Vector | Scalar:
        """A metric query at one moment; a range ``[R]`` in it reads ``(time - R, time]``."""
        expr = _metric(query)
        return _asked(query, lambda: self._engine.instant(expr, time=time))

    def query_range(self, query: str, *, start: int, end: int, step: int) -> Matrix:
        """A metric query at just ``start, start + step, ... <= end`` (``step`` in ns)."""
        expr = _metric(query)
        if step <= 0:
            raise LogQLTypeError(
                "zero or negative query resolution step widths are not accepted. "
                "Try a positive integer",
                text=query,
            )
        if end < start:
            raise LogQLTypeError(
                "end timestamp must not be before or equal to start time", text=query
            )
        return _asked(query, lambda: self._engine.range(expr, start=start, end=end, step=step))

    def query_log(
        self,
        query: str,
        *,
        start: int,
        end: int,
        limit: int | None = None,
        direction: Direction = "backward",
    ) -> Streams:
        """The lines of a log query in ``[start, end)``: all of them, or the first ``limit``."""
        expr = parse(query)
        if not isinstance(expr, LogQuery):
            raise LogQLTypeError(
                "a metric query has no lines: ask for its samples", text=query, span=expr.span
            )
        return _asked(
            query,
            lambda: self._engine.log(expr, start=start, end=end, limit=limit, direction=direction),
        )

    def labels(self, *, start: int, end: int) -> Sequence[str]:
        """Label names present in the range, sorted."""
        return sorted({name for labels in self._present((), start, end) for name in labels})

    def label_values(
        self, name: str, *, start: int, end: int, selector: str | None = None
    ) -> Sequence[str]:
        """Values of one label in the range, sorted; only of streams that ``selector`` matches."""
        matchers = parse_selector(selector).matchers if selector is not None else ()
        found = self._present(matchers, start, end)
        return sorted({labels[name] for labels in found if name in labels})

    def series(self, selector: str, *, start: int, end: int) -> Sequence[Labels]:
        """Label sets of the streams in the range that ``selector`` matches."""
        found = self._present(parse_selector(selector).matchers, start, end)
        return sorted(found, key=lambda labels: sorted(labels.items()))

    def _present(self, matchers: Sequence[Matcher], start: int, end: int) -> list[Labels]:
        snapshot: Snapshot = self._engine.snapshot()
        streams = snapshot.streams_between(start, end, matchers)
        return [snapshot.streams[stream].labels for stream in streams.tolist()]


def _metric(query: str) -> Expr:
    expr = parse(query)
    if isinstance(expr, LogQuery):
        raise LogQLTypeError(INSTANT_LOG_QUERY, text=query, span=expr.span)
    return expr


def _asked(query: str, ask: Callable[[], Answer]) -> Answer:
    """The answer, the engine's errors being those of a source."""
    try:
        return ask()
    except SeriesLimitError as error:
        raise SourceLimit(error.message, query=query, url=_ADDRESS) from error
    except QueryTimeout as error:
        raise SourceTimeout(error.message, query=query, url=_ADDRESS) from error
    except QueryError as error:
        raise SourceResponseError(
            error.message, status=error.status, body=error.message, query=query, url=_ADDRESS
        ) from error
