"""A report as a mail: HTML that mail programs show, its pictures as PNG, and a text part.

Mail programs know no SVG and no variables of CSS, and many take ``<style>`` away, so every element
carries its own style. Gmail cuts a message off beyond 102 kB of HTML: tables end early here, the
earlier the longer the report is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from textwrap import fill
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from toolkit.grafana.colours import PRIORITY_COLOURS
from toolkit.reports.charts import heat_svg, trend_svg
from toolkit.reports.content import HeatMap, Section, Steps, Table, Trend
from toolkit.reports.delivery.parcel import Parcel
from toolkit.reports.delivery.text import one_line
from toolkit.reports.html import cell
from toolkit.reports.palette import LIGHT
from toolkit.reports.pictures import png

MOST_BYTES = 100_000
"""As much HTML is shown whole."""
_ROWS = (12, 6, 3, 0)
"""As many rows of a table stand in a mail: the first number that makes it short enough."""
_LEFT_OUT = frozenset({"appendix", "left-out"})
"""Sections for those who check numbers: in the whole report only."""
_SVG: Mapping[type, Callable[[Any], str]] = {Trend: trend_svg, HeatMap: heat_svg}
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
    """The parts of the mail."""
    pictures: list[Picture] = []
    shown = []
    for section in _sections(parcel):
        blocks: list[tuple[str, Any]] = []
        for block in section.blocks:
            if getattr(block, "folded", False):
                continue
            if isinstance(block, Table):
                blocks.append(("table", block))
            elif isinstance(block, Steps):
                blocks.append(("steps", block))
            elif draw := _SVG.get(type(block)):
                picture = Picture(f"p{len(pictures)}@report", block.caption, png(draw(block)))
                pictures.append(picture)
                blocks.append(("picture", picture))
        shown.append((section, blocks))
    template = _environment().get_template("mail.html.jinja")
    html = ""
    for rows in _ROWS:
        html = template.render(
            document=parcel.document,
            subject=parcel.subject,
            sections=shown,
            link=link,
            rows=rows,
            colour=LIGHT,
            priorities={p.label.lower(): colour for p, colour in PRIORITY_COLOURS.items()},
        )
        if len(html.encode()) <= MOST_BYTES:
            break
    return MailContent(_text(parcel, link), html, pictures)


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


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("toolkit.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = lambda value: one_line(cell(value))
    return environment
