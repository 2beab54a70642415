"""A document as Markdown, for chats, tickets and wikis. Pictures become tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from toolkit.reports.content import (
    BANNER,
    Block,
    Code,
    Document,
    HeatMap,
    Link,
    Steps,
    Table,
    Trend,
    Value,
    leads,
    more,
    numbers,
)
from toolkit.reports.html import cell

_ENDING = re.compile(r"[()<>\s]")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


def render_markdown(document: Document) -> str:
    """The Markdown text (GitHub's tables)."""
    lines = [f"# {_text(document.title)}", "", _text(document.subtitle), ""]
    if document.banner:
        lines += [f"> **{BANNER}**"]
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
    head = [f"**{_text(block.caption)}**", ""]
    match block:
        case Table():
            return head + _table(block)
        case Trend() | HeatMap():
            return head + _table(numbers(block))
        case Code():
            return [*head, *_code(block.text.rstrip("\n"))]
        case Steps():
            steps = enumerate(block.items, 1)
            return head + [f"{place}. {_step(one, questions)}" for place, one in steps]


def _table(table: Table) -> list[str]:
    if not table.rows:
        return ["None."]
    ends = ["---:" if column.align == "number" else "---" for column in table.columns]
    cells = [
        [_text(column.title) for column in table.columns],
        ends,
        *([_cell(value) for value in row] for row in table.rows),
    ]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return [*lines, "", more(table)] if table.more else lines


def _code(text: str) -> list[str]:
    """Between fences longer than any run of backticks in the text."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, text, fence]


def _step(step: Link, questions: Mapping[str, str]) -> str:
    """Headings have no names that every reader of Markdown knows: the question is said."""
    if step.target in questions:
        return f"{_text(step.text)} ({_text(questions[step.target])})"
    return _cell(step)


def _cell(value: Value) -> str:
    if isinstance(value, Link) and leads(value) and not value.target.startswith("#"):
        # Encoded are the characters that would end the address early.
        target = _ENDING.sub(lambda found: quote(found[0], safe=""), value.target)
        return f"[{_text(value.text)}]({target})"
    return _text(cell(value))


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text).replace("\n", " ")
