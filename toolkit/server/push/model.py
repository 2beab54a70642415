"""A pushed stream between decoding and storing."""

from __future__ import annotations

from dataclasses import dataclass, field

from toolkit.results import Labels


@dataclass(slots=True)
class PushedStream:
    """One stream of a push: its labels and its entries in columns of equal length.

    Timestamps are int ns; lines are text (bytes that are not UTF-8 by ``surrogateescape``);
    metadata is None for an entry that has none. ``sound``: its labels have been checked.
    """

    labels: Labels
    timestamps: list[int] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    metadata: list[Labels | None] = field(default_factory=list)
    sound: bool = False
