"""The one protocol between a question and whoever answers it.

Two kinds of implementation exist: a Loki over HTTP (directly or through Grafana) and the embedded
store. Everything above this room asks through :class:`LokiSource` and cannot tell them apart; one
contract test suite runs over both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from toolkit.results import Labels, Matrix, Scalar, Streams, Vector

Direction = Literal["forward", "backward"]


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """What a report's appendix says of its source; ``address`` has no secret and no local path."""

    kind: Literal["http", "grafana", "embedded", "recorded"]
    address: str
    tenant: str | None = None


class LokiSource(Protocol):
    """Answers LogQL. All times are int nanoseconds since the epoch, UTC.

    Every method raises :class:`toolkit.errors.LogQLError` for a query that is wrong and
    :class:`toolkit.errors.SourceError` for a source that does not answer. No method ever returns
    a part of an answer as the whole: a range or result over a limit is split and put together
    again exactly, or :class:`toolkit.errors.SourceLimit` is raised.
    """

    def describe(self) -> SourceDescription:
        """Kind and address of this source."""
        ...

    def query(self, query: str, *, time: int) -> Vector | Scalar:
        """A metric query at one moment; a range ``[R]`` in it reads ``(time - R, time]``."""
        ...

    def query_range(self, query: str, *, start: int, end: int, step: int) -> Matrix:
        """A metric query at just ``start, start + step, ... <= end`` (``step`` in ns)."""
        ...

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
        ...

    def labels(self, *, start: int, end: int) -> Sequence[str]:
        """Label names present in the range, sorted."""
        ...

    def label_values(
        self, name: str, *, start: int, end: int, selector: str | None = None
    ) -> Sequence[str]:
        """Values of one label in the range, sorted; only of streams that ``selector`` matches."""
        ...

    def series(self, selector: str, *, start: int, end: int) -> Sequence[Labels]:
        """Label sets of the streams in the range that ``selector`` matches."""
        ...
