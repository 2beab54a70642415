"""SVG as text, one element at a time, with everything escaped that is put into it."""

from __future__ import annotations

from html import escape


class Markup(str):
    """Text that is SVG already."""

    __slots__ = ()


def element(tag: str, *content: str, **attributes: str | float) -> Markup:
    """``<tag attributes>content</tag>``; plain text in the content is escaped.

    ``class_`` is written ``class``, ``stroke_width`` ``stroke-width``; floats get one decimal.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_text(value), quote=True)}"'
        for name, value in attributes.items()
    )
    inner = "".join(
        part if isinstance(part, Markup) else escape(part, quote=False) for part in content
    )
    return Markup(f"<{tag}{written}>{inner}</{tag}>" if inner else f"<{tag}{written}/>")


def _text(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return str(value)


def picture(width: float, height: float, label: str, *content: str) -> Markup:
    """The root element, as wide as the page lets it be; ``label`` is what a screen reader says."""
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_text(width)} {_text(height)}" '
        f'role="img" aria-label="{escape(label, quote=True)}">{"".join(content)}</svg>'
    )
