"""What a query looked at: the ``summary`` of Loki's statistics is made of it."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.engine.store import Selection


@dataclass(slots=True)
class Processed:
    """Entries of the streams and times that a query read, and the bytes of their lines."""

    lines: int = 0
    bytes: int = 0

    def add(self, selection: Selection) -> None:
        """Count a selection, whether or not each of its lines has to be read."""
        self.lines += len(selection)
        self.bytes += selection.line_bytes
