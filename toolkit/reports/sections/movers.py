"""What rose or fell more than chance explains, rule by rule on each node."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.analysis.change import Word
from toolkit.reports import words
from toolkit.reports.content import Column, Section, Table
from toolkit.reports.data import Cell, ReportData
from toolkit.reports.sections.says import cell_sentence, count

_ROWS = 15
_SENTENCES = 3
_TOLD = (Word.SURGING, Word.NEW, Word.VANISHED, Word.FALLING)


def movers(data: ReportData) -> Section:
    """The cells with a word that says something, the rises first."""
    question = "What rose or fell, more than chance explains?"
    if not data.has_history:
        known = "There is nothing to compare with" if data.events else "Nothing fired"
        return Section("movers", question, [f"{known}: no event in the {data.history} before."])
    rows = told(data)
    if not rows:
        return Section("movers", question, [_quiet(data)])
    sentences = [cell_sentence(data, cell) for cell in rows[:_SENTENCES]]
    sentences.append(
        f"Each is compared with the {data.history} before, day by day; of the words surging, "
        "falling and vanished one in twenty may be wrong. Whatever is not listed is steady, or "
        "too few to tell."
    )
    return Section("movers", question, sentences, [_table(data, rows)])


def told(data: ReportData) -> list[Cell]:
    """The cells that changed, in the order of the words, then most events first."""
    every = [*data.cells, *data.gone_cells]
    return [cell for word in _TOLD for cell in every if cell.trend.word == word]


def _quiet(data: ReportData) -> str:
    steady = sum(cell.trend.word == Word.STEADY for cell in data.cells)
    return (
        f"Nothing. {words.plural(steady, 'rule on a node is', 'rules on nodes are')} steady, "
        f"within half and twice of the {data.history} before; the others have too few events to "
        "tell."
    )


def _word(data: ReportData, cell: Cell) -> str:
    """A fall where Falco could not see is no news."""
    blind = data.lower_bounds.at_node(cell.node)
    if blind and cell.trend.word in (Word.FALLING, Word.VANISHED):
        return f"{cell.trend.word}, but watched in part only"
    return cell.trend.word


def _table(data: ReportData, rows: Sequence[Cell]) -> Table:
    return Table(
        "Rules on nodes that changed",
        [
            Column("Rule"),
            Column("Node"),
            Column("Word", "state"),
            Column("Events", "number"),
            Column(data.previous.name, "number"),
            Column("Usual", "number"),
            Column(f"Times the {data.history} before"),
        ],
        [
            [
                cell.rule,
                words.node(cell.node),
                _word(data, cell),
                count(cell.events, data.lower_bounds.at_node(cell.node)),
                cell.previous_events,
                None if cell.trend.expected is None else round(cell.trend.expected),
                words.interval(cell.trend.low, cell.trend.high),
            ]
            for cell in rows[:_ROWS]
        ],
        max(0, len(rows) - _ROWS),
    )
