"""Links from one dashboard to another that carry what was clicked, and the time range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from grafanalib.core import DashboardLink

from toolkit.catalog import label_of

TAG = "falco-toolkit"
"""The tag of every dashboard of the project; each links to all others that carry it."""

Place = Literal["cell", "row", "series"]


@dataclass(frozen=True, slots=True)
class Drill:
    """A link to the dashboard ``uid`` with the clicked value of ``field`` as its ``variable``."""

    uid: str
    field: str
    variable: str
    title: str

    def data(self, place: Place) -> dict[str, Any]:
        """The link as a panel's data link.

        ``place`` says where the value is: in the cell itself, in a text of the same table row, or
        in a label of the series.
        """
        label = label_of(self.field)
        value = {
            "cell": "__value.raw",
            "row": f"__data.fields.{label}",
            "series": f"__field.labels.{label}",
        }[place]
        query = "&".join(
            [
                "${datasource:queryparam}",
                f"var-{self.variable}=${{{value}:percentencode}}",
                "${__url_time_range}",
            ]
        )
        return {"title": self.title, "url": f"/d/{self.uid}?{query}", "targetBlank": False}


def to_rule(title: str = "Show this rule") -> Drill:
    """To the rule dashboard."""
    return Drill("falco-toolkit-rule", "rule", "rule", title)


def to_node(title: str = "Show this node") -> Drill:
    """To the node dashboard."""
    return Drill("falco-toolkit-node", "hostname", "node", title)


def to_workload(title: str = "Show this namespace") -> Drill:
    """To the workload dashboard."""
    return Drill("falco-toolkit-workload", "k8s.ns.name", "namespace", title)


def sibling_links() -> list[DashboardLink]:
    """The row of links to the project's other dashboards, with variables and time range kept."""
    return [
        DashboardLink(
            type="dashboards",
            title="Falco",
            tags=[TAG],
            includeVars=True,
            keepTime=True,
            asDropdown=True,
        )
    ]
