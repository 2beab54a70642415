"""The limits of a Loki, as its refusals teach them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from toolkit.errors import SourceError
from toolkit.sources.rewrite import HOUR

LONGEST_TEXT = 60_000
"""Of a query with all its matchers, in bytes; Loki parses up to 131,072, and a guard doubles it."""

Kind = Literal["series", "points", "length", "window", "cost", "queue", "entries"]


class Refused(Exception):
    """A limit stands in the way. ``error`` is what to raise if no smaller piece can be asked."""

    def __init__(self, kind: Kind, error: SourceError, limit: int | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.error = error
        self.limit = limit


@dataclass(slots=True)
class Limits:
    """What one request may ask for, in ns and numbers; learned downwards from refusals."""

    length: int = 721 * HOUR
    entries: int = 5000
    window: int = 721 * HOUR
    queue: int = 721 * HOUR
    """What a queue holds: Loki 2.9 puts every hour of a range into one of 100 places."""

    def learn(self, refused: Refused, span: int = 0) -> None:
        """Takes over a limit that Loki named; ``span`` is the time that was asked for."""
        if refused.kind == "queue" and span:
            self.queue = min(self.queue, span // 2)
        if refused.limit is None or refused.limit <= 0:
            return
        if refused.kind == "length":
            self.length = min(self.length, refused.limit)
        elif refused.kind == "window":
            self.window = min(self.window, refused.limit)
        elif refused.kind == "entries":
            self.entries = min(self.entries, refused.limit)
