"""Queries as Loki itself writes them (``String()`` in pkg/logql/syntax and pkg/logql/log).

This is the text that Loki shows in errors and the ground of ``format_query``. It is made to be
read, not to be parsed: ``1.5KiB`` becomes ``1.5kB``, the ``or`` of a negative line filter becomes
a row of filters, empty groupings vanish. To write a query that means the same, use the printer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from toolkit.logql import ast
from toolkit.logql.ast import Duration, Variable
from toolkit.logql.bytesize import format_bytes
from toolkit.logql.durations import format_go, format_prometheus
from toolkit.logql.labelregex import stays_a_regex
from toolkit.logql.numbers import format_fixed, format_float, format_general
from toolkit.logql.quoting import Unquoted, is_utf8, quote
from toolkit.logql.variables import has_variable

GROUP_WORDS: Final = {"one-to-one": "", "many-to-one": "group_left", "one-to-many": "group_right"}

_LABEL_FILTERS: Final = (
    ast.StringLabelFilter,
    ast.NumberLabelFilter,
    ast.DurationLabelFilter,
    ast.BytesLabelFilter,
    ast.IPLabelFilter,
    ast.AndLabelFilter,
    ast.OrLabelFilter,
    Variable,
)
_STAGES: Final = (
    ast.LineFilter,
    ast.JsonParser,
    ast.LogfmtParser,
    ast.RegexpParser,
    ast.PatternParser,
    ast.UnpackParser,
    ast.LineFormat,
    ast.LabelFormat,
    ast.Decolorize,
    ast.DropLabels,
    ast.KeepLabels,
    *_LABEL_FILTERS,
)


def canonical(node: ast.Expr | ast.Stage | ast.Selector | ast.Matcher) -> str:
    """``node`` in Loki's words. A stage comes with its ``|``."""
    if isinstance(node, ast.Matcher):
        return matcher(node)
    if isinstance(node, ast.Selector):
        return selector(node)
    if isinstance(node, _STAGES):
        return stage(node)
    return expression(node)


# --- log queries ----------------------------------------------------------------------------------


def matcher(node: ast.Matcher) -> str:
    """``name="value"``; a name that is not plain ASCII is quoted, which does not parse back."""
    if not node.op:
        return node.name
    plain = node.name.isascii() and node.name.isidentifier()
    return f"{node.name if plain else quote(node.name)}{node.op}{quote(node.value)}"


def selector(node: ast.Selector) -> str:
    return "{" + ", ".join(map(matcher, node.matchers)) + "}"


def line_filters(node: ast.LineFilter) -> list[str]:
    """The filters that Loki makes of one: ``!= "a" or "b"`` are two, both of which must hold."""
    values = [f"ip({quote(m.value)})" if m.ip else quote(m.value) for m in node.matches]
    if node.op.startswith("!"):
        return [f"{node.op} {value}" for value in values]
    return [f"{node.op} {' or '.join(values)}"]


def stage(node: ast.Stage) -> str:
    match node:
        case ast.LineFilter():
            return " ".join(line_filters(node))
        case ast.JsonParser():
            return _words("| json", _extractions(node.extractions))
        case ast.LogfmtParser():
            flags = ("--strict" * node.strict, "--keep-empty" * node.keep_empty)
            return _words("| logfmt", *flags, _extractions(node.extractions))
        case ast.RegexpParser():
            return f"| regexp {quote(node.pattern)}"
        case ast.PatternParser():
            return f"| pattern {quote(node.pattern)}"
        case ast.UnpackParser():
            return "| unpack"
        case ast.LineFormat():
            return f"| line_format {quote(node.template)}"
        case ast.LabelFormat():
            return f"| label_format {','.join(map(_assignment, node.assignments))}"
        case ast.Decolorize():
            return "| decolorize"
        case ast.DropLabels():
            return f"| drop {','.join(map(_named, node.items))}"
        case ast.KeepLabels():
            return f"| keep {','.join(map(_named, node.items))}"
        case ast.VariablePiece(text=text):
            return text
        case _:
            return f"| {label_filter(node)}"


def _words(*words: str) -> str:
    return " ".join(word for word in words if word)


def _extractions(extractions: Sequence[ast.Extraction]) -> str:
    return ",".join(map(_extraction, extractions))


def _extraction(one: ast.Extraction) -> str:
    if one.label == one.expression and has_variable(one.label):
        return one.label  # a list of names, perhaps
    return f"{one.label}={quote(one.expression)}"


def _assignment(one: ast.LabelAssignment) -> str:
    return f"{one.name}={one.value if one.rename else quote(one.value)}"


def _named(item: str | ast.Matcher) -> str:
    return item if isinstance(item, str) else matcher(item)


def label_filter(node: ast.LabelFilter) -> str:
    return ast.spell(node, _single_filter, _joined_filters)


