"""The data source that a deploy adds."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from tests.grafana.support import rendered
from toolkit.publish.sources import datasource_model


def test_the_links_of_a_line_lead_to_dashboards_that_take_them() -> None:
    """By labels as Falcosidekick names them (outputs/loki.go), to variables that are there."""
    fields = datasource_model("falco-loki", "Loki", "http://loki:3100")["jsonData"]["derivedFields"]
    labels = {"rule": "Rule", "hostname": "Node", "k8s_ns_name": "Namespace"}
    found = {
        label: one["name"]
        for label in (*labels, "k8s_pod_name", "rulename")
        for one in fields
        if one["matcherType"] == "label" and re.fullmatch(one["matcherRegex"], label)
    }
    assert found == labels
    boards = {board["uid"]: board for board in rendered("13.0", "source-falco")}
    for one in fields:
        address = urlsplit(one["url"])
        ((name, value),) = parse_qsl(address.query)
        board = boards[address.path.removeprefix("/d/")]
        names = {f"var-{held['name']}" for held in board["templating"]["list"]}
        assert name in names
        assert value == "${__value.raw:percentencode}"
