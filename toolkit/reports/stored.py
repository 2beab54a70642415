"""A document as plain values and back: ``report.json`` keeps what the pages said, under
``document``, so that a report can be shown again where nothing else of it is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from toolkit.reports.content import (
    AtLeast,
    Block,
    Code,
    Column,
    Document,
    HeatMap,
    Link,
    Section,
    Steps,
    Table,
    Trend,
    Value,
)
from toolkit.reports.data import ReportData
from toolkit.reports.to_json import to_json

Plain = Mapping[str, Any]


def whole_json(data: ReportData, document: Document) -> dict[str, Any]:
    """All that ``report.json`` holds: what was found, and what is said of it."""
    return {**to_json(data), "document": to_plain(document)}


def to_plain(document: Document) -> dict[str, Any]:
    """Dictionaries, lists, texts and numbers."""
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "banner": list(document.banner),
        "sections": [
            {
                "id": section.id,
                "question": section.question,
                "tone": section.tone,
                "sentences": list(section.sentences),
                "blocks": [_block(block) for block in section.blocks],
            }
            for section in document.sections
        ],
        "footer": document.footer,
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Table():
            return {
                "kind": "table",
                "caption": block.caption,
                "columns": [{"title": one.title, "align": one.align} for one in block.columns],
                "rows": [[_value(value) for value in row] for row in block.rows],
                "more": block.more,
                "folded": block.folded,
            }
        case Trend():
            return {
                "kind": "trend",
                "caption": block.caption,
                "days": list(block.days),
                "series": [{"name": name, "values": list(values)} for name, values in block.series],
            }
        case HeatMap():
            return {
                "kind": "heat",
                "caption": block.caption,
                "rows": list(block.rows),
                "columns": list(block.columns),
                "values": [list(row) for row in block.values],
            }
        case Code():
            return {
                "kind": "code",
                "caption": block.caption,
                "text": block.text,
                "folded": block.folded,
            }
        case Steps():
            items = [_value(item) for item in block.items]
            return {"kind": "steps", "caption": block.caption, "items": items}


def _value(value: Value) -> Any:
    if isinstance(value, Link):
        return {"text": value.text, "target": value.target}
    return {"at_least": int(value)} if isinstance(value, AtLeast) else value


def from_plain(plain: Plain, generated: int) -> Document:
    """The document again. Raises ``KeyError`` or ``TypeError`` for another shape."""
    sections = [
        Section(
            one["id"],
            one["question"],
            one["sentences"],
            [_READERS[block["kind"]](block) for block in one["blocks"]],
            one["tone"],
        )
        for one in plain["sections"]
    ]
    return Document(
        plain["title"], plain["subtitle"], plain["banner"], sections, plain["footer"], generated
    )


def _read(value: Any) -> Value:
    if isinstance(value, Mapping):
        if "at_least" in value:
            return AtLeast(value["at_least"])
        return Link(value["text"], value["target"])
    read: Value = value
    return read


def _table(plain: Plain) -> Table:
    return Table(
        plain["caption"],
        [Column(one["title"], one["align"]) for one in plain["columns"]],
        [[_read(value) for value in row] for row in plain["rows"]],
        plain["more"],
        plain["folded"],
    )


def _steps(plain: Plain) -> Steps:
    return Steps(plain["caption"], [Link(one["text"], one["target"]) for one in plain["items"]])


_READERS: Mapping[str, Callable[[Plain], Block]] = {
    "table": _table,
    "trend": lambda plain: Trend(
        plain["caption"], plain["days"], [(one["name"], one["values"]) for one in plain["series"]]
    ),
    "heat": lambda plain: HeatMap(
        plain["caption"], plain["rows"], plain["columns"], plain["values"]
    ),
    "code": lambda plain: Code(plain["caption"], plain["text"], plain["folded"]),
    "steps": _steps,
}
