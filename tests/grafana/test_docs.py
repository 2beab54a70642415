"""The examples in docs/dashboards.md are definition files that work."""

from __future__ import annotations

import re
from pathlib import Path

from tests.grafana.support import context
from toolkit.grafana.alerting.grafana import rule_group
from toolkit.grafana.loader import load_definition
from toolkit.grafana.render import panels, render_dashboard

TEXT = (Path(__file__).parents[2] / "docs" / "dashboards.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_the_dashboard_in_ten_lines_is_one(tmp_path: Path) -> None:
    (example,) = (one for one in EXAMPLES if "\ndashboard = " in one)
    assert len([line for line in example.splitlines() if line]) <= 10
    path = tmp_path / "ours.dashboard.py"
    path.write_text(example)
    board = render_dashboard(load_definition(path).value, context())
    assert [p["type"] for p in panels(board)] == ["row", "stat", "timeseries"]


def test_the_alert_rule_is_one(tmp_path: Path) -> None:
    (example,) = (one for one in EXAMPLES if "\nalertgroup = " in one)
    path = tmp_path / "ours.alertgroup.py"
    path.write_text(example)
    group = rule_group(load_definition(path).value, context())
    (rule,) = group["rules"]
    assert rule["for"] == "5m"
    assert group["interval"] == 300
