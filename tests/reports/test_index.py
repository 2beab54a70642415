"""The archive's page: every report, the newest first, and nothing lost to a broken file."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.reports.pages import check, every, text
from tests.reports.recount import report
from tests.reports.small import DATA, EVENTS, PERIOD
from toolkit.analysis.periods import Period, day, month
from toolkit.falco.priority import Priority
from toolkit.reports.archive import folder
from toolkit.reports.index import find, render_index
from toolkit.reports.write import compose, write_report

W45 = PERIOD.previous()
W42 = PERIOD.previous(4)


def keep(root: Path, period: Period, where: str = "{period}", formats: str = "html,json") -> Path:
    data = report(EVENTS, period, now=period.end + 10**9)
    place = folder(root / where, period)
    write_report(compose(data), place, formats.split(","))
    return place


@pytest.fixture(name="archive", scope="module")
def _archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("archive")
    keep(root, PERIOD, formats="html,pdf,csv,json")
    keep(root, W45)
    keep(root, W42)
    keep(root, month("2026-11", "UTC"))
    keep(root, day("2026-11-10", "UTC"), "a b/<i>/{period}")
    return root


@pytest.fixture(name="root")
def _root(archive: Path, tmp_path: Path) -> Path:
    """A copy, to be changed."""
    return Path(shutil.copytree(archive, tmp_path / "reports"))


def page(root: Path) -> str:
    return render_index(*find(root), root)


def rows(html: str) -> list[list[str]]:
    tables = [t for t in every(check(html), "table") if "Period" in text(t)]
    return [[text(c) for c in row] for t in tables for row in list(every(t, "tr"))[1:]]


def test_every_report_is_listed_the_newest_first(root: Path) -> None:
    found = rows(page(root))
    assert [row[0] for row in found] == [
        "2026-W46", "2026-W45", "2026-W42", "2026-11", "2026-11-10",
    ]  # fmt: skip
    for row in found:
        [path] = root.rglob(f"{row[0]}/report.json")
        plain = json.loads(path.read_text("utf-8"))
        fired = sum(one["events"] > 0 for one in plain["by_rule"])
        silent = sum(one["state"] == "silent" for one in plain["by_node"])
        assert row[1].removeprefix("≥\u202f").replace("\u202f", "") == str(
            plain["totals"]["events"]
        )
        assert [int(value) for value in row[2:6]] == [
            fired, len(plain["new_rules"]), len(plain["by_node"]), silent,
        ]  # fmt: skip
    assert [row[1][-2:] for row in found][:2] == ["75", "16"]


def test_links_lead_to_the_files_that_are_there(root: Path) -> None:
    tree = check(page(root))
    targets = [unquote(one.get("href", "")) for one in every(tree, "a")]
    assert {"2026-W46/report.pdf", "2026-W46/tables", "a b/<i>/2026-11-10/report.html"} <= set(
        targets
    )
    assert "2026-W45/report.pdf" not in targets
    assert all((root / target).exists() for target in targets)


def test_the_trend_shows_gaps_and_says_them(root: Path) -> None:
    html = page(root)
    assert "There is no report of 2026-W43 and 2026-W44." in html
    events = html[html.index("<h3>Events</h3>") :]
    lines = re.findall(
        r'<polyline class="line s0" points="([^"]+)"', events[: events.index("</svg>")]
    )
    assert [len(line.split()) for line in lines] == [1, 2]
    assert "Critical, 2026-W46: 5" in html
    assert "Silent nodes, 2026-W46: 1" in html


def test_a_lone_report_has_no_trend(tmp_path: Path) -> None:
    keep(tmp_path, PERIOD)
    assert "<svg" not in page(tmp_path)
    assert rows(page(tmp_path))[0][0] == "2026-W46"


def test_the_same_reports_make_the_same_page_and_the_page_is_no_report(root: Path) -> None:
    first = page(root)
    (root / "index.html").write_text(first, encoding="utf-8")
    assert page(root) == first


def test_a_report_that_is_not_whole_is_marked(tmp_path: Path) -> None:
    write_report(compose(DATA), tmp_path / "a", ("json",))
    assert rows(page(tmp_path))[0][1] == "≥\u202f75"
    assert "≥ marks a report whose counts are lower bounds." in page(tmp_path)


def test_of_two_reports_of_a_period_both_are_listed_and_the_later_is_drawn(tmp_path: Path) -> None:
    write_report(compose(DATA), tmp_path / "a", ("json",))
    later = replace(DATA, generated=DATA.generated + 10**9, events=1000)
    write_report(compose(later), tmp_path / "b", ("json",))
    keep(tmp_path, W45)
    assert [row[0] for row in rows(page(tmp_path))] == ["2026-W46", "2026-W46", "2026-W45"]
    assert "Events, 2026-W46: 1\u202f000" in page(tmp_path)
    assert "Events, 2026-W46: 75<" not in page(tmp_path)


GOOD = json.dumps(compose(DATA).plain)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "it is not JSON"),
        ("[1]", "it is no report of this toolkit"),
        ('{"a": 1}', "it is no report of this toolkit"),
        (GOOD.replace('"version": 1', '"version": 9'), "it is of version 9, and 1 is known here"),
        (GOOD.replace('"2026-W46"', '"2026-W99"', 1), "it is no whole report: SettingsError"),
        (re.sub('"generated": "[^"]+"', '"generated": "2026-11-16"', GOOD), "has no offset"),
        (GOOD.replace('"by_rule"', '"by_other"'), "it is no whole report: KeyError: 'by_rule'"),
        (GOOD.replace('"events": 75', '"events": "75"', 1), "'75' is no count"),
    ],
)
def test_a_file_that_is_no_report_is_left_out_and_named(root: Path, body: str, why: str) -> None:
    bad = root / "2026-W47 <b>"
    bad.mkdir()
    (bad / "report.json").write_text(body, encoding="utf-8")
    kept, [skipped] = find(root)
    assert len(kept) == 5
    assert why in skipped.why
    [entry] = every(check(page(root)), "li")
    assert text(entry).startswith("2026-W47 <b>/report.json: ")


def test_a_report_that_is_being_written_is_not_seen(root: Path) -> None:
    (root / "2026-W46").rename(root / ".2026-W46.part")
    assert next(iter(find(root)[0])).period.name != "2026-W46"
    assert len(find(root)[0]) == 4


def test_no_more_priorities_are_drawn_than_can_be_told_apart(tmp_path: Path) -> None:
    every_one = [(one.label, 9, 0) for one in reversed(Priority)]
    for period in (PERIOD, W45):
        data = replace(DATA, period=period, by_priority=every_one)
        write_report(compose(data), tmp_path / period.name, ("json",))
    html = page(tmp_path)
    assert "<h3>Events by priority, the 6 most urgent</h3>" in html
    assert "Notice, 2026-W46: 9" in html
    assert "Informational, 2026-W46: 9" not in html


def test_a_report_without_its_words_is_listed_too(tmp_path: Path) -> None:
    plain = compose(DATA).plain
    del plain["document"]
    (tmp_path / "report.json").write_text(json.dumps(plain), encoding="utf-8")
    assert rows(page(tmp_path))[0][0] == "2026-W46"
