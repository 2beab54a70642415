"""The colours of a report, on light and on dark, and the style of its pictures.

Both pages name colours by CSS variables; a picture that leaves the page (in the PDF, in a mail)
takes the light values with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

SERIES = 6
"""How many lines of one picture can be told apart."""

LIGHT: Mapping[str, str] = {
    "ink": "#1b2330",
    "soft": "#566170",
    "page": "#ffffff",
    "card": "#f5f7fa",
    "rule": "#d9dfe7",
    "good": "#1a7f4b",
    "bad": "#b3261e",
    "bad-page": "#fdecea",
    "link": "#1f5fbf",
    "s0": "#1f5fbf",
    "s1": "#c2571a",
    "s2": "#1a7f4b",
    "s3": "#7b3fa0",
    "s4": "#8c6a0f",
    "s5": "#4b5563",
    "h0": "#f5f7fa",
    "h1": "#dbe7f6",
    "h2": "#adc9ec",
    "h3": "#7fabdf",
    "h4": "#3a73ba",
    "h5": "#1c4a85",
    "on1": "#1b2330",
    "on2": "#1b2330",
    "on3": "#1b2330",
    "on4": "#ffffff",
    "on5": "#ffffff",
}
DARK: Mapping[str, str] = {
    "ink": "#e6eaf0",
    "soft": "#9aa6b5",
    "page": "#12161d",
    "card": "#1b212b",
    "rule": "#323b48",
    "good": "#57c08a",
    "bad": "#ff8a80",
    "bad-page": "#3a1f1e",
    "link": "#8ab4f8",
    "s0": "#8ab4f8",
    "s1": "#f2a36b",
    "s2": "#57c08a",
    "s3": "#c99be6",
    "s4": "#dbc06a",
    "s5": "#9aa6b5",
    "h0": "#1b212b",
    "h1": "#1d2d44",
    "h2": "#274468",
    "h3": "#33618f",
    "h4": "#5f9bd8",
    "h5": "#8ab4f8",
    "on1": "#e6eaf0",
    "on2": "#e6eaf0",
    "on3": "#e6eaf0",
    "on4": "#10151d",
    "on5": "#10151d",
}

PICTURES = "\n".join(
    [
        "svg text { fill: var(--ink); } svg .axis { fill: var(--soft); }",
        "svg .grid { stroke: var(--rule); } svg .line { fill: none; stroke-width: 2; }",
        *(
            f"svg .line.s{n} {{ stroke: var(--s{n}); }} svg .dot.s{n} {{ fill: var(--s{n}); }}"
            for n in range(SERIES)
        ),
        *(f"svg .h{n} {{ fill: var(--h{n}); }}" for n in range(6)),
        *(f"svg .on{n} {{ fill: var(--on{n}); }}" for n in range(1, 6)),
    ]
)
"""The style of pictures, in terms of the variables."""

# Fonts that the PDF brings along; the pages' own are not there.
_FONT = 'svg text { font: 12px "Libertinus Serif"; }'
_VARIABLE = re.compile(r"var\(--([a-z0-9-]+)\)")


def variables(colours: Mapping[str, str]) -> str:
    """``--ink: #1b2330; ...``"""
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


def standalone(svg: str) -> str:
    """A picture that needs no page around it: the light colours stand inside it."""
    style = _VARIABLE.sub(lambda match: LIGHT[match[1]], PICTURES)
    head, _, rest = svg.partition(">")
    return f"{head}><style>{_FONT}\n{style}</style>{rest}"
