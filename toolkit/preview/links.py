"""Links between panels and dashboards of one page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from toolkit.preview.markup import Markup, html, joined

_DASHBOARD = re.compile(r"/?d/([\w-]+)")


@dataclass(frozen=True, slots=True)
class Links:
    """Which dashboards are on the page, by uid; a link elsewhere is shown as plain text."""

    shown: frozenset[str]

    def to(self, address: str, text: str) -> Markup:
        """``text``, as a link where ``address`` leads to a dashboard on the page."""
        match = _DASHBOARD.match(address)
        if match is None or match[1] not in self.shown or not text:
            return joined(text)
        return html("a", text, href=f"#{match[1]}")
