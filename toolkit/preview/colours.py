"""Grafana's named colours and palettes, each for its dark and its light theme.

Source: grafana/grafana packages/grafana-data/src/themes/createVisualizationColors.ts; the schemes
of heat maps are d3-scale-chromatic's, given here by the points that it interpolates between.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Colour:
    """A CSS colour for each theme."""

    dark: str
    light: str

    @property
    def css(self) -> str:
        """One CSS value for both."""
        return self.dark if self.dark == self.light else f"light-dark({self.light},{self.dark})"

    def faded(self, opacity: float) -> Colour:
        """The same with an opacity from 0 to 1; a colour not written in six digits stays."""
        digits = f"{round(255 * opacity):02x}"
        dark, light = (
            one + digits if _HEX.fullmatch(one) else one for one in (self.dark, self.light)
        )
        return Colour(dark, light)


# Five shades of each hue in the dark theme, from super-light to dark, and the one shade more at
# the dark end that the light theme has: it uses each shade one place further on.
_HUES = {
    "red": ("#FFA6B0", "#FF7383", "#F2495C", "#E02F44", "#C4162A", "#AD0317"),
    "orange": ("#FFCB7D", "#FFB357", "#FF9830", "#FF780A", "#FA6400", "#E55400"),
    "yellow": ("#FFF899", "#FFEE52", "#FADE2A", "#F2CC0C", "#E0B400", "#CC9D00"),
    "green": ("#C8F2C2", "#96D98D", "#73BF69", "#56A64B", "#37872D", "#19730E"),
    "blue": ("#C0D8FF", "#8AB8FF", "#5794F2", "#3274D9", "#1F60C4", "#1250B0"),
    "purple": ("#DEB6F2", "#CA95E5", "#B877D9", "#A352CC", "#8F3BB8", "#7C2EA3"),
}
_SHADES = ("super-light-", "light-", "", "semi-dark-", "dark-")

NAMED: dict[str, Colour] = {
    f"{shade}{hue}": Colour(tones[place], tones[place + 1])
    for hue, tones in _HUES.items()
    for place, shade in enumerate(_SHADES)
} | {
    "transparent": Colour("transparent", "transparent"),
    "text": Colour("#CCCCDC", "#24292E"),
    "panel-bg": Colour("#181B1F", "#FFFFFF"),
}

_CLASSIC = """
    green semi-dark-yellow blue orange red purple dark-green dark-yellow dark-blue dark-orange
    dark-red dark-purple super-light-green super-light-yellow super-light-blue super-light-orange
    super-light-red super-light-purple #447EBC #C15C17 #890F02 #0A437C #6D1F62 #584477 #B7DBAB
    #F4D598 #70DBED #F9BA8F #F29191 #82B5D8 #E5A8E2 #AEA2E0 #629E51 #E5AC0E #64B0C8 #E0752D #BF1B00
    #0A50A1 #962D82 #614D93 #9AC48A #F2C96D #65C5DB #F9934E #EA6460 #5195CE #D683CE #806EB7 #3F6833
    #967302 #2F575E #99440A #58140C #052B51 #511749 #3F2B5B #E0F9D7 #FCEACA #CFFAFF #F9E2D2 #FCE2DE
    #BADFF4 #F9D9F9 #DEDAF7
"""
_FIRST_OF_GRAPH = "#7EB26D #EAB839 #6ED0E0 #EF843C #E24D42 #1F78C1 #BA43A9 #705DA0 #508642 #CCA300"

PALETTE = tuple(_CLASSIC.split())
"""The classic palette: the colours of series in their order."""

GRAPH_PALETTE = (*_FIRST_OF_GRAPH.split(), *PALETTE[18:])
"""Those of Grafana 7.5's graph panel (packages/grafana-ui/src/utils/colors.ts)."""

CONTINUOUS = {
    "continuous-GrYlRd": ("green", "yellow", "red"),
    "continuous-RdYlGr": ("red", "yellow", "green"),
    "continuous-BlYlRd": ("dark-blue", "super-light-yellow", "dark-red"),
    "continuous-YlRd": ("super-light-yellow", "dark-red"),
    "continuous-BlPu": ("blue", "purple"),
    "continuous-YlBl": ("super-light-yellow", "dark-blue"),
    "continuous-blues": ("panel-bg", "dark-blue"),
    "continuous-reds": ("panel-bg", "dark-red"),
    "continuous-greens": ("panel-bg", "dark-green"),
    "continuous-purples": ("panel-bg", "dark-purple"),
}

SCHEMES = {
    "Oranges": "fff5eb fee6ce fdd0a2 fdae6b fd8d3c f16913 d94801 a63603 7f2704",
    "Reds": "fff5f0 fee0d2 fcbba1 fc9272 fb6a4a ef3b2c cb181d a50f15 67000d",
    "Blues": "f7fbff deebf7 c6dbef 9ecae1 6baed6 4292c6 2171b5 08519c 08306b",
    "Greens": "f7fcf5 e5f5e0 c7e9c0 a1d99b 74c476 41ab5d 238b45 006d2c 00441b",
    "Purples": "fcfbfd efedf5 dadaeb bcbddc 9e9ac8 807dba 6a51a3 54278f 3f007d",
    "Greys": "ffffff f0f0f0 d9d9d9 bdbdbd 969696 737373 525252 252525 000000",
    "YlOrRd": "ffffcc ffeda0 fed976 feb24c fd8d3c fc4e2a e31a1c bd0026 800026",
}
"""Heat map schemes by name, from the least to the most."""


def named(name: str) -> Colour:
    """The colour of that name; any other text is taken for a CSS colour of its own."""
    return NAMED.get(name) or Colour(name, name)


def of_palette(index: int, palette: Sequence[str] = PALETTE) -> Colour:
    """The colour of the series at that place."""
    return named(palette[index % len(palette)])


def between(names: Sequence[str], share: float) -> Colour:
    """The colour at ``share`` (0 to 1) of the way through these."""
    colours = [named(name) for name in names]
    return Colour(
        mixed([one.dark for one in colours], share), mixed([one.light for one in colours], share)
    )


def scheme(name: str, share: float) -> str:
    """The colour at ``share`` of a heat map's scheme. An unknown scheme is drawn as Oranges."""
    return mixed([f"#{one}" for one in SCHEMES.get(name, SCHEMES["Oranges"]).split()], share)


def mixed(points: Sequence[str], share: float) -> str:
    """Between ``#rrggbb`` colours, straight from one to the next."""
    place = min(max(share, 0.0), 1.0) * (len(points) - 1)
    before = min(int(place), len(points) - 2) if len(points) > 1 else 0
    if len(points) == 1 or not all(_HEX.fullmatch(one) for one in points):
        return points[before]
    part = place - before
    low, high = _channels(points[before]), _channels(points[before + 1])
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(low, high, strict=True))


def is_dark(colour: str) -> bool:
    """Whether light text is more legible on it than dark text."""
    if not _HEX.fullmatch(colour[:7]):
        return True
    red, green, blue = _channels(colour[:7])
    return 0.299 * red + 0.587 * green + 0.114 * blue < 150


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
