"""Pictures of a report: legible on light and dark, told apart without colours, PNG for mails."""

from __future__ import annotations

import io
import re
import struct
import zlib

import pytest

from toolkit.reports.charts import heat_svg, trend_svg
from toolkit.reports.content import HeatMap, Trend
from toolkit.reports.palette import DARK, LIGHT, SERIES, standalone
from toolkit.reports.pictures import needs_system_fonts, png

HOSTILE = '"><script>&</style>#import "x"'
TREND = Trend("By day", ["Mon 9", "Tue 10"], [(f"{HOSTILE} {n}", [n, 9 - n]) for n in range(6)])
HEAT = HeatMap("By node", ["a", HOSTILE], ["n1", "n2"], [[1, 0], [40, 999]])


def size(image: bytes) -> tuple[int, int]:
    """Width and height as a PNG's head says them (RFC 2083, 11.2.2), its parts being whole."""
    file = io.BytesIO(image)
    assert file.read(8) == b"\x89PNG\r\n\x1a\n"
    found = None
    while head := file.read(8):
        length, kind = struct.unpack(">I4s", head)
        body = file.read(length)
        assert struct.unpack(">I", file.read(4)) == (zlib.crc32(kind + body),)
        if kind == b"IHDR":
            found = struct.unpack(">II", body[:8])
    assert found is not None
    return found


def test_a_picture_becomes_png_of_its_own_size() -> None:
    svg = heat_svg(HEAT)
    width, height = map(float, re.findall(r"[0-9.]+", svg[svg.index("viewBox") :])[2:4])
    assert size(png(svg)) == (2 * width, 2 * height)
    assert size(png(svg, scale=1)) == (width, height)


def test_the_same_picture_is_the_same_bytes() -> None:
    assert png(trend_svg(TREND)) == png(trend_svg(TREND))


def test_a_picture_that_stands_alone_names_no_variable_and_nothing_outside() -> None:
    for svg in (trend_svg(TREND), heat_svg(HEAT)):
        alone = standalone(svg)
        assert "var(" not in alone
        assert "<script" not in alone
        assert "://" not in alone.replace("http://www.w3.org/2000/svg", "")


def test_letters_of_other_scripts_need_the_fonts_of_the_machine() -> None:
    assert not needs_system_fonts("Élan – Ελλάς, Привет −5 “x” 1\u202f000 →")
    assert needs_system_fonts("規則")
    assert size(png(trend_svg(Trend("規則", ["d"], [("規則", [1])]))))[0] == 1440


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


TEXTS = [
    *((name, ground) for name in ("ink", "soft", "link") for ground in ("page", "card")),
    *((name, "page") for name in ("good", "bad")),
    ("ink", "bad-page"),
    *((f"on{n}", f"h{n}") for n in range(1, 6)),
]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast_is_that_of_wcag_aa(colours: dict[str, str]) -> None:
    for text, ground in TEXTS:
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for n in range(SERIES):
        assert contrast(colours[f"s{n}"], colours["page"]) >= 3, f"s{n}"  # 1.4.11: graphics


def test_lines_differ_without_their_colours() -> None:
    marks = re.findall(r'<path class="dot s(\d)" d="M[-0-9.]+ [-0-9.]+([^"]+)"', trend_svg(TREND))
    shapes: dict[str, set[str]] = {}
    for series, shape in marks:
        shapes.setdefault(series, set()).add(shape)
    assert len(shapes) == SERIES
    assert all(len(found) == 1 for found in shapes.values())
    assert len({shape for found in shapes.values() for shape in found}) == SERIES


def test_each_line_is_named_in_the_picture_and_no_name_stands_outside() -> None:
    svg = trend_svg(Trend("t", ["d"], [("x" * 40 + str(n), [1]) for n in range(6)]))
    for n in range(6):
        assert f">{'x' * 40}{n}</text>" in svg
    ends = [float(x) + 6.4 * 41 for x in re.findall(r'<text x="([0-9.]+)" y="[0-9.]+">x', svg)]
    assert len(ends) == 6
    assert max(ends) <= 720
