"""Log lines, and text of our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.grafana.context import Context
from toolkit.grafana.panels.base import G, Panel


@dataclass(frozen=True, slots=True)
class Logs(Panel):
    """The lines themselves, the latest first."""

    width: int = 24
    height: int = 14
    unit: str = ""
    interval: str | None = None
    wrap: bool = True

    def build(self, context: Context) -> Any:
        return G.Logs(
            **self.common(context),
            showTime=True,
            showLabels=False,
            showCommonLabels=False,
            wrapLogMessages=self.wrap,
            sortOrder="Descending",
            dedupStrategy="none",
            enableLogDetails=True,
            prettifyLogMessage=False,
            extraJson={"options": {"showLogContextToggle": False}},
        )


@dataclass(frozen=True, slots=True)
class Text(Panel):
    """Markdown."""

    content: str = ""
    unit: str = ""
    interval: str | None = None

    def build(self, context: Context) -> Any:
        return G.Text(
            title=self.title,
            description=self.description or None,
            content=self.content,
            mode="markdown",
        )
