"""What was delivered already: ``deliveries.json`` in the folder that holds the reports.

A destination that has a period is not sent it again. The file is written anew after each delivery,
beside its place and moved there, so that a run that is killed loses one entry at most.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from toolkit.errors import DeliveryError
from toolkit.reports.write import write

NAME = "deliveries.json"
State = Literal["delivered", "owed"]
_VERSION = 1


class Ledger:
    """The entries of one folder, by period and destination. Hold the folder's lock meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._entries = self._read()

    def find(self, period: str, destination: str) -> Mapping[str, Any] | None:
        """``state``, ``at`` (ISO 8601, UTC), ``text`` and ``complete``; None if never tried."""
        return self._entries.get(period, {}).get(destination)

    def delivered(self, period: str, destination: str) -> Mapping[str, Any] | None:
        """The entry of a delivery that succeeded."""
        entry = self.find(period, destination)
        return entry if entry is not None and entry["state"] == "delivered" else None

    def owed(self, period: str, destination: str) -> bool:
        """Whether the destination was to get the period and has not got it."""
        entry = self.find(period, destination)
        return entry is not None and entry["state"] == "owed"

    def owe(self, period: str, destinations: Iterable[str], at: str) -> None:
        """Notes that these are to get the period, unless they have it: a run may be killed."""
        for name in destinations:
            if self.find(period, name) is None:
                self.record(period, name, "owed", at, "not tried yet", complete=False)

    def record(
        self, period: str, destination: str, state: State, at: str, text: str, *, complete: bool
    ) -> None:
        """Keeps what happened. Raises ``OSError``."""
        entry = {"state": state, "at": at, "text": text, "complete": complete}
        self._entries.setdefault(period, {})[destination] = entry
        document = {"version": _VERSION, "deliveries": self._entries}
        content = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        write(self.path, content.encode())

    def _read(self) -> dict[str, dict[str, dict[str, Any]]]:
        try:
            document = json.loads(self.path.read_text(encoding="utf-8"))
            entries: dict[str, dict[str, dict[str, Any]]] = document["deliveries"]
            states = {entry["state"] for by_name in entries.values() for entry in by_name.values()}
            if document["version"] != _VERSION or not states <= {"delivered", "owed"}:
                raise ValueError("another version")
            return entries
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            raise DeliveryError(
                f"{self.path} does not say what was delivered: it cannot be read",
                hint="repair it, or remove it: then every chosen destination is sent to again",
            ) from None
