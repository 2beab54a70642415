"""What a check says: findings as data, and the problems that they become.

A check yields :class:`Finding`; the runner adds what the check is called, how bad it is and which
file the dashboard came from, which makes it a :class:`Problem`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from toolkit.errors import Span

JsonPath = tuple[str | int, ...]
"""Keys and indices from the dashboard's root: ``("panels", 3, "targets", 0, "expr")``."""


class Severity(StrEnum):
    """``ERROR``: a panel shows nothing or something untrue. ``WARNING``: it may, or is hard to
    use."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark of a check. ``span`` is a stretch of ``text``, the query, where there is one."""

    summary: str
    details: str = ""
    path: JsonPath = ()
    panel: str = ""
    span: Span | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a problem is. ``line`` counts from 1 and is 0 where none can be told; in a definition,
    whose JSON is made and not written, it is the line that names the panel, the variable or the
    dashboard. ``key`` is the data key of a ConfigMap."""

    file: str
    dashboard: str = ""
    path: JsonPath = ()
    panel: str = ""
    line: int = 0
    key: str = ""

    @property
    def json_path(self) -> str:
        """``panels[3].targets[0].expr``."""
        text = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in self.path)
        return text.removeprefix(".")

    def __str__(self) -> str:
        file = f"{self.file}:{self.line}" if self.line else self.file
        return " ".join(part for part in (file, self.json_path) if part)


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding with its check's ``code`` and ``severity`` and its place."""

    code: str
    severity: Severity
    summary: str
    details: str
    location: Location
    span: Span | None = None
    text: str = ""
