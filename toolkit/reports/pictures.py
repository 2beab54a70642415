"""A picture as PNG, for mails: most programs that read mail draw no SVG."""

from __future__ import annotations

import re

from toolkit.reports.palette import standalone

# Texts are handed over as data; nothing of them is ever part of the program.
_PAGE = b"""\
#set page(width: auto, height: auto, margin: 0pt, fill: white)
#image(bytes(sys.inputs.svg), format: "svg", width: float(sys.inputs.width) * 1pt)
"""
_WIDTH = re.compile(r'viewBox="0 0 ([0-9.]+) ')
_POINTS_PER_INCH = 72


def png(svg: str, *, scale: float = 2) -> bytes:
    """A chart of :mod:`toolkit.reports.charts` as PNG, on white and in the light page's colours.

    ``scale`` is in pixels for each unit of the picture: 720 units become 1440 pixels.
    """
    import typst  # 80 MB: only who wants a picture loads it

    width = _WIDTH.search(svg)
    assert width is not None, "charts begin with their size"
    inputs = {"svg": standalone(svg), "width": width[1]}
    made: bytes = typst.compile(
        _PAGE,
        format="png",
        ppi=_POINTS_PER_INCH * scale,
        sys_inputs=inputs,
        ignore_system_fonts=not needs_system_fonts(svg),
    )
    return made


def needs_system_fonts(text: str) -> bool:
    """Whether a text holds letters that the fonts inside the compiler lack.

    They have Latin, Greek and Cyrillic. Otherwise the machine's own fonts stay out of it, so that
    every machine makes the same bytes.
    """
    return any(ord(character) > _LAST_KNOWN for character in text)


_LAST_KNOWN = 0x2BFF
