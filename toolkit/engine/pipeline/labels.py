"""What a log pipeline hands out: the row and its result labels.

Loki knows three categories of labels: those of the stream, those that came with the entry as
structured metadata, and those a stage parsed or formatted (``pkg/logql/log/labels.go``). The label
set a user sees, :attr:`ResultLabels.merged`, holds all three.
"""

from __future__ import annotations

from operator import itemgetter
from typing import NamedTuple

ERROR = "__error__"
ERROR_DETAILS = "__error_details__"
PRESERVE_ERROR = "__preserve_error__"
EXTRACTED = "_extracted"
"""The suffix of a label whose own name was taken by a category that goes before it."""

Pairs = tuple[tuple[str, str], ...]
"""Label names with their values, sorted by name."""


class ResultLabels:
    """The labels of one row, by category. Immutable and hashable; a pipeline hands out the same
    object for the same labels, so that ``is`` mostly answers what ``==`` would.

    In a metric query the categories are gone: Loki's sample extractors group labels as one set, and
    everything is in ``stream``. A row with an error keeps its categories in either kind of query.
    """

    __slots__ = ("_hash", "_merged", "metadata", "parsed", "stream")

    stream: Pairs
    metadata: Pairs
    parsed: Pairs

    def __init__(self, stream: Pairs = (), metadata: Pairs = (), parsed: Pairs = ()) -> None:
        self.stream = stream
        self.metadata = metadata
        self.parsed = parsed
        self._merged: Pairs | None = None
        self._hash: int | None = None

    @property
    def merged(self) -> Pairs:
        """The result label set: all categories together, sorted by name. Where a line names
        ``__error__`` itself, that label stands before the error, which is the one that is read."""
        merged = self._merged
        if merged is None:
            if self.metadata or self.parsed:
                pairs = self.stream + self.metadata + self.parsed
                merged = tuple(sorted(pairs, key=itemgetter(0)))
            else:
                merged = self.stream
            self._merged = merged
        return merged

    @property
    def error(self) -> str:
        """The value of ``__error__``; empty when the row has none."""
        return dict(self.merged).get(ERROR, "")

    @property
    def fails_query(self) -> bool:
        """Whether a sample with these labels fails a metric query: it has an error, and no
        ``__preserve_error__`` that says the query asked for it."""
        return bool(self.error) and (PRESERVE_ERROR, "true") not in self.merged

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, ResultLabels):
            return NotImplemented
        return (
            self.stream == other.stream
            and self.metadata == other.metadata
            and self.parsed == other.parsed
        )

    def __hash__(self) -> int:
        known = self._hash
        if known is None:
            known = self._hash = hash((self.stream, self.metadata, self.parsed))
        return known

    def __repr__(self) -> str:
        return f"ResultLabels({self.stream!r}, {self.metadata!r}, {self.parsed!r})"


EMPTY_LABELS = ResultLabels()


class Row(NamedTuple):
    """A line that passed the pipeline.

    ``line`` is the line after line_format and unpack, its bytes that are not UTF-8 kept as
    surrogate escapes. ``value`` is the unwrapped value, ``None`` in a pipeline without unwrap.
    """

    line: str
    labels: ResultLabels
    value: float | None = None
