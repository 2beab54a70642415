"""A document as PDF: tagged for screen readers (PDF/UA-1), the same bytes for the same document.

Typst sets it from ``templates/report.typ``. The document goes in as JSON, never as part of the
program: a rule's name can hold what it likes.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from toolkit.grafana.colours import PRIORITY_COLOURS
from toolkit.reports.charts import drawn
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
from toolkit.reports.mistakes import raise_in_typst
from toolkit.reports.palette import LIGHT, standalone
from toolkit.reports.pictures import needs_system_fonts
from toolkit.reports.words import number

_TEMPLATE = "report.typ"
_SECOND = 10**9
# Columns: short ones and moments are as wide as they need to be, longer ones share what is left of
# the line.
_LINE = 90  # characters, of about 120 that a line has
_SHORT, _VERY_SHORT = 26, 12
_LONGEST = 60
_FONTS = ("Libertinus Serif", "DejaVu Sans Mono")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def render_pdf(document: Document, templates: Path | None = None) -> bytes:
    """The PDF file, A4; a ``report.typ`` in ``templates`` stands in for the one shipped.

    Raises :class:`DefinitionError` for a mistake in it.
    """
    import typst  # 80 MB: only who wants a PDF loads it

    own = None if templates is None else templates / _TEMPLATE
    if own is None or not own.is_file():
        own = None
    shipped = files("toolkit.reports").joinpath("templates", _TEMPLATE)
    inputs = {"report": json.dumps(_plain(document), ensure_ascii=False)}
    try:
        made: bytes = typst.compile(
            shipped.read_bytes() if own is None else str(own),
            format="pdf",
            pdf_standards="ua-1",
            sys_inputs=inputs,
            ignore_system_fonts=not needs_system_fonts(inputs["report"]),
        )
    except typst.TypstError as error:
        if own is not None:
            raise_in_typst(error, own)
        raise
    return made


def _plain(document: Document) -> dict[str, Any]:
    made = _EPOCH + timedelta(seconds=document.generated // _SECOND)
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "banner_title": BANNER,
        "banner": document.banner,
        "sections": [
            {
                "id": section.id,
                "question": section.question,
                "tone": section.tone,
                "sentences": section.sentences,
                "blocks": [{"caption": one.caption, **_block(one)} for one in section.blocks],
            }
            for section in document.sections
        ],
        "footer": document.footer,
        "date": {name: getattr(made, name) for name in _DATE},
        "colours": LIGHT,
        "priorities": {p.label.lower(): colour for p, colour in PRIORITY_COLOURS.items()},
        "fonts": _FONTS,
    }


_DATE = ("year", "month", "day", "hour", "minute", "second")


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Table():
            return {"kind": "table", **_table(block)}
        case Trend():
            table = numbers(block)
            return {
                "kind": "picture",
                "svg": standalone(drawn(block)),
                "alt": f"{block.caption}; the numbers follow as a table.",
                "numbers": _table(table),
            }
        case HeatMap():
            return {
                "kind": "picture",
                "svg": standalone(drawn(block)),
                "alt": _said(block),
                "numbers": None,
            }
        case Code():
            return {"kind": "code", "text": block.text.rstrip("\n")}
        case Steps():
            return {"kind": "steps", "items": [_cell(item) for item in block.items]}


def _table(table: Table) -> dict[str, Any]:
    texts = [[_cell(value) for value in row] for row in table.rows]
    columns = zip(table.columns, zip(*texts, strict=True), strict=True) if texts else ()
    longest = [
        max(len(column.title), *(len(value["text"]) for value in values))
        for column, values in columns
    ]
    short = _SHORT if sum(n for n in longest if n <= _SHORT) <= _LINE else _VERY_SHORT
    return {
        "titles": [column.title for column in table.columns],
        "aligns": [column.align for column in table.columns],
        "widths": [
            0 if n <= short or column.align == "moment" else min(n, _LONGEST)
            for column, n in zip(table.columns, longest, strict=False)
        ],
        "rows": texts,
        "note": more(table),
    }


def _cell(value: Value) -> dict[str, str]:
    text = {"text": cell(value)}
    return {**text, "target": value.target} if isinstance(value, Link) and leads(value) else text


def _said(heat: HeatMap) -> str:
    """The picture for who cannot see it: every number that is not zero."""
    lines = [
        f"{name}: " + ", ".join(f"{column} {number(value)}" for column, value in pairs)
        for name, values in zip(heat.rows, heat.values, strict=True)
        if (pairs := [pair for pair in zip(heat.columns, values, strict=True) if pair[1]])
    ]
    return f"{heat.caption}. " + "; ".join(lines)
