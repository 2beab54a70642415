"""HTML as text, with everything escaped that is put into it; SVG is :mod:`toolkit.svg`'s."""

from __future__ import annotations

from html import escape

from toolkit.preview.colours import Colour
from toolkit.svg import Markup

__all__ = ["Markup", "html", "joined", "style"]


def html(tag: str, *content: str, **attributes: str | None) -> Markup:
    """``<tag attributes>content</tag>``; plain text is escaped, attributes that are None left out.

    ``class_`` is written ``class``, ``aria_label`` ``aria-label``.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value, quote=True)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{tag}{written}>{joined(*content)}</{tag}>")


def joined(*content: str) -> Markup:
    """The parts one after the other, plain text escaped."""
    return Markup(
        "".join(part if isinstance(part, Markup) else escape(part, quote=False) for part in content)
    )


def style(**properties: str | Colour | None) -> str | None:
    """The value of a ``style`` attribute; ``border_color`` is written ``border-color``."""
    made = [
        f"{name.replace('_', '-')}:{value.css if isinstance(value, Colour) else value}"
        for name, value in properties.items()
        if value is not None
    ]
    return ";".join(made) or None
