"""Every check finds what it is there for and is silent where all is well.

A file for each check in ``cases``: what a case changes about a good dashboard, and the findings in
their order, by a part of the summary, the place in the JSON and what the caret stands under.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lint.support import boards
from toolkit.lint.checks import BY_CODE, CHECKS
from toolkit.lint.reading import UNREADABLE
from toolkit.lint.run import lint

CASES = Path(__file__).parent / "cases"
PAGES = Path(__file__).parents[2] / "docs" / "checks"
LOADED: dict[str, list[dict[str, Any]]] = {
    path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(CASES.glob("*.yaml"))
}
ALL = [
    pytest.param(code, case, id=f"{code}: {case['name']}")
    for code, cases in LOADED.items()
    for case in cases
]


@pytest.mark.parametrize(("code", "case"), ALL)
def test_a_check_finds_what_the_case_says(code: str, case: dict[str, Any]) -> None:
    found = lint(boards(case), checks=[BY_CODE[code]]).problems
    assert len(found) == len(case["finds"]), [one.summary for one in found]
    for problem, wanted in zip(found, case["finds"], strict=True):
        assert wanted["summary"] in problem.summary
        assert problem.code == code
        if "at" in wanted:
            assert problem.location.json_path == wanted["at"]
        if "marked" in wanted:
            assert problem.span is not None
            assert problem.text[problem.span.start : problem.span.end] == wanted["marked"]


def test_each_check_has_a_case_that_fires_and_a_quiet_one() -> None:
    assert set(LOADED) == set(BY_CODE)
    for cases in LOADED.values():
        assert any(case["finds"] for case in cases)
        assert any(not case["finds"] for case in cases)


@pytest.mark.parametrize(("length", "found"), [(5000, 0), (5001, 1), (6000, 1)])
def test_grafana_takes_titles_of_5000_characters(length: int, found: int) -> None:
    long = boards({"dashboard": {"title": "t" * length}})
    problems = lint(long, checks=[BY_CODE["dashboard-title"]]).problems
    assert [one.summary for one in problems] == [
        f"the title has {length} characters; Grafana takes 5000"
    ] * found


def test_a_good_dashboard_has_no_findings_at_all() -> None:
    quiet = {
        "panels": [
            {"targets": [{"expr": 'sum by (app) (rate({app=~".+"}[$__auto]))', "refId": "A"}]}
        ]
    }
    assert lint(boards(quiet)).problems == ()


def test_a_check_is_called_as_its_file() -> None:
    folder = Path(__file__).parents[2] / "toolkit" / "lint" / "checks"
    files = {path.stem.replace("_", "-") for path in folder.glob("*.py")} - {"--init--"}
    assert files == set(BY_CODE)
    assert len(CHECKS) == len(BY_CODE)


def test_each_check_has_its_page_and_each_page_its_check() -> None:
    pages = {path.stem for path in PAGES.glob("*.md")} - {"README"}
    assert pages == {*BY_CODE, UNREADABLE}


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_a_page_says_how_bad_it_is_and_what_to_do(code: str) -> None:
    text = (PAGES / f"{code}.md").read_text("utf-8")
    assert text.startswith(f"# {code}\n")
    assert f"\n*{BY_CODE[code].severity}*\n" in text
    assert re.search(r"^## What to do$", text, re.MULTILINE)


def test_the_list_of_pages_names_each_check_once() -> None:
    listed = re.findall(r"\]\(([a-z0-9-]+)\.md\)", (PAGES / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted([*BY_CODE, UNREADABLE])
