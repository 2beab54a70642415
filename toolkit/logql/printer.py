"""Writing a query on one line, so that it parses back to the same tree.

Numbers, durations and sizes are written as they were where the tree still knows it; strings in
back quotes where that spares escapes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from toolkit.logql import ast, durations
from toolkit.logql.ast import Duration, Variable
from toolkit.logql.bytesize import parse_bytes
from toolkit.logql.canonical import GROUP_WORDS
from toolkit.logql.numbers import format_float, parse_float
from toolkit.logql.quoting import Unquoted, quote

PRECEDENCE: Final[dict[str, int]] = {
    "or": 1,
    "and": 2,
    "unless": 2,
    **dict.fromkeys(["==", "!=", ">", ">=", "<", "<="], 3),
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
    "^": 6,
}
# "-0" is a duration to Loki, whatever follows, but for a fraction.
_NEGATIVE_ZERO: Final = re.compile(r"-0(?!\.)")
_FLAGS: Final = (("strict", "--strict"), ("keep_empty", "--keep-empty"))


def print_expr(expr: ast.Expr) -> str:
    """``expr`` on one line; ``parse(print_expr(expr)) == expr``."""
    match expr:
        case ast.LogQuery():
            stages = writable(expr.stages)
            return " ".join([print_selector(expr.selector), *map(print_stage, stages)])
        case ast.RangeAggregation():
            return call(expr.op, [*parameter(expr), print_log_range(expr.log_range)]) + after(expr)
        case ast.VectorAggregation():
            return call(expr.op + before(expr), [*parameter(expr), print_expr(expr.expr)])
        case ast.BinaryOperation():
            right = operand(expr, expr.right)
            return f"{operand(expr, expr.left)} {operator(expr, right)} {right}"
        case ast.LabelReplace():
            texts = (expr.dst, expr.replacement, expr.src, expr.regex)
            return call("label_replace", [print_expr(expr.expr), *map(string, texts)])
        case ast.VectorLiteral():
            return f"vector({number(expr.value)})"
        case ast.NumberLiteral():
            return number(expr.value, expr.text)


# --- values ---------------------------------------------------------------------------------------


def string(text: str) -> str:
    """``text`` as a string of the language."""
    if isinstance(text, Unquoted):
        return str(text)
    if ("\\" in text or '"' in text) and "`" not in text and text.isprintable():
        return f"`{text}`"
    return quote(text)


def number(value: float | Variable, text: str = "") -> str:
    """A number as it was written, if ``text`` still says it."""
    if isinstance(value, Variable):
        return value.text
    if text and not _NEGATIVE_ZERO.match(text) and _same(text, value):
        return text
    if math.isfinite(value):
        written = format_float(value)
        return "-0.0" if written == "-0" else written
    # There is no way to write these but as what they are the result of.
    if math.isnan(value):
        return "(0 / 0)"
    return "(1e308 * 10)" if value > 0 else "(-1e308 * 10)"


def _same(text: str, value: float) -> bool:
    try:
        return parse_float(text) == value
    except ValueError:
        return False


def duration(value: Duration | Variable, *, in_range: bool = False) -> str:
    """A duration as it was written, if its text still says it."""
    if isinstance(value, Variable):
        return value.text
    read = durations.parse_prometheus if in_range else durations.parse
    try:
        if read(value.text) == value.nanoseconds and (in_range or value.text != "0"):
            return value.text
    except ValueError:
        pass  # no text, or a text that does not belong to the value any more
    form = durations.format_prometheus if in_range else durations.format_go
    return form(value.nanoseconds)


def size(value: int, text: str) -> str:
    """A number of bytes as it was written, if ``text`` still says it."""
    try:
        if parse_bytes(text) == value and text[:2] not in ("0b", "0B"):
            return text
    except ValueError:
        pass  # as above
    # "0B" is the beginning of a binary number to Loki.
    return f"{value}B" if value else "0kB"


# --- log queries ----------------------------------------------------------------------------------


def print_matcher(node: ast.Matcher) -> str:
    return f"{_compared(node.name)}{node.op}{string(node.value)}" if node.op else node.name


def _compared(name: str) -> str:
    """A name before an operator. A name may be any sign that means nothing else: ``! = "a"``."""
    return f"{name} " if name == "!" else name


def print_selector(node: ast.Selector) -> str:
    return "{" + ", ".join(map(print_matcher, node.matchers)) + "}"


def writable(stages: Sequence[ast.Stage]) -> list[ast.Stage]:
    """``stages`` in an order that can be written.

    A ``!=`` or ``!~`` right behind ``drop a``, ``keep a`` or ``$x`` would be read as part of it. No
    parsed query has such stages in a row, but a changed one may. The line filter goes before the
    other stage then, where Loki runs it anyway.
    """
    written: list[ast.Stage] = []
    for stage in stages:
        place = len(written)
        if isinstance(stage, ast.LineFilter) and stage.op in ("!=", "!~"):
            while place and _ends_with_a_name(written[place - 1]):
                place -= 1
        written.insert(place, stage)
    return written


def _ends_with_a_name(stage: ast.Stage) -> bool:
    if isinstance(stage, ast.JoinedLabelFilters):
        last: ast.LabelFilter = stage
        while isinstance(last, ast.JoinedLabelFilters):
            last = last.right
        return isinstance(last, ast.Variable) and print_label_filter(stage).endswith(last.text)
    if isinstance(stage, ast.Variable):
        return not isinstance(stage, ast.VariablePiece)
    if not isinstance(stage, ast.DropLabels | ast.KeepLabels):
        return False
    return isinstance(stage.items[-1], str)


def print_stage(node: ast.Stage) -> str:
    """A stage with its ``|``, or a line filter."""
    match node:
        case ast.LineFilter():
            texts = [f"ip({string(m.value)})" if m.ip else string(m.value) for m in node.matches]
            return f"{node.op} {' or '.join(texts)}"
        case ast.JsonParser():
            return _words("| json", _extractions(node.extractions))
        case ast.LogfmtParser():
            flags = [flag for name, flag in _FLAGS if getattr(node, name)]
            return _words("| logfmt", *flags, _extractions(node.extractions))
        case ast.RegexpParser():
            return f"| regexp {string(node.pattern)}"
        case ast.PatternParser():
            return f"| pattern {string(node.pattern)}"
        case ast.UnpackParser():
            return "| unpack"
        case ast.LineFormat():
            return f"| line_format {string(node.template)}"
        case ast.LabelFormat():
            return f"| label_format {', '.join(map(_assignment, node.assignments))}"
        case ast.Decolorize():
            return "| decolorize"
        case ast.DropLabels():
            return f"| drop {', '.join(map(_named, node.items))}"
        case ast.KeepLabels():
            return f"| keep {', '.join(map(_named, node.items))}"
        case ast.VariablePiece():
            return node.text
        case _:
            return f"| {print_label_filter(node)}"


def _words(*words: str) -> str:
    return " ".join(word for word in words if word)


def _extractions(nodes: Sequence[ast.Extraction]) -> str:
    return ", ".join(
        n.label if n.label == n.expression else f"{_compared(n.label)}={string(n.expression)}"
        for n in nodes
    )


def _assignment(node: ast.LabelAssignment) -> str:
    gap = " " if node.rename and node.value == "~" else ""
    return f"{_compared(node.name)}={gap}{node.value if node.rename else string(node.value)}"


def _named(item: str | ast.Matcher) -> str:
    return item if isinstance(item, str) else print_matcher(item)


def print_label_filter(node: ast.LabelFilter) -> str:
    return ast.spell(node, _single_filter, _joined_filters)


def _single_filter(node: ast.LabelFilter) -> str:
    match node:
        case ast.StringLabelFilter():
            return print_matcher(node.matcher)
        case ast.NumberLabelFilter():
            return f"{node.name} {node.op} {number(node.value, node.text)}"
        case ast.DurationLabelFilter():
            return f"{node.name} {node.op} {duration(node.value)}"
        case ast.BytesLabelFilter():
            return f"{node.name} {node.op} {size(node.value, node.text)}"
        case ast.IPLabelFilter():
            return f"{_compared(node.name)}{node.op}ip({string(node.pattern)})"
        case Variable(text=text):
            return text
        case ast.AndLabelFilter() | ast.OrLabelFilter():
            return print_label_filter(node)


def _joined_filters(node: ast.JoinedLabelFilters) -> tuple[str | ast.LabelFilter, ...]:
    if isinstance(node, ast.OrLabelFilter):
        return node.left, " or ", *_operand_filter(node.right, ast.OrLabelFilter)
    left = _operand_filter(node.left, ast.OrLabelFilter)
    return *left, " and ", *_operand_filter(node.right, ast.JoinedLabelFilters)


def _operand_filter(node: ast.LabelFilter, bracketed: type) -> tuple[str | ast.LabelFilter, ...]:
    return ("(", node, ")") if isinstance(node, bracketed) else (node,)


# --- metric queries -------------------------------------------------------------------------------


def print_unwrap(node: ast.Unwrap) -> list[str]:
    """The ``| unwrap`` and the filters after it, one by one."""
    label = f"{node.conversion}({node.label})" if node.conversion else node.label
    return [f"| unwrap {label}", *(f"| {print_label_filter(f)}" for f in node.filters)]


def print_log_range(node: ast.LogRange) -> str:
    parts = [print_expr(node.query), *(print_unwrap(node.unwrap) if node.unwrap else ())]
    gap = " " if len(parts) > 1 or node.query.stages else ""
    return " ".join(parts) + gap + range_and_offset(node)


def range_and_offset(node: ast.LogRange) -> str:
    shift = "" if node.offset is None else f" {offset(node.offset)}"
    return f"[{duration(node.range, in_range=True)}]{shift}"


def offset(value: Duration | Variable) -> str:
    if isinstance(value, ast.VariablePiece):
        return value.text
    return f"offset {duration(value)}"


def call(name: str, arguments: Sequence[str]) -> str:
    return f"{name}({', '.join(arguments)})"


def parameter(node: ast.RangeAggregation | ast.VectorAggregation) -> list[str]:
    """The first argument, where there is one."""
    if node.parameter is None:
        return []
    return [str(node.parameter) if isinstance(node.parameter, int) else number(node.parameter)]


def grouping(node: ast.Grouping) -> str:
    return f"{'without' if node.without else 'by'} ({', '.join(node.labels)})"


def before(node: ast.VectorAggregation) -> str:
    """The grouping of a vector aggregation, between its name and its arguments."""
    return f" {grouping(node.grouping)} " if node.grouping else ""


def after(node: ast.RangeAggregation) -> str:
    """The grouping of a range aggregation, which can only stand at the end."""
    return f" {grouping(node.grouping)}" if node.grouping else ""


def bracketed(node: ast.BinaryOperation, child: ast.MetricExpr) -> bool:
    """Whether ``child``, an operand of ``node``, needs parentheses."""
    if not isinstance(child, ast.BinaryOperation):
        return False
    own, inner = PRECEDENCE[node.op], PRECEDENCE[child.op]
    if inner != own:
        return inner < own
    binds_left = node.op != "^"
    return binds_left == (child is node.right)


def operand(node: ast.BinaryOperation, child: ast.MetricExpr) -> str:
    return f"({print_expr(child)})" if bracketed(node, child) else print_expr(child)


def operator(node: ast.BinaryOperation, right: str) -> str:
    """The operator with ``bool``, ``on`` and ``group_left``, before the text ``right``."""
    words = [node.op]
    if node.bool_modifier:
        words.append("bool")
    if node.matching is not None:
        held = node.matching
        words.append(f"{'on' if held.on else 'ignoring'} ({', '.join(held.labels)})")
        group = GROUP_WORDS[held.card]
        # A "(" right after group_left would be taken for its labels.
        if group and (held.include or right.startswith("(")):
            group += f" ({', '.join(held.include)})"
        if group:
            words.append(group)
    return " ".join(words)
