"""The Loki query of a panel."""

from __future__ import annotations

import pytest
from grafanalib.core import AlertRulev9, Target

from tests.grafana.support import SCHEMAS, problems, schema
from toolkit.grafana.target import LokiTarget
from toolkit.grafana.version import SINCE, GrafanaVersion


def test_it_is_a_target_of_grafanalib() -> None:
    """grafanalib's own unreleased LokiTarget is none, and its alert rules refuse it."""
    target = LokiTarget(expr="vector(1)", refId="A")
    assert isinstance(target, Target)
    AlertRulev9(title="t", triggers=[target], uid="u", condition="A")


def test_no_step_is_written_unless_one_is_wanted_and_then_as_a_text() -> None:
    """``"step": 10`` as a number is what Grafana's Loki plugin refuses from 10.1 on."""
    assert "step" not in LokiTarget(expr="x").to_json_data()
    assert LokiTarget(expr="x", step="1m").to_json_data()["step"] == "1m"
    with pytest.raises(TypeError):
        LokiTarget(expr="x", step=10)


def test_an_unknown_query_type_is_refused_here_and_not_by_grafana() -> None:
    with pytest.raises(ValueError, match="queryType"):
        LokiTarget(expr="x", queryType="stream")


def test_grafana_7_5_has_flags_where_later_ones_have_a_query_type() -> None:
    data = LokiTarget(expr="x", queryType="instant").data(GrafanaVersion(7, 5))
    assert data == {"refId": "A", "expr": "x", "instant": True, "range": False}


def test_a_step_is_left_out_where_grafana_does_not_know_it() -> None:
    target = LokiTarget(expr="x", step="1h")
    assert "step" not in target.data(GrafanaVersion(10, 0))
    assert target.data(SINCE["step"])["step"] == "1h"


@pytest.mark.shared
@pytest.mark.skipif(not SCHEMAS.exists(), reason="the schemas are not beside this")
def test_the_query_fits_the_plugins_own_schema() -> None:
    source = {"type": "loki", "uid": "x"}
    target = LokiTarget(expr="x", step="1m", maxLines=5, legendFormat="{{a}}", datasource=source)
    assert not problems(target.to_json_data(), schema("loki"))
