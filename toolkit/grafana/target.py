"""A Loki query as Grafana's panels hold it.

grafanalib 0.7.1 has no such target: its general ``Target`` writes ``"step": 10``, a number, which
Grafana's Loki plugin refuses from 10.1 on (``json: cannot unmarshal number into Go struct field
...step of type string``, grafana/grafana#92574). The shape here is that of the plugin's own query
model (grafana/grafana-loki-datasource pkg/loki/kinds/dataquery).
"""

from __future__ import annotations

from typing import Any, Literal

import attr
from grafanalib.core import Target

from toolkit.grafana.version import NEWEST, GrafanaVersion

QueryType = Literal["range", "instant"]


@attr.s(kw_only=True)
class LokiTarget(Target):  # type: ignore[misc]  # grafanalib has no types
    """One query of a panel, usable wherever grafanalib takes a ``Target``.

    ``step`` is a duration such as ``"1m"`` or None, which leaves it to the panel's width and time
    range. ``maxLines`` limits a log query; None leaves that to the data source (1000).
    """

    expr: str = attr.ib(default="")
    refId: str = attr.ib(default="A")
    legendFormat: str = attr.ib(default="")
    datasource: Any = attr.ib(default=None)
    hide: bool = attr.ib(default=False)
    queryType: QueryType = attr.ib(
        default="range", validator=attr.validators.in_(("range", "instant"))
    )
    maxLines: int | None = attr.ib(default=None)
    step: str | None = attr.ib(
        default=None,
        validator=attr.validators.optional(attr.validators.instance_of(str)),
    )
    editorMode: Literal["code", "builder"] = attr.ib(default="code")

    def to_json_data(self) -> dict[str, Any]:
        """The target as the newest Grafana takes it."""
        return self.data(NEWEST)

    def data(self, version: GrafanaVersion) -> dict[str, Any]:
        """The target for one version, without what that version does not know."""
        data: dict[str, Any] = {
            "refId": self.refId,
            "expr": self.expr,
            "legendFormat": self.legendFormat,
            "hide": self.hide or None,
            "maxLines": self.maxLines,
        }
        if version.has("datasource_ref"):
            data["datasource"] = self.datasource
        if version.has("query_type"):
            data |= {"queryType": self.queryType, "editorMode": self.editorMode}
        else:
            data |= {
                "instant": self.queryType == "instant",
                "range": self.queryType == "range",
            }
        if version.has("step"):
            data["step"] = self.step
        return {key: value for key, value in data.items() if value not in (None, "")}
