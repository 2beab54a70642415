"""Log lines, and text of our own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from toolkit.falco.labels import Access, Where
from toolkit.grafana.context import Context
from toolkit.grafana.panels.base import G, Panel

_SHOWN = (
    "rule",
    "priority",
    "hostname",
    "source",
    "tags",
    "k8s.ns.name",
    "k8s.pod.name",
    "container.image.repository",
    "proc.name",
)


def _place(access: Access) -> str:
    """Where a field is, in words."""
    if access.where is Where.LABEL:
        return f"label `{access.name}`"
    return "in the line" if access.where is Where.LINE else f"nowhere; {access.setting}"


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
        return self._text()

    def _text(self) -> Any:
        return G.Text(
            title=self.title,
            description=self.description or None,
            content=self.content,
            mode="markdown",
        )


@dataclass(frozen=True, slots=True)
class Dialect(Text):
    """How the events are labelled that this dashboard was rendered for."""

    def build(self, context: Context) -> Any:
        schema = context.schema
        rows = "\n".join(f"| `{name}` | {_place(schema.access(name))} |" for name in _SHOWN)
        told = (
            f"Events are selected by `{schema.selector()}`.\n\n| Field | Where it is |\n"
            f"| --- | --- |\n{rows}\n\nIf panels stay empty though Falco runs, the labels in Loki"
            " are others: deploy with `--labels`."
        )
        return replace(self, content=told)._text()