def _joined_filters(node: ast.JoinedLabelFilters) -> tuple[str | ast.LabelFilter, ...]:
    word = "," if isinstance(node, ast.AndLabelFilter) else "or"
    return "( ", node.left, f" {word} ", node.right, " )"


def _single_filter(node: ast.LabelFilter) -> str:
    match node:
        case ast.StringLabelFilter(matcher=held):
            if held.op == "=~" and _stands_in_back_quotes(held.value):
                value = quote(held.value) if "`" in held.value else f"`{held.value}`"
                return f"{held.name}{held.op}{value}"
            return matcher(held)
        case ast.NumberLabelFilter():
            return f"{node.name}{node.op}{_number(node.value)}"
        case ast.DurationLabelFilter():
            return f"{node.name}{node.op}{format_go(node.value.nanoseconds)}"
        case ast.BytesLabelFilter():
            return f"{node.name}{node.op}{format_bytes(node.value).replace(' ', '')}"
        case ast.IPLabelFilter():
            return f"{node.name}{node.op}ip({quote(node.pattern)})"
        case Variable(text=text):
            return text
        case ast.AndLabelFilter() | ast.OrLabelFilter():
            return label_filter(node)


def _stands_in_back_quotes(pattern: str) -> bool:
    return not isinstance(pattern, Unquoted) and is_utf8(pattern) and stays_a_regex(pattern)


def _number(value: float | Variable) -> str:
    return value.text if isinstance(value, Variable) else format_float(value)


# --- metric queries -------------------------------------------------------------------------------


def expression(node: ast.Expr) -> str:
    match node:
        case ast.LogQuery():
            return " ".join([selector(node.selector), *map(stage, node.stages)])
        case ast.RangeAggregation():
            parameter = "" if node.parameter is None else f"{_number(node.parameter)},"
            group = "" if node.grouping is None else grouping(node.grouping)
            return f"{node.op}({parameter}{log_range(node.log_range)}){group}"
        case ast.VectorAggregation():
            held = node.grouping
            group = grouping(held) if held and (held.labels or held.without) else ""
            return f"{node.op}{group}({limit(node, ',')}{expression(node.expr)})"
        case ast.BinaryOperation():
            return f"({expression(node.left)} {_operator(node)} {expression(node.right)})"
        case ast.LabelReplace():
            texts = ",".join(map(quote, (node.dst, node.replacement, node.src, node.regex)))
            return f"label_replace({expression(node.expr)},{texts})"
        case ast.VectorLiteral(value=value):
            return f"vector({value.text if isinstance(value, Variable) else format_fixed(value)})"
        case ast.NumberLiteral(value=value):
            return value.text if isinstance(value, Variable) else format_general(value)


def unwrap(node: ast.Unwrap) -> list[str]:
    """The ``| unwrap`` and the filters after it, one by one."""
    label = f"{node.conversion}({node.label})" if node.conversion else node.label
    return [f"| unwrap {label}", *(f"| {label_filter(f)}" for f in node.filters)]


def log_range(node: ast.LogRange) -> str:
    parts = [expression(node.query), *(unwrap(node.unwrap) if node.unwrap else ())]
    shift = offset(node, format_go)
    return f"{' '.join(parts)}[{range_text(node.range)}]{shift}"


def offset(node: ast.LogRange, form: Callable[[int], str]) -> str:
    """`` offset 1h``; nothing for an offset of nothing."""
    if node.offset is None:
        return ""
    if isinstance(node.offset, ast.VariablePiece):
        return f" {node.offset.text}"
    if isinstance(node.offset, Variable):
        return f" offset {node.offset.text}"
    if not node.offset.nanoseconds:
        return ""
    return f" offset {form(node.offset.nanoseconds)}"


def range_text(length: Duration | Variable) -> str:
    if isinstance(length, Variable):
        return length.text
    return format_prometheus(length.nanoseconds)


def limit(node: ast.VectorAggregation, separator: str) -> str:
    """The first argument of topk and the like."""
    if node.parameter is None:
        return ""
    text = node.parameter.text if isinstance(node.parameter, Variable) else str(node.parameter)
    return text + separator


def grouping(node: ast.Grouping) -> str:
    return f" {'without' if node.without else 'by'} ({','.join(node.labels)})"


def _operator(node: ast.BinaryOperation) -> str:
    op = f"{node.op} bool" if node.bool_modifier else node.op
    held = node.matching
    if held is None or not (held.on or held.labels):
        return op
    group = GROUP_WORDS[held.card]
    if held.include:
        group = f"{group} ({','.join(held.include)})"
    word = "on" if held.on else "ignoring"
    # Without a group modifier Loki leaves the space before it.
    return f"{op} {word} ({','.join(held.labels)}) {group}"
