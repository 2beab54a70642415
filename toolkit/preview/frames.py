"""Data frames: what Grafana makes of Loki's answers, and what its panels work on.

Source: grafana/grafana packages/grafana-data/src/types/dataFrame.ts. Times are milliseconds since
the epoch, as in Grafana; ``None`` is its null. A frame is never changed; every step makes new ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal["time", "number", "string", "boolean", "other"]
Value = float | int | str | bool | None

TIME = "Time"
VALUE = "Value"
"""The names that Grafana gives the two fields of a series."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column. ``config`` is Grafana's field configuration, ``labels`` None where there are none.

    ``index`` is the field's place among all that are not times, ``range`` the least and the highest
    value that its colour and its bar are measured by; both are known once the panel's field
    configuration was applied (:mod:`toolkit.preview.fieldconfig`).
    """

    name: str
    kind: Kind
    values: Sequence[Value]
    config: Json = field(default_factory=dict)
    labels: Mapping[str, str] | None = None
    index: int = 0
    range: tuple[float, float] | None = None

    def configured(self, **changes: object) -> Field:
        """The field with these entries of its configuration; None takes one away."""
        config = {**self.config, **changes}
        return replace(self, config={key: v for key, v in config.items() if v is not None})


@dataclass(frozen=True, slots=True)
class Frame:
    """Columns of equal length. ``ref`` is the name of the query that they answer."""

    fields: tuple[Field, ...]
    ref: str = ""
    name: str = ""

    def __len__(self) -> int:
        return max((len(one.values) for one in self.fields), default=0)

    def with_fields(self, fields: Sequence[Field]) -> Frame:
        """The frame with other columns."""
        return replace(self, fields=tuple(fields))


def guessed_kind(values: Sequence[Value]) -> Kind:
    """The kind of a column by its first value that is there."""
    first = next((value for value in values if value is not None), None)
    if first is None:
        return "other"
    if isinstance(first, bool):
        return "boolean"
    return "string" if isinstance(first, str) else "number"
