"""Half sentences that several sections say alike."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.analysis.change import Word
from toolkit.reports import words
from toolkit.reports.content import AtLeast, Block, Code, Section
from toolkit.reports.data import Cell, ReportData, Trend
from toolkit.reports.findings import Origin, Unanswered, Whence

_MOST = 0.5
_NAMED = (("halved", 0.45, 0.55), ("doubled", 1.8, 2.2), ("tripled", 2.7, 3.3))
_PERCENT = 100
JSON_SETTING = """\
# values.yaml of Falcosidekick's chart: lines that hold every field of an event
config:
  loki:
    format: json
"""


def count(value: int, lower_bound: bool) -> int:
    """A number for a table, marked where it is a lower bound."""
    return AtLeast(value) if lower_bound else value


def at_least(text: str, lower_bound: bool) -> str:
    """``at least 12 events``."""
    return f"at least {text}" if lower_bound else text


def percent(share: float) -> str:
    """``18 %``; never 0 or 100 where it is neither."""
    value = round(_PERCENT * share)
    if share > 0 and value == 0:
        return "less than 1\u00a0%"
    if share < 1 and value == _PERCENT:
        return "more than 99\u00a0%"
    return f"{value}\u00a0%"


def rose(trend: Trend) -> str:
    """``tripled (2.1 to 4.8 times)``: what a trend came to, and how sure that is."""
    low = words.times(trend.low or 0.0)
    within = (
        f"at least {low} times"
        if trend.high is None
        else f"{low} to {words.times(trend.high)} times"
    )
    if trend.ratio is None:
        return f"rose from next to nothing ({within})"
    for verb, least, most in _NAMED:
        if least <= trend.ratio <= most:
            return f"{verb} ({within})"
    verb = "rose" if trend.ratio > 1 else "fell"
    return f"{verb} to {words.times(trend.ratio)} times the usual ({within})"


def where_from(origins: Sequence[Origin], events: int) -> str:
    """``all from shop/stock-probe``; empty where nothing clear can be said."""
    if not origins or not events:
        return ""
    for level in (_workload, _namespace):
        sums: dict[str, int] = {}
        for one in origins:
            sums[level(one)] = sums.get(level(one), 0) + one.events
        name, most = max(sums.items(), key=lambda item: (item[1], item[0]))
        if most >= events:
            return f"all {name}"
        if most >= _MOST * events:
            return f"most {name} ({words.number(most)} of {words.number(events)})"
    return ""


def _namespace(one: Origin) -> str:
    return f"from namespace {one.namespace}" if one.namespace else "from outside Kubernetes' pods"


def _workload(one: Origin) -> str:
    if one.namespace and one.workload:
        return f"from {one.namespace}/{one.workload}"
    return _namespace(one)


def cell_sentence(data: ReportData, cell: Cell) -> str:
    """What a rule did on a node, how sure that is and who was behind it."""
    where = f"{cell.rule} on {words.node(cell.node)}"
    number = at_least(words.events(cell.events), data.lower_bounds.at_node(cell.node))
    if cell.trend.word == Word.NEW:
        text = f"{where} is new there: {number}"
    elif cell.trend.word == Word.VANISHED:
        text = f"{where} vanished: no event, usually {words.about(cell.trend.expected)}"
    else:
        usual = words.about(cell.trend.expected)
        text = f"{where} {rose(cell.trend)}: {number}, usually {usual}"
    parts = [text]
    busiest = cell.trend.busiest_day
    if busiest is not None and busiest > _MOST and cell.trend.word == Word.SURGING:
        parts.append(f"{percent(busiest)} of them on one day")
    if isinstance(data.whence, Whence):
        origin = where_from(data.whence.of_cell(cell.rule, cell.node), cell.events)
        if origin:
            parts.append(origin)
    return ", ".join(parts) + "."


def unanswered(identifier: str, question: str, part: Unanswered) -> Section:
    """A section that says why it is empty, and which setting would fill it."""
    if not part.setting:
        return Section(identifier, question, [f"{part.reason}."], tone="bad")
    sentence = f"This cannot be told, because {part.reason}. What brings it: {part.setting}."
    return Section(identifier, question, [sentence], settings(part.setting))


def settings(text: str) -> list[Block]:
    """The setting to copy, where it is the one that brings all fields."""
    if "loki.format: json" not in text:
        return []
    return [Code("The setting that brings every field", JSON_SETTING, folded=True)]
