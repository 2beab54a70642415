"""The tree of a LogQL query. Every node is a frozen value and knows its span in the text.

Spans take no part in equality, so two trees are equal when the queries mean the same text apart
from white space and comments. Durations are integer nanoseconds, byte sizes integer bytes; both
keep the text they were written with (``text``), because Loki's canonical form is lossy
(``1.5KiB`` prints as ``1.5kB``) and a printer must not be.

Grafana's variables inside of strings are simply part of the string. Elsewhere they are a
:class:`Variable` in place of a number, a duration or a stage (``[$__auto]``, ``topk($n, ...)``,
``| $filter``), an :class:`~toolkit.logql.quoting.Unquoted` text (``|= $search``), and the name
itself in place of a name (``by ($label)``, ``$operation(...)``).

The grammar is Loki's ``pkg/logql/syntax/syntax.y`` (grafana/loki, main of August 2026).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from toolkit.errors import NOWHERE, Span

MatchOp = Literal["=", "!=", "=~", "!~", ""]
LineOp = Literal["|=", "!=", "|~", "!~", "|>", "!>"]
CompareOp = Literal["==", "!=", ">", ">=", "<", "<="]
Conversion = Literal["bytes", "duration", "duration_seconds"]


@dataclass(frozen=True, slots=True)
class Node:
    """The root of all nodes."""


# --- values ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """A Grafana variable as written: ``$name``, ``${name}``, ``${name:format}``, ``[[name]]``."""

    text: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class VariablePiece(Variable):
    """A variable that brings its own words: stages with their ``|``, or an ``offset``."""


@dataclass(frozen=True, slots=True)
class Duration(Node):
    """``5m`` as written, and its length in nanoseconds."""

    nanoseconds: int
    text: str = field(default="", compare=False)
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Matcher(Node):
    """``name op "value"``; in a selector anchored, ``=~`` and ``!~`` over RE2 patterns.

    Where a variable stands for whole matchers, ``{$matchers}``, it is the name, and ``op`` is "".
    """

    name: str
    op: MatchOp
    value: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


# --- log queries: selector and pipeline -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Selector(Node):
    """``{a="b", c!="d"}``."""

    matchers: tuple[Matcher, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LineMatch(Node):
    """One alternative of a line filter: a text, a pattern or, with ``ip``, an address pattern."""

    value: str
    ip: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LineFilter(Node):
    """``|= "a" or "b"``: ``matches`` are the alternatives. ``!= "a" or "b"`` means neither."""

    op: LineOp
    matches: tuple[LineMatch, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Extraction(Node):
    """``label="expression"`` of a json or logfmt stage; ``json a`` means ``a="a"``."""

    label: str
    expression: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class JsonParser(Node):
    """``| json`` with or without extractions."""

    extractions: tuple[Extraction, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LogfmtParser(Node):
    """``| logfmt`` with its flags, with or without extractions."""

    extractions: tuple[Extraction, ...] = ()
    strict: bool = False
    keep_empty: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RegexpParser(Node):
    """``| regexp "(?P<name>re)"``."""

    pattern: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PatternParser(Node):
    """``| pattern "<name> literal <_>"``."""

    pattern: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class UnpackParser(Node):
    """``| unpack``."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LineFormat(Node):
    """``| line_format "template"``."""

    template: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LabelAssignment(Node):
    """``name=source`` (``rename``) or ``name="template"``."""

    name: str
    value: str
    rename: bool
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LabelFormat(Node):
    """``| label_format a=b, c="template"``."""

    assignments: tuple[LabelAssignment, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Decolorize(Node):
    """``| decolorize``."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DropLabels(Node):
    """``| drop a, b="c"``: bare names are strings, the others matchers."""

    items: tuple[str | Matcher, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class KeepLabels(Node):
    """``| keep a, b="c"``."""

    items: tuple[str | Matcher, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


# label filters


@dataclass(frozen=True, slots=True)
class StringLabelFilter(Node):
    """``| level="error"``, ``| level=~"err.*"``."""

    matcher: Matcher
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NumberLabelFilter(Node):
    """``| status >= 400``; ``=`` is held as ``==``. ``text`` is the number as written."""

    name: str
    op: CompareOp
    value: float | Variable
    text: str = field(default="", compare=False)
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DurationLabelFilter(Node):
    """``| latency > 250ms``."""

    name: str
    op: CompareOp
    value: Duration
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BytesLabelFilter(Node):
    """``| size > 1.5KiB``; ``text`` is the size as written."""

    name: str
    op: CompareOp
    value: int
    text: str = field(default="", compare=False)
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class IPLabelFilter(Node):
    """``| addr = ip("10.0.0.0/8")``; only ``=`` and ``!=``."""

    name: str
    op: Literal["=", "!="]
    pattern: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class JoinedLabelFilters(Node):
    """Two label filters as one. Thousands may hang on one another, so nothing here recurses."""

    left: LabelFilter
    right: LabelFilter
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JoinedLabelFilters):
            return NotImplemented
        return self._in_prefix_order() == other._in_prefix_order()

    def __hash__(self) -> int:
        return hash(self._in_prefix_order())

    def __repr__(self) -> str:
        return spell(
            self, repr, lambda n: (f"{type(n).__name__}(left=", n.left, ", right=", n.right, ")")
        )

    def _in_prefix_order(self) -> tuple[object, ...]:
        found: list[object] = []
        pending: list[LabelFilter | JoinedLabelFilters] = [self]
        while pending:
            node = pending.pop()
            if isinstance(node, JoinedLabelFilters):
                found.append(type(node))
                pending += (node.right, node.left)
            else:
                found.append(node)
        return tuple(found)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AndLabelFilter(JoinedLabelFilters):
    """``l and r``, also written ``l , r`` and ``l r``: both sides are always evaluated."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OrLabelFilter(JoinedLabelFilters):
    """``l or r``: the right side is evaluated only where the left one does not hold."""


LabelFilter = (
    StringLabelFilter
    | NumberLabelFilter
    | DurationLabelFilter
    | BytesLabelFilter
    | IPLabelFilter
    | AndLabelFilter
    | OrLabelFilter
    | Variable
)
"""A variable in place of a label filter may stand for any stage."""


def spell(
    node: LabelFilter | JoinedLabelFilters,
    single: Callable[[LabelFilter], str],
    joined: Callable[[JoinedLabelFilters], Iterable[str | LabelFilter]],
) -> str:
    """The text of a label filter: ``single`` says that of one that is not joined, ``joined`` the
    texts and filters that a joined one is made of, in order.
    """
    texts: list[str] = []
    pending: list[str | LabelFilter | JoinedLabelFilters] = [node]
    while pending:
        piece = pending.pop()
        if isinstance(piece, str):
            texts.append(piece)
        elif isinstance(piece, JoinedLabelFilters):
            pending += reversed(list(joined(piece)))
        else:
            texts.append(single(piece))
    return "".join(texts)


Stage = (
    LineFilter
    | JsonParser
    | LogfmtParser
    | RegexpParser
    | PatternParser
    | UnpackParser
    | LineFormat
    | LabelFormat
    | Decolorize
    | DropLabels
    | KeepLabels
    | LabelFilter
)


@dataclass(frozen=True, slots=True)
class LogQuery(Node):
    """A selector and its pipeline."""

    selector: Selector
    stages: tuple[Stage, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


# --- metric queries -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unwrap(Node):
    """``| unwrap label`` or ``| unwrap bytes(label)``, and the label filters that follow it.

    ``conversion`` is a ``Conversion``, or a variable.
    """

    label: str
    conversion: str | None = None
    filters: tuple[LabelFilter, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LogRange(Node):
    """``{...} | stages | unwrap x [5m] offset 1h``: what a range aggregation reads."""

    query: LogQuery
    range: Duration | Variable
    offset: Duration | Variable | None = None
    unwrap: Unwrap | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Grouping(Node):
    """``by (a, b)`` or, with ``without``, ``without (a, b)``."""

    labels: tuple[str, ...]
    without: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RangeAggregation(Node):
    """``rate(log range)``; ``parameter`` is quantile_over_time's first argument."""

    op: str
    log_range: LogRange
    parameter: float | Variable | None = None
    grouping: Grouping | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class VectorAggregation(Node):
    """``sum by (a) (expr)``; ``parameter`` is topk's, bottomk's or approx_topk's first argument."""

    op: str
    expr: MetricExpr
    parameter: int | Variable | None = None
    grouping: Grouping | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class VectorMatching(Node):
    """``on (a)`` or ``ignoring (a)``, and ``group_left (b)`` or ``group_right (b)``."""

    on: bool
    labels: tuple[str, ...]
    card: Literal["one-to-one", "many-to-one", "one-to-many"] = "one-to-one"
    include: tuple[str, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BinaryOperation(Node):
    """``left op right``; ``bool_modifier`` makes a comparison answer 0 or 1."""

    op: str
    left: MetricExpr
    right: MetricExpr
    bool_modifier: bool = False
    matching: VectorMatching | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LabelReplace(Node):
    """``label_replace(expr, "dst", "replacement", "src", "regex")``."""

    expr: MetricExpr
    dst: str
    replacement: str
    src: str
    regex: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class VectorLiteral(Node):
    """``vector(1)``."""

    value: float | Variable
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NumberLiteral(Node):
    """A number standing as an expression; ``text`` as written, ``""`` where folded."""

    value: float | Variable
    text: str = field(default="", compare=False)
    span: Span = field(default=NOWHERE, compare=False, repr=False)


MetricExpr = (
    RangeAggregation
    | VectorAggregation
    | BinaryOperation
    | LabelReplace
    | VectorLiteral
    | NumberLiteral
)

Expr = LogQuery | MetricExpr
