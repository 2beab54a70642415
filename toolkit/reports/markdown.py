"""A document as Markdown, for chats, tickets and wikis. Pictures become tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from toolkit.reports.content import (
    Block,
    Code,
    Document,
    HeatMap,
    Link,
    Steps,
    Table,
    Trend,
    Value,
)
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
    questions = {f"#{section.id}": section.question for section in document.sections}
    for section in document.sections:
        lines += [f"## {_text(section.question)}", ""]
        for sentence in section.sentences:
            lines += [_text(sentence), ""]
        for block in section.blocks:
            lines += [*_block(block, questions), ""]
    return "\n".join([*lines, "---", "", _text(document.footer), ""])


def _block(block: Block, questions: Mapping[str, str]) -> list[str]:
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
        case Steps():
            steps = [
                f"{place}. {_step(one, questions)}" for place, one in enumerate(block.items, 1)
            ]
            return [f"**{_text(block.caption)}**", "", *steps]
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
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return [*lines, "", note] if note else lines


def _step(step: Link, questions: Mapping[str, str]) -> str:
    """Headings have no names that every reader of Markdown knows: the question is said."""
    if step.target in questions:
        return f"{_text(step.text)} ({_text(questions[step.target])})"
    return _cell(step)


def _cell(value: Value) -> str:
    if isinstance(value, Link) and not value.target.startswith("#"):
        # Encoded are the two characters that would end the address early.
        target = value.target.replace("(", "%28").replace(")", "%29")
        return f"[{_text(value.text)}]({target})"
    return _text(cell(value))


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text).replace("\n", " ")
