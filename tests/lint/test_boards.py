"""Whole dashboards: ours are clean, and the patterns of the two best-known boards are found.

The two boards in ``boards`` are written for this test; they have the defects of those that are most
used with Falco on Loki: one counts label sets of a logfmt parser over prose, behind a namespace
filter, the other adds up a whole range's count over each step of a range query.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from toolkit.catalog import catalog
from toolkit.falco.labels import dialects
from toolkit.grafana.context import Context
from toolkit.grafana.version import GrafanaVersion
from toolkit.lint.checks import BY_CODE
from toolkit.lint.exclusions import NAME, load_exclusions
from toolkit.lint.reading import read
from toolkit.lint.run import Report, lint
from toolkit.settings import shipped

HERE = Path(__file__).parent / "boards"
OURS = shipped("dashboards")


def context(version: str = "13.0", dialect: str = "source-falco") -> Context:
    return Context(catalog(), dialects()[dialect], GrafanaVersion.parse(version))


def found(name: str) -> dict[str, list[str]]:
    """Titles of panels, by the check that remarks on them."""
    reading = read([HERE / f"{name}.json"], context())
    assert not reading.problems
    places = defaultdict(list)
    for one in lint(reading.boards).problems:
        places[one.code].append(one.location.panel or one.location.json_path)
    return dict(places)


def test_the_board_that_counts_label_sets() -> None:
    says = found("label-sets")
    pies_table_rates = ["By priority", "By rule", "", "Rates"]
    asked = ["By priority", "By rule", "", "Lines", "Rates"]
    table = "panels[2].targets[0].expr"
    assert says["count-of-rate"] == [one or table for one in pies_table_rates]
    for code in (
        "logfmt-on-prose",
        "namespace-filter-hides-events",
        "selector-takes-foreign-streams",
        "test-events-counted",
    ):
        assert says[code] == [one or table for one in asked], code
    assert says["parser-without-labels"] == [one or table for one in pies_table_rates]
    assert says["legend-label-not-kept"] == ["By rule", "Rates"]
    assert says["panel-datasource"] == ["Rates"]
    assert says["target-logql-auto"] == ["Rates"]
    assert says["no-node-dimension"] == ["panels"]
    assert says["variable-keeps-choice"] == [
        "templating.list[1].current",
        "templating.list[2].current",
    ]
    assert says["template-on-time-change-reload"] == ["templating.list[1].refresh"]
    assert says["uneditable-dashboard"] == ["editable"]
    assert "panels[2]" in says["panel-title-description"]


def test_the_board_that_adds_up_the_range_at_every_step() -> None:
    says = found("summed-ranges")
    assert says["range-summed-over-steps"] == ["Events", "By rule"]
    assert says["instant-log-query"] == ["Latest"]
    assert says["multi-value-needs-regex"] == ["By rule"]
    assert says["rate-interval-in-loki"] == ["Rate"]
    assert says["step-not-text"] == ["Rate"]
    assert says["all-without-all-value"] == ["templating.list[0].allValue"]
    assert says["template-datasource"] == ["templating.list"]
    assert says["refresh-too-fast"] == ["refresh"]
    assert says["schema-version-too-old"] == ["schemaVersion"]
    assert len(says["panel-datasource"]) == 5


def test_the_line_of_a_finding_is_the_line_of_the_file() -> None:
    path = HERE / "label-sets.json"
    lines = path.read_text("utf-8").splitlines()
    report = lint(read([path], context()).boards, checks=[BY_CODE["count-of-rate"]])
    for one in report.problems:
        assert '"expr": "count by' in lines[one.location.line - 1]


# --- our own --------------------------------------------------------------------------------------


def ours(version: str, dialect: str = "source-falco") -> Report:
    exclusions = load_exclusions(OURS / NAME, frozenset(BY_CODE))
    reading = read([OURS], context(version, dialect))
    assert not reading.problems
    assert len(reading.boards) == 9
    return lint(reading.boards, lambda board: exclusions)


@pytest.mark.parametrize("version", ["7.5", "9.4", "10.2", "13.0"])
def test_the_shipped_dashboards_are_clean(version: str) -> None:
    report = ours(version)
    assert [one.summary for one in report.problems] == []
    assert report.unused == ()


@pytest.mark.parametrize("dialect", ["falcosidekick", "falcosidekick-json", "stdout"])
def test_in_other_dialects_too(dialect: str) -> None:
    assert [one.summary for one in ours("13.0", dialect).problems] == []


def test_each_exclusion_of_ours_has_a_reason() -> None:
    data = yaml.safe_load((OURS / NAME).read_text("utf-8"))
    assert data["exclusions"]
    for held in data["exclusions"].values():
        assert len(held["reason"]) > 20
        assert held["entries"]
