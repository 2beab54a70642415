"""A document as one HTML file: no script, no font, no address outside itself."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
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
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("toolkit.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": _cell, "drawn": _drawn, "numbers": numbers, "more": more}
    return environment


def render_html(document: Document) -> str:
    """The HTML text."""
    environment = _environment()
    macros = environment.get_template("blocks.html.jinja").module
    return environment.get_template("report.html.jinja").render(
        document=document,
        banner=BANNER,
        blocks={kind.__name__: getattr(macros, name) for kind, name in _MACROS.items()},
        light=variables(LIGHT),
        dark=variables(DARK),
        pictures=PICTURES,
        priorities=[(p.label.lower(), colour) for p, colour in PRIORITY_COLOURS.items()],
    )
