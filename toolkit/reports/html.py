"""A document as one HTML file: no script, no font, no address outside itself."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined
from markupsafe import Markup

from toolkit.grafana.colours import PRIORITY_COLOURS
from toolkit.reports.charts import drawn
from toolkit.reports.content import (
    BANNER,
    AtLeast,
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
from toolkit.reports.mistakes import raise_in_template
from toolkit.reports.palette import DARK, LIGHT, PICTURES, variables
from toolkit.reports.words import number

_MACROS = {Table: "table", Trend: "picture", HeatMap: "picture", Code: "code", Steps: "steps"}


def cell(value: Value) -> str:
    """A table's value as text; a dash for none."""
    match value:
        case None:
            return "–"
        case AtLeast():
            return f"≥\u202f{number(value)}"
        case int():
            return number(value)
        case Link():
            return value.text
    return value


def _cell(value: Value) -> Markup | str:
    if isinstance(value, Link) and leads(value):
        return Markup('<a href="{}">{}</a>').format(value.target, value.text)
    return cell(value)


def _drawn(block: Trend | HeatMap) -> Markup:
    return Markup(drawn(block))  # noqa: S704 - toolkit.svg escapes all text


@lru_cache(maxsize=1)
def _environment(templates: Path | None) -> Environment:
    shipped = PackageLoader("toolkit.reports")
    environment = Environment(
        loader=shipped
        if templates is None
        else ChoiceLoader([FileSystemLoader(templates), shipped]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": _cell, "drawn": _drawn, "numbers": numbers, "more": more}
    return environment


def render_html(document: Document, templates: Path | None = None) -> str:
    """The HTML text; ``templates`` is a folder whose templates stand in for those shipped.

    Raises :class:`DefinitionError` for a mistake in one of them.
    """
    return render_page("report.html.jinja", templates, document=document)


def render_page(name: str, templates: Path | None = None, **values: Any) -> str:
    """A page of that template, with the look and the blocks that all pages have in common."""
    try:
        environment = _environment(templates)
        macros = environment.get_template("blocks.html.jinja").module
        return environment.get_template(name).render(
            blocks={kind.__name__: getattr(macros, macro) for kind, macro in _MACROS.items()},
            banner=BANNER,
            light=variables(LIGHT),
            dark=variables(DARK),
            pictures=PICTURES,
            priorities=[(p.label.lower(), colour) for p, colour in PRIORITY_COLOURS.items()],
            **values,
        )
    except Exception as error:
        if templates is not None:
            raise_in_template(error, templates)
        raise
