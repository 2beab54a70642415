"""A document as Markdown, for chats, tickets and wikis. Pictures become tables."""

from __future__ import annotations

import re
from collections.abc import Sequence

from toolkit.reports.content import Block, Code, Document, HeatMap, Table, Trend, Value
from toolkit.reports.html import cell
from toolkit.reports.words import number

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


def render_markdown(document: Document) -> str:
    """The Markdown text (GitHub's tables)."""
    lines = [f"# {_text(document.title)}", "", _text(document.subtitle), ""]
    if document.banner:
        lines += ["> **Not every number here is whole.**"]
        lines += [f"> - {_text(line)}" for line in document.banner]
        lines += [""]
    for section in document.sections:
        lines += [f"## {_text(section.question)}", ""]
        for sentence in section.sentences:
            lines += [_text(sentence), ""]
        for block in section.blocks:
            lines += [*_block(block), ""]
    return "\n".join([*lines, "---", "", _text(document.footer), ""])


def _block(block: Block) -> list[str]:
    rows: list[list[Value]]
    match block:
        case Table():
            return _table(
                block.caption,
                [column.title for column in block.columns],
                [column.align == "number" for column in block.columns],
                block.rows,
                f"{number(block.more)} more in report.json." if block.more else "",
            )
        case Trend():
            header = ["", *block.days]
            rows = [[name, *values] for name, values in block.series]
        case HeatMap():
            header = ["", *block.columns]
            pairs = zip(block.rows, block.values, strict=True)
            rows = [[name, *values] for name, values in pairs]
        case Code():
            return [f"**{_text(block.caption)}**", "", "```", block.text.rstrip("\n"), "```"]
    return _table(block.caption, header, [False] + [True] * (len(header) - 1), rows, "")


def _table(
    caption: str,
    header: Sequence[str],
    numbers: Sequence[bool],
    rows: Sequence[Sequence[Value]],
    note: str,
) -> list[str]:
    lines = [f"**{_text(caption)}**", ""]
    if not rows:
        return [*lines, "None."]
    lines.append("| " + " | ".join(_text(title) for title in header) + " |")
    lines.append("| " + " | ".join("---:" if right else "---" for right in numbers) + " |")
    lines += ["| " + " | ".join(_text(cell(value)) for value in row) + " |" for row in rows]
    return [*lines, "", note] if note else lines


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text).replace("\n", " ")
