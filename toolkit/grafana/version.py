"""Grafana's versions, and what each can do that an older one cannot.

Version strings in the field are wild (``13.0.0-22843068776.patch2``), so only the leading numbers
are read. The first version that has a thing is the lowest one for which that was checked: the
source of Grafana 7.5.5 and 9.4, the Loki plugin's own repository, Grafana's upgrade notes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Feature = Literal[
    "alerting",
    "annotation_target",
    "bar_chart",
    "cell_options",
    "datasource_ref",
    "folder_uid",
    "heatmap_rows",
    "instant_totals",
    "join_by_field",
    "loki_auto",
    "object_variable",
    "panel_matrix",
    "query_type",
    "row_names",
    "stacked_time_series",
    "state_timeline",
    "step",
]

_LEADING = re.compile(r"v?(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True, order=True)
class GrafanaVersion:
    """Major and minor; the patch level changes nothing that is written here."""

    major: int
    minor: int = 0

    @classmethod
    def parse(cls, text: str) -> GrafanaVersion:
        """``13.0.0-pre``, ``v9.4``, ``11``. Raises ``ValueError`` where no number leads."""
        match = _LEADING.match(text.strip())
        if match is None:
            raise ValueError("expected a version of Grafana such as 7.5, 11 or 12.1")
        return cls(int(match[1]), int(match[2] or 0))

    def has(self, feature: Feature) -> bool:
        """Whether this version can do that."""
        return self >= SINCE[feature]

    @property
    def schema_version(self) -> int:
        """The dashboard schema that this version writes itself, so that it migrates nothing.

        grafanalib writes 12, which Grafana 12's dashboard API refuses with 422 and which makes
        older ones run migrations over panels that are not of that age.
        """
        return next(schema for since, schema in _SCHEMA_VERSIONS if self >= since)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


OLDEST = GrafanaVersion(7, 5)
NEWEST = GrafanaVersion(13, 0)

SINCE: dict[Feature, GrafanaVersion] = {
    # Data sources by uid, {"type": "loki", "uid": ...}; before that by name.
    "datasource_ref": GrafanaVersion(8, 3),
    "folder_uid": GrafanaVersion(8, 0),
    "annotation_target": GrafanaVersion(8, 0),
    "bar_chart": GrafanaVersion(8, 0),
    "state_timeline": GrafanaVersion(8, 0),
    "stacked_time_series": GrafanaVersion(8, 0),
    # A bar, slice or gauge for each row of a table, named by the row's texts.
    "row_names": GrafanaVersion(8, 0),
    # Loki's $__range, so that one instant query counts a whole time range exactly.
    "instant_totals": GrafanaVersion(9, 0),
    # Loki's queryType; before that the flags "instant" and "range".
    "query_type": GrafanaVersion(9, 0),
    "alerting": GrafanaVersion(9, 0),
    # The transformation "Join by field" under that name; "seriesToColumns" before that.
    "join_by_field": GrafanaVersion(9, 1),
    # The heat map that takes series as rows; before that Angular's "tsbuckets".
    "heatmap_rows": GrafanaVersion(9, 1),
    # The transformation "Grouping to matrix".
    "panel_matrix": GrafanaVersion(9, 1),
    # Loki's variable query as an object; a text before that.
    "object_variable": GrafanaVersion(9, 3),
    # Table cells' "cellOptions"; "displayMode" before that.
    "cell_options": GrafanaVersion(10, 0),
    # Loki's query option "step", a text; ignored before that.
    "step": GrafanaVersion(10, 1),
    # Loki's $__auto (grafana/grafana#72690); a parse error before that.
    "loki_auto": GrafanaVersion(10, 2),
}

_SCHEMA_VERSIONS = (
    (GrafanaVersion(13), 42),
    (GrafanaVersion(12), 41),
    (GrafanaVersion(11), 39),
    (GrafanaVersion(10), 38),
    (GrafanaVersion(9), 36),
    (GrafanaVersion(8), 30),
    (GrafanaVersion(0), 27),
)
