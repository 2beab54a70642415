"""Event explorer: the lines themselves, narrowed by everything that can be asked."""

from toolkit.grafana.dashboard import Row, dashboard
from toolkit.grafana.panels import Logs, Stat, TimeSeries
from toolkit.grafana.query import lines, total, trend
from toolkit.grafana.variables import NAMESPACE, NODE, POD, PRIORITY, RULE, SEARCH, SOURCE

dashboard = dashboard(
    "Falco / Event explorer",
    "falco-toolkit-events",
    description="The events' own lines. The search is a regular expression and knows no case.",
    variables=[SEARCH, RULE, NODE, PRIORITY, NAMESPACE, POD, SOURCE],
    since="now-24h",
    rows=[
        Row(
            "How many",
            [
                Stat(
                    "Events",
                    total("matching_total"),
                    description="Security events of the selection that match the search.",
                    height=6,
                ),
                TimeSeries(
                    "Events over time, by priority",
                    trend("matching_by_priority"),
                    description="Events of the selection that match the search.",
                    priorities=True,
                    width=20,
                    height=6,
                ),
            ],
        ),
        Row("Lines", [Logs("Events", lines("event_search", limit=1000), height=22)]),
    ],
)
