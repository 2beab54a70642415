"""What a query does, in words: stage by stage in the order in which Loki runs them.

Windows are written as intervals of time around ``t``, the time for which a value is asked:
``(t - 5m, t]`` leaves out its start and holds its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from toolkit.logql import ast, printer
from toolkit.logql.advice import advise
from toolkit.logql.ast import Duration, Variable
from toolkit.logql.durations import format_prometheus
from toolkit.logql.hoisting import Step, evaluation_order
from toolkit.logql.labelregex import loses_anchors
from toolkit.logql.tokens import VECTOR_OPERATIONS

_INDENT: Final = "  "

_RANGES: Final = {
    "count_over_time": "the number of lines",
    "rate": "the number of lines per second",
    "bytes_over_time": "the bytes of all lines",
    "bytes_rate": "the bytes of all lines per second",
    "absent_over_time": "1 if there is no line, nothing if there is one",
    "sum_over_time": "the sum of the values",
    "avg_over_time": "the mean of the values",
    "min_over_time": "the smallest value",
    "max_over_time": "the largest value",
    "stddev_over_time": "the standard deviation of the values",
    "stdvar_over_time": "the variance of the values",
    "first_over_time": "the earliest value",
    "last_over_time": "the latest value",
    "rate_counter": "the increase per second of a counter that may restart",
}
_VECTORS: Final = {
    "sum": "add up the values",
    "avg": "take the mean of the values",
    "min": "take the smallest value",
    "max": "take the largest value",
    "count": "count the series",
    "stddev": "take the standard deviation of the values",
    "stdvar": "take the variance of the values",
}
_COMPARE: Final = {
    "==": "is",
    "!=": "is not",
    ">": "is above",
    ">=": "is at least",
    "<": "is below",
    "<=": "is at most",
}
_LINE: Final = {
    "|=": "contains",
    "!=": "does not contain",
    "|~": "holds a match of",
    "!~": "holds no match of",
    "|>": "is like",
    "!>": "is not like",
}
_UNKNOWN: Final = "whatever Grafana puts in"
_ARITHMETIC: Final = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide (by zero gives NaN)",
    "%": "take the remainder (by zero gives NaN)",
    "^": "raise to the power",
    "and": "keep the left series that have one of the same labels on the right",
    "or": "take the left series, and the right ones whose labels are not on the left",
    "unless": "keep the left series that have none of the same labels on the right",
}


def explain(expr: ast.Expr, text: str = "") -> str:
    """``expr`` in words, with remarks where it may not mean what its author thinks."""
    lines = _explain(expr)
    remarks = advise(expr, text)
    if remarks:
        lines += ["", "Mind:"]
        for remark in remarks:
            lines += [
                f"{_INDENT}{remark.summary} [{remark.code}]",
                f"{_INDENT * 2}{remark.details}",
            ]
    return "\n".join(lines)


def _indented(lines: Iterable[str]) -> list[str]:
    return [_INDENT + line for line in lines]


def _explain(expr: ast.Expr) -> list[str]:
    match expr:
        case ast.LogQuery():
            return list(_log_query(expr))
        case ast.RangeAggregation():
            return list(_range_aggregation(expr))
        case ast.VectorAggregation():
            words = f"{expr.op}: {_vector_aggregation(expr)} of"
            return [words, *_indented(_explain(expr.expr))]
        case ast.BinaryOperation():
            return [
                "the left side is",
                *_indented(_explain(expr.left)),
                f"{expr.op}: {_operation(expr)}",
                "the right side is",
                *_indented(_explain(expr.right)),
            ]
        case ast.LabelReplace():
            words = (
                f"label_replace: where {expr.src or 'an empty text'} matches all of "
                f"{printer.string(expr.regex)}, set {expr.dst} to "
                f"{printer.string(expr.replacement)}, in"
            )
            return [words, *_indented(_explain(expr.expr))]
        case ast.VectorLiteral():
            return [f"one sample without labels, always {printer.number(expr.value)}"]
        case ast.NumberLiteral():
            return [f"the number {printer.number(expr.value, expr.text)}"]


# --- log queries ----------------------------------------------------------------------------------


def _log_query(query: ast.LogQuery) -> Iterator[str]:
    yield f"the lines of the streams where {_all_of(map(_matcher, query.selector.matchers))}"
    steps = evaluation_order(query.stages)
    if steps:
        yield "of each line, in this order:"
    for step in steps:
        yield from (f"- {words}" for words in _step(step))
    moved = _moved(query.stages, steps)
    if moved:
        texts = " and ".join(printer.print_stage(stage) for stage in moved)
        yield f"(Loki moves {texts} to the front, before stages that do not change the line)"


def _moved(stages: Sequence[ast.Stage], steps: Sequence[Step]) -> list[ast.LineFilter]:
    """The line filters that are run before stages which are written before them."""
    flat = [one for step in steps for one in (step if isinstance(step, tuple) else (step,))]
    run, written = _places(flat), _places(stages)
    filters = [stage for stage in stages if isinstance(stage, ast.LineFilter)]
    return [one for one in filters if run[id(one)] < written[id(one)]]


def _places(stages: Sequence[ast.Stage]) -> dict[int, int]:
    return {id(stage): place for place, stage in reversed(list(enumerate(stages)))}


def _all_of(parts: Iterator[str]) -> str:
    return " and ".join(parts)


def _matcher(node: ast.Matcher) -> str:
    if not node.op:
        return f"{node.name} holds"
    value = printer.string(node.value)
    words = {
        "=": f"{node.name} is {value}" if node.value else f"{node.name} is empty or missing",
        "!=": f"{node.name} is not {value}" if node.value else f"{node.name} is not empty",
        "=~": f"all of {node.name} matches {value}",
        "!~": f"all of {node.name} does not match {value}",
    }
    return words[node.op]


def _step(step: Step) -> Iterator[str]:
    if isinstance(step, tuple):
        yield from map(_line_filter, step)
        return
    match step:
        case ast.JsonParser(extractions=()):
            yield (
                "read it as JSON: every field becomes a label, nested ones joined by _, "
                "arrays left out"
            )
        case ast.JsonParser(extractions=extractions):
            yield f"read it as JSON and take {_extractions(extractions)}"
        case ast.LogfmtParser(extractions=()):
            empty = "kept" if step.keep_empty else "left out"
            yield f"read it as logfmt: every key becomes a label, empty values {empty}" + (
                ", faults noted in __error__" if step.strict else ""
            )
        case ast.LogfmtParser(extractions=extractions):
            yield f"read it as logfmt and take {_extractions(extractions)}"
        case ast.RegexpParser():
            yield f"take labels from the named groups of {printer.string(step.pattern)}"
        case ast.PatternParser():
            yield f"take labels from the pattern {printer.string(step.pattern)}"
        case ast.UnpackParser():
            yield "read it as JSON: texts become labels, _entry the line"
        case ast.LineFormat():
            yield f"write it anew by the template {printer.string(step.template)}"
        case ast.LabelFormat():
            yield from map(_assignment, step.assignments)
        case ast.Decolorize():
            yield "take the terminal colours out of it"
        case ast.DropLabels():
            yield f"drop the labels {_names(step.items)}"
        case ast.KeepLabels():
            yield f"keep no labels but {_names(step.items)}"
        case ast.LineFilter():
            yield _line_filter(step)
        case ast.Variable(text=text):
            yield f"do what {text} says"
        case _:
            yield f"keep it if {_label_filter(step)}"


def _line_filter(node: ast.LineFilter) -> str:
    values = [
        f"an address of {printer.string(m.value)}" if m.ip else printer.string(m.value)
        for m in node.matches
    ]
    return f"keep it if it {_LINE[node.op]} {' or '.join(values)}"


def _extractions(extractions: Sequence[ast.Extraction]) -> str:
    return ", ".join(
        e.label if e.label == e.expression else f"{e.label} from {printer.string(e.expression)}"
        for e in extractions
    )


def _assignment(node: ast.LabelAssignment) -> str:
    if node.rename:
        return f"rename the label {node.value} to {node.name}"
    return f"set the label {node.name} by the template {printer.string(node.value)}"


def _names(items: Sequence[str | ast.Matcher]) -> str:
    return ", ".join(
        item if isinstance(item, str) else f"{item.name} (where {_matcher(item)})" for item in items
    )


def _label_filter(node: ast.LabelFilter) -> str:
    return ast.spell(node, _single_filter, _joined_filters)


def _joined_filters(node: ast.JoinedLabelFilters) -> tuple[str | ast.LabelFilter, ...]:
    word = "and" if isinstance(node, ast.AndLabelFilter) else "or"
    return "(", node.left, f" {word} ", node.right, ")"


def _single_filter(node: ast.LabelFilter) -> str:
    match node:
        case ast.StringLabelFilter(matcher=held):
            if held.op in ("=~", "!~") and loses_anchors(held.value):
                verb = "matches" if held.op == "=~" else "does not match"
                return f"some part of {held.name} {verb} {printer.string(held.value)}"
            return _matcher(held)
        case ast.NumberLabelFilter():
            return f"{node.name} {_COMPARE[node.op]} {printer.number(node.value, node.text)}"
        case ast.DurationLabelFilter():
            return f"{node.name} {_COMPARE[node.op]} {printer.duration(node.value)}"
        case ast.BytesLabelFilter():
            return f"{node.name} {_COMPARE[node.op]} {printer.size(node.value, node.text)}"
        case ast.IPLabelFilter():
            verb = "is" if node.op == "=" else "is not"
            return f"{node.name} {verb} an address of {printer.string(node.pattern)}"
        case Variable(text=text):
            return f"{text} holds"
        case ast.AndLabelFilter() | ast.OrLabelFilter():
            return _label_filter(node)


# --- metric queries -------------------------------------------------------------------------------


def _range_aggregation(expr: ast.RangeAggregation) -> Iterator[str]:
    held = expr.log_range
    what = _RANGES.get(expr.op, _UNKNOWN)
    if expr.op == "quantile_over_time" and expr.parameter is not None:
        what = f"the {printer.number(expr.parameter)}-quantile of the values"
    elif held.unwrap is not None and expr.op == "rate":
        what = "the sum of the values per second"
    yield f"{expr.op}: {what} with t in {_window(held)}, {_series(expr)}, of"
    yield from _indented(_log_query(held.query))
    if held.unwrap is not None:
        yield from _indented(_unwrap(held.unwrap))


def _window(held: ast.LogRange) -> str:
    shift = "" if held.offset is None else _shift(held.offset)
    length = _length(held.range)
    if isinstance(held.offset, ast.VariablePiece):
        return f"(t - {length}, t], shifted as {held.offset.text} says"
    return f"(t{shift} - {length}, t{shift}]"


def _shift(offset: Duration | Variable) -> str:
    if isinstance(offset, Variable) and offset.text.startswith("-"):
        return f" + {offset.text[1:]}"
    if isinstance(offset, Duration) and offset.nanoseconds < 0:
        return f" + {_length(Duration(-offset.nanoseconds))}"
    return f" - {_length(offset)}"


def _length(length: Duration | Variable) -> str:
    if isinstance(length, Variable):
        return length.text
    return length.text or format_prometheus(length.nanoseconds)


def _series(expr: ast.RangeAggregation) -> str:
    if expr.op == "absent_over_time":
        return "a single series"
    if expr.grouping is None:
        return "a series for each set of labels"
    return f"a series for each value of {_grouping(expr.grouping)}"


def _grouping(group: ast.Grouping) -> str:
    labels = ", ".join(group.labels)
    if group.without:
        return f"all labels but {labels}" if labels else "all labels"
    return labels or "nothing"


def _unwrap(node: ast.Unwrap) -> Iterator[str]:
    read: dict[str | None, str] = {
        None: "a number",
        "bytes": "a number of bytes",
        "duration": "a duration in seconds",
        "duration_seconds": "a duration in seconds",
    }
    kind = read.get(node.conversion, f"{node.conversion} says")
    yield f"- the value is the label {node.label}, read as {kind}"
    for one in node.filters:
        yield f"- keep the value if {_label_filter(one)}"


def _vector_aggregation(expr: ast.VectorAggregation) -> str:
    group = expr.grouping
    if expr.op not in VECTOR_OPERATIONS:
        limit = "".join(f" with {text}" for text in printer.parameter(expr))
        each = f" for each value of {_grouping(group)}" if group and group.labels else ""
        return f"{_UNKNOWN}{limit}{each},"
    if expr.op in ("sort", "sort_desc"):
        order = "smallest" if expr.op == "sort" else "largest"
        return f"put the {order} value first (in an instant query)"
    if expr.op in ("topk", "bottomk", "approx_topk"):
        order = "smallest" if expr.op == "bottomk" else "largest"
        about = " or nearly so" if expr.op == "approx_topk" else ""
        limit = ", ".join(printer.parameter(expr))
        each = f" for each value of {_grouping(group)}" if group and group.labels else ""
        return f"keep the {limit} series with the {order} values{about}, at every time,{each}"
    if group is None or (not group.labels and not group.without):
        return f"{_VECTORS[expr.op]}, in a single series,"
    return f"{_VECTORS[expr.op]} for each value of {_grouping(group)},"


def _operation(expr: ast.BinaryOperation) -> str:
    if expr.op in _COMPARE:
        condition = f"the left value {_COMPARE[expr.op]} the right one"
        words = f"keep the series where {condition}"
        if expr.bool_modifier:
            words = f"1 where {condition}, else 0"
    else:
        words = _ARITHMETIC[expr.op]
    numbers = (ast.NumberLiteral,)
    if isinstance(expr.left, numbers) or isinstance(expr.right, numbers):
        return words
    return f"{words}; {_matching(expr.matching)}"


def _matching(matching: ast.VectorMatching | None) -> str:
    if matching is None or not (matching.on or matching.labels):
        return "series belong together if all their labels are equal"
    labels = ", ".join(matching.labels) or "no label at all"
    words = f"series belong together if {labels} {'is' if matching.on else 'apart, all is'} equal"
    many = {"many-to-one": "left", "one-to-many": "right"}.get(matching.card)
    if many is None:
        return words
    taken = f", taking {', '.join(matching.include)} from the one" if matching.include else ""
    return f"{words}, many on the {many} to one on the other side{taken}"
