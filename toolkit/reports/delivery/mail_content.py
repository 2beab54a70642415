"""A report as a mail: HTML that mail programs show, its pictures as PNG, and a text part.

Mail programs know no SVG and no variables of CSS, and many take ``<style>`` away, so every element
carries its own style. Gmail cuts a message off beyond 102 kB of HTML: tables end early here, the
earlier the longer the report is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from textwrap import fill
from typing import Any

from toolkit.grafana.colours import PRIORITY_COLOURS
from toolkit.reports.charts import drawn
from toolkit.reports.content import Block, HeatMap, Section, Steps, Table, Trend
from toolkit.reports.delivery.parcel import Parcel
from toolkit.reports.delivery.text import one_line
from toolkit.reports.html import cell, render_page
from toolkit.reports.palette import LIGHT
from toolkit.reports.pictures import png

MOST_BYTES = 100_000
"""As much HTML is shown whole."""
_ROWS = (12, 6, 3, 0)
"""As many rows of a table stand in a mail: the first number that makes it short enough."""
_LEFT_OUT = frozenset({"appendix", "left-out"})
"""Sections for those who check numbers: in the whole report only."""
_WIDTH = 76


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture inside a mail, found by its content id."""

    cid: str
    alt: str
    png: bytes


@dataclass(frozen=True, slots=True)
class MailContent:
    """The three parts. The HTML names each picture as ``cid:...``."""

    text: str
    html: str
    pictures: Sequence[Picture]


def mail_content(parcel: Parcel, link: str | None) -> MailContent:
    """The parts of the mail. Raises :class:`DefinitionError` for a mistake in a user's template."""
    pictures: list[Picture] = []
    sections = [
        (section, [shown for block in section.blocks if (shown := _shown(block, pictures))])
        for section in _sections(parcel)
    ]
    html = ""
    for rows in _ROWS:
        html = render_page(
            "mail.html.jinja",
            parcel.templates,
            document=parcel.document,
            subject=parcel.subject,
            sections=sections,
            link=link,
            rows=rows,
            colour=LIGHT,
            squares={p.label.lower(): colour for p, colour in PRIORITY_COLOURS.items()},
        )
        if len(html.encode()) <= MOST_BYTES:
            break
    return MailContent(_text(parcel, link), html, pictures)


def _shown(block: Block, pictures: list[Picture]) -> tuple[str, Any] | None:
    """What the template draws, and its kind; a picture is kept. None for what a mail leaves out.

    Values are texts already: what leads to another section leads nowhere in a mail.
    """
    match block:
        case Table() if not block.folded:
            rows = [[one_line(cell(value)) for value in row] for row in block.rows]
            return "table", replace(block, rows=rows)
        case Steps():
            return "steps", block
        case Trend() | HeatMap():
            picture = Picture(f"p{len(pictures)}@report", block.caption, png(drawn(block)))
            pictures.append(picture)
            return "picture", picture
    return None


def _sections(parcel: Parcel) -> list[Section]:
    return [one for one in parcel.document.sections if one.id not in _LEFT_OUT]


def _text(parcel: Parcel, link: str | None) -> str:
    """For readers without HTML: all that the report says in words."""
    document = parcel.document
    lines = [one_line(document.title), one_line(document.subtitle), ""]
    if parcel.warnings:
        lines += ["NOT EVERY NUMBER HERE IS WHOLE:", *map(_item, parcel.warnings), ""]
    for section in _sections(parcel):
        question = one_line(section.question)
        lines += [question, "-" * len(question)]
        lines += [fill(one_line(sentence), _WIDTH) for sentence in section.sentences]
        for block in section.blocks:
            if isinstance(block, Steps):
                lines += [_item(one_line(item.text)) for item in block.items]
        lines.append("")
    if link:
        lines += [f"The whole report: {link}", ""]
    return "\n".join([*lines, one_line(document.footer), ""])


def _item(text: str) -> str:
    return fill(text, _WIDTH, initial_indent="- ", subsequent_indent="  ")
