"""What an enclosing metric query tells a pipeline: which labels matter.

Loki pushes the grouping of a query down to where lines are read. Labels nobody asked for are not
extracted, a parser stops when it has found all that are needed, and it gives a line up as soon as a
label filter is sure to drop it. This shows: a parser that is never run, or stops early, does not
notice broken JSON (``pkg/logql/log/parser_hints.go``, ``pkg/logql/syntax/extractor.go``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from toolkit.engine.pipeline.labels import ERROR, EXTRACTED
from toolkit.logql.ast import RangeAggregation, Unwrap, VectorAggregation

_PUSHED_DOWN = {"rate", "count_over_time", "bytes_over_time", "bytes_rate", "sum_over_time"}


@dataclass(frozen=True, slots=True)
class Hints:
    """How a metric query groups what the pipeline yields; :data:`NO_HINTS` for a log query.

    ``groups`` are sorted. ``no_labels``: only the count or value of a row is wanted.
    """

    groups: tuple[str, ...] = ()
    without: bool = False
    no_labels: bool = False
    metric: bool = True

    @property
    def all_labels(self) -> bool:
        """Whether parsers extract whatever they find."""
        return not self.metric or not (self.no_labels or (self.groups and not self.without))


NO_HINTS = Hints(metric=False)


def hints_for(aggregation: RangeAggregation, enclosing: VectorAggregation | None = None) -> Hints:
    """The hints for the log range of ``aggregation``, which stands directly inside ``enclosing``.

    Only a ``sum`` pushes its grouping down, and only where the range aggregation has none of its
    own; with any other ``enclosing`` the answer is the same as without one.
    """
    groups: tuple[str, ...] = ()
    without = no_labels = False
    if aggregation.grouping is not None:
        groups = aggregation.grouping.labels
        without = aggregation.grouping.without
        no_labels = not groups and not without
    elif enclosing is not None and enclosing.op == "sum" and aggregation.op in _PUSHED_DOWN:
        if enclosing.grouping is not None:
            groups = enclosing.grouping.labels
            without = enclosing.grouping.without
        no_labels = not groups and not without
    if aggregation.op == "absent_over_time":
        no_labels = True
    return Hints(tuple(sorted(groups)), without, no_labels)


def with_unwrap(hints: Hints, unwrap: Unwrap | None) -> Hints:
    """The grouping of an unwrapped range: its label goes away unless it is grouped by."""
    if unwrap is None or not hints.metric or (hints.groups and not hints.without):
        return hints
    groups = tuple(sorted((*hints.groups, unwrap.label)))
    return Hints(groups, without=True, no_labels=hints.no_labels)


@dataclass(frozen=True, slots=True)
class ParserHints:
    """What the parsers of one pipeline may leave out.

    ``required``: the only labels to extract, all if empty. ``skip``: extract nothing at all.
    ``preserve_error``: the query asks for ``__error__``. ``watch``: whether label filters may end
    the parsing of a line.
    """

    required: tuple[str, ...] = ()
    skip: bool = False
    preserve_error: bool = False
    watch: bool = True

    def wants(self, name: str) -> bool:
        """Whether a label of this name is to be extracted."""
        return not self.required or name in self.required

    def wants_prefix(self, prefix: str) -> bool:
        """Whether some label whose name begins with ``prefix`` is to be extracted."""
        return not self.required or any(name.startswith(prefix) for name in self.required)


def parser_hints(
    hints: Hints, stage_labels: Iterable[str], unwrapped: str | None = None
) -> ParserHints:
    """The parsers' hints, from the query's and from the labels that its stages name."""
    required = _required([*stage_labels, *hints.groups, unwrapped or ""])
    if hints.no_labels:
        return ParserHints(required, skip=not required, preserve_error=ERROR in required)
    if hints.all_labels:
        return ParserHints()
    return ParserHints(required, preserve_error=ERROR in required, watch=False)


def _required(names: Iterable[str]) -> tuple[str, ...]:
    # parsers ask before they know that a name is taken and gets the suffix
    wanted: dict[str, None] = {}
    for name in names:
        wanted[name] = None
        if name.endswith(EXTRACTED):
            wanted[name.removesuffix(EXTRACTED)] = None
    wanted.pop("", None)
    return tuple(wanted)
