"""The file ``.lint``: what it leaves out, what it only warns of, and when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.support import boards
from toolkit.errors import DefinitionError
from toolkit.lint.checks import BY_CODE
from toolkit.lint.exclusions import load_exclusions
from toolkit.lint.problem import Severity
from toolkit.lint.run import Report, lint

CODES = frozenset(BY_CODE)
TWO_PANELS = {
    "panels": [
        {"title": "One", "targets": [{"expr": '{app="x"}', "step": 1}]},
        {
            "title": "Two",
            "targets": [{"expr": '{app="x"}', "step": 1}, {"expr": '{app="x"}', "step": 1}],
        },
    ]
}


def run(text: str, tmp_path: Path) -> Report:
    path = tmp_path / ".lint"
    path.write_text(text)
    held = load_exclusions(path, CODES)
    return lint(boards(TWO_PANELS), lambda board: held, [BY_CODE["step-not-text"]])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("exclusions: {step-not-text: {reason: r}}", 0),
        ("exclusions: {step-not-text: }", 0),
        ("exclusions: {step-not-text-rule: {reason: as dashboard-linter names it}}", 0),
        ("exclusions: {step-not-text: {entries: [{dashboard: A board}]}}", 0),
        ("exclusions: {step-not-text: {entries: [{dashboard: a-board}]}}", 0),
        ("exclusions: {step-not-text: {entries: [{panel: Two}]}}", 1),
        ("exclusions: {step-not-text: {entries: [{panel: Two, targetIdx: 1}]}}", 2),
        ("exclusions: {step-not-text: {entries: [{targetIdx: 0}]}}", 1),
        ("exclusions: {step-not-text: {entries: [{dashboard: Another}]}}", 3),
        ("exclusions: {target-job-rule: {reason: a rule for Prometheus}}", 3),
        ("", 3),
    ],
)
def test_what_is_left_out(text: str, left: int, tmp_path: Path) -> None:
    report = run(text, tmp_path)
    assert len(report.problems) == left
    assert len(report.excluded) == 3 - left


def test_the_reason_goes_with_what_is_left_out(tmp_path: Path) -> None:
    report = run("exclusions: {step-not-text: {reason: Grafana 9 for ever}}", tmp_path)
    assert {one.reason for one in report.excluded} == {"Grafana 9 for ever"}


def test_a_warning_instead_of_an_error(tmp_path: Path) -> None:
    report = run("warnings: {step-not-text: {entries: [{panel: One}]}}", tmp_path)
    assert [one.severity for one in report.problems] == [
        Severity.WARNING,
        Severity.ERROR,
        Severity.ERROR,
    ]
    assert report.failed()


def test_an_exclusion_of_nothing_is_pointed_out(tmp_path: Path) -> None:
    report = run("exclusions: {step-not-text: {entries: [{panel: Gone}, {panel: One}]}}", tmp_path)
    (unused,) = report.unused
    assert unused.endswith(".lint: exclusions of step-not-text: panel 'Gone'")


def test_a_check_that_did_not_run_leaves_no_exclusion_unused(tmp_path: Path) -> None:
    assert run("exclusions: {panel-units: {reason: r}}", tmp_path).unused == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("exclusions: {step-not-txt: }", "there is no check step-not-txt"),
        ("exclude: {}", "there is no section exclude"),
        ("exclusions: [a]", "a section is not a mapping"),
        ("- a", "the file is not a mapping"),
        ("exclusions: {step-not-text: {entries: [{panle: x}]}}", "has panle"),
        ("exclusions: {step-not-text: {entries: [{targetIdx: one}]}}", "targetIdx"),
        ("exclusions: {step-not-text: {entries: 3}}", "entries of step-not-text is not a list"),
        ("exclusions: [", "while parsing"),
    ],
)
def test_a_wrong_file_is_an_error_that_names_it(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as caught:
        run(text, tmp_path)
    assert says in caught.value.message
    assert str(tmp_path / ".lint") in caught.value.message
