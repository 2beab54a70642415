"""The same content in every format, and nothing in it that could harm who opens it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.reports.recount import report
from toolkit.analysis.periods import week
from toolkit.falco.event import FalcoEvent
from toolkit.falco.priority import Priority
from toolkit.reports import words
from toolkit.reports.charts import heat_level, nice
from toolkit.reports.content import AtLeast, Code, Column, Document, Link, Section, Steps, Table
from toolkit.reports.document import document
from toolkit.reports.html import cell, render_html
from toolkit.reports.markdown import render_markdown
from toolkit.reports.sections.steps import steps
from toolkit.reports.write import compose, write_report
from toolkit.sources.files import Refused

PERIOD = week("2026-W46", "UTC")
HOSTILE = "<script>alert('x')</script>|*[a](javascript:b)`"
HOUR = 3600 * 10**9


def event(hours: int, rule: str, node: str | None, priority: Priority) -> FalcoEvent:
    time = PERIOD.start + hours * HOUR
    return FalcoEvent(time, rule, priority, "text", {"n": hours}, "syscall", node, ())


EVENTS = [
    *(event(h, "Terminal shell in container", "node-1", Priority.NOTICE) for h in range(0, 60, 2)),
    *(event(h, HOSTILE, "node-<2>", Priority.CRITICAL) for h in range(5)),
    *(event(-h, "Clear Log Activities", None, Priority.WARNING) for h in range(1, 9)),
]
DATA = report(EVENTS, PERIOD, refused=Refused(2, {"not_json": 2}, ["a.jsonl:7: <b>not JSON</b>"]))
HTML = render_html(document(DATA))
MARKDOWN = render_markdown(document(DATA))


class Page(HTMLParser):
    """Tags, addresses and the text of a page; void elements have no end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in {"meta", "link", "br", "img"}:
            self.open.append(tag)
        for name, value in attrs:
            if name in {"href", "src"}:
                self.addresses.append(value or "")
            if name == "id":
                self.ids.append(value or "")
            assert not name.startswith("on"), f"{tag} {name}"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


PAGE = Page(HTML)


def test_the_page_is_whole_and_stands_alone() -> None:
    assert PAGE.open == []
    assert not PAGE.tags & {"script", "link", "iframe", "img", "object", "form"}
    assert all(address.startswith("#") for address in PAGE.addresses)
    assert {address[1:] for address in PAGE.addresses} <= set(PAGE.ids)
    without_namespace = HTML.replace("http://www.w3.org/2000/svg", "")
    assert "://" not in without_namespace
    assert "@import" not in HTML
    assert "url(" not in HTML


def test_hostile_names_are_only_text() -> None:
    assert HOSTILE in "".join(PAGE.texts)
    assert "node-<2>" in "".join(PAGE.texts)
    prose = re.sub(r"^(`{3,})\n.*?\n\1$", "", MARKDOWN, flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"(?<!\\)[<`]", prose)
    assert not re.search(r"(?<!\\)\]\(", prose)
    rows = [line for line in prose.splitlines() if "alert" in line and line.startswith("| ")]
    assert rows
    widths = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert all(width >= 3 for width in widths)


def test_every_format_says_the_same() -> None:
    text = "".join(PAGE.texts)
    for section in document(DATA).sections:
        assert section.question in text
        for sentence in section.sentences:
            assert sentence in text
        for block in section.blocks:
            if isinstance(block, Table):
                for row in block.rows:
                    for value in row:
                        assert cell(value) in text
                        assert _escaped(cell(value)) in MARKDOWN


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", text).replace("\n", " ")


def test_words_come_before_pictures_and_the_first_screen_first() -> None:
    ids = [section.id for section in document(DATA).sections]
    assert ids[0] == "summary"
    assert ids[-1] == "appendix"
    for identifier in ids:
        start = HTML.index(f'<section id="{identifier}"')
        body = HTML[start : HTML.index("</section>", start)]
        if "<svg" in body:
            assert body.index("<p>") < body.index("<svg")


def test_what_is_not_whole_is_said_at_the_top() -> None:
    assert HTML.index("Not every number here is whole") < HTML.index('<section id="summary"')
    assert "the line is not JSON (2)" in HTML
    assert "Not every number here is whole" in MARKDOWN
    assert "Not every number" not in render_html(document(report(EVENTS, PERIOD)))


def test_critical_events_come_first() -> None:
    [step, *_] = steps(DATA)
    assert step.text.startswith(f"Find out why {HOSTILE} fires now: Critical, 5 events")
    assert step.target == "#changes"


def test_files_are_written_whole(tmp_path: Path) -> None:
    paths = write_report(compose(DATA), tmp_path / "new" / "folder", ("html", "json"))
    assert [path.name for path in paths] == ["report.html", "report.json"]
    assert sorted(path.name for path in paths[0].parent.iterdir()) == ["report.html", "report.json"]
    assert json.loads(paths[1].read_text("utf-8"))["totals"]["events"] == DATA.events == 35


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (2, 1, "1 more than in the week before (1)"),
        (1, 0, "after none in the week before"),
        (5, 5, "as many as in the week before"),
        (300, 100, "200 more than in the week before (100), 3.0 times as many"),
        (20, 90, "70 fewer than in the week before (90), a factor of 4.5 down"),
    ],
)
def test_small_numbers_get_no_percentage(now: int, before: int, text: str) -> None:
    assert words.comparison(now, before, "week") == text


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
    ],
)
def test_names_are_listed(names: list[str], text: str) -> None:
    assert words.listed(names) == text


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (1, 1), (3, 5), (7, 10), (11, 20), (1577, 2000), (5000, 5000)]
)
def test_axes_end_on_round_numbers(value: int, top: int) -> None:
    assert nice(value) == top


def test_heat_grows_with_the_number() -> None:
    levels = [heat_level(value, 1000) for value in (0, 1, 5, 50, 500, 1000)]
    assert levels == sorted(levels)
    assert levels[0] == 0
    assert levels[1] >= 1
    assert levels[-1] == 5
    assert heat_level(1, 1) == 5


def test_links_folds_steps_and_lower_bounds_in_both_formats() -> None:
    blocks = [
        Steps("Do", [Link("look <there>", "#b"), Link("read", "https://g.example/a(1)?x=1&y=2")]),
        Table("T", [Column("n", "number")], [[AtLeast(1234)]], folded=True),
        Code("C", "a < b", folded=True),
    ]
    sections = [Section("a", "Why?", ["So."], blocks), Section("b", "Where?", ["Here."])]
    made = Document("t", "s", [], sections, "f", 0)
    page, text = render_html(made), render_markdown(made)
    assert Page(page).open == []
    assert '<li><a href="#b">look &lt;there&gt;</a></li>' in page
    assert 'href="https://g.example/a(1)?x=1&amp;y=2"' in page
    assert page.count("<details><summary>") == page.count("</details>") == 2
    assert "≥\u202f1\u202f234" in page
    assert "≥\u202f1\u202f234" in text
    assert "1. look \\<there\\> (Where?)" in text
    assert "2. [read](https://g.example/a%281%29?x=1&y=2)" in text


def test_markdown_that_is_copied_stays_what_it_was() -> None:
    blocks = [
        Code("C", "a\n````\n# no heading"),
        Steps("S", [Link("run", "javascript:x"), Link("read", "https://x.test/a b<c>")]),
    ]
    text = render_markdown(Document("t", "s", [], [Section("a", "q", [], blocks)], "f", 0))
    assert "`````\na\n````\n# no heading\n`````\n" in text
    assert "1. run\n" in text
    assert "2. [read](https://x.test/a%20b%3Cc%3E)\n" in text
