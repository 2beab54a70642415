"""``report.json`` keeps what the pages say, and a report can be shown from it alone."""

from __future__ import annotations

import io
import json

import jsonschema
from rich.console import Console

from tests.reports.small import DATA, HOSTILE
from toolkit.reports.content import (
    AtLeast,
    Code,
    Column,
    Document,
    HeatMap,
    Link,
    Section,
    Steps,
    Table,
    Trend,
    numbers,
)
from toolkit.reports.document import document
from toolkit.reports.html import cell, render_html
from toolkit.reports.stored import from_plain, to_plain, whole_json
from toolkit.reports.terminal import print_document, sparkline
from toolkit.reports.to_json import schema

EVERYTHING = Document(
    "title",
    "subtitle",
    ["not whole"],
    [
        Section(
            "one",
            "Why?",
            ["So."],
            [
                Table(
                    "T",
                    [Column("a"), Column("n", "number"), Column("p", "priority")],
                    [["x", AtLeast(3), "Critical"], [Link("y", "https://y.test/"), None, None]],
                    2,
                ),
                Table("folded away", [Column("a")], [["secret"]], folded=True),
                Trend("By day", ["Mon", "Tue"], [("s", [1, None]), ("t", [0, 8])]),
                HeatMap("H", ["r"], ["c"], [[4]]),
                Code("Set", "a: 1\n"),
                Steps("Do", [Link("look", "#one")]),
            ],
            "bad",
        )
    ],
    "footer",
    5,
)


def test_a_document_comes_back_from_json_as_it_was() -> None:
    for made in (EVERYTHING, document(DATA)):
        plain = json.loads(json.dumps(to_plain(made)))
        again = from_plain(plain, made.generated)
        assert to_plain(again) == plain
        assert render_html(again) == render_html(made)


def test_report_json_with_its_document_is_what_the_schema_says() -> None:
    jsonschema.validate(whole_json(DATA, document(DATA)), schema())
    jsonschema.validate({**whole_json(DATA, EVERYTHING)}, schema())


def printed(made: Document, width: int = 200) -> str:
    sink = io.StringIO()
    print_document(made, Console(file=sink, width=width, highlight=False, markup=False))
    return sink.getvalue()


def test_the_terminal_says_what_the_page_says() -> None:
    made = document(DATA)
    text = " ".join(printed(made).split())
    for section in made.sections:
        assert section.question in text
        for sentence in section.sentences:
            assert " ".join(sentence.split()) in text
        if section.id == "appendix":
            continue
        for block in section.blocks:
            table = numbers(block) if isinstance(block, Trend | HeatMap) else block
            if isinstance(table, Table) and not table.folded:
                for row in table.rows:
                    assert all(" ".join(cell(value).split()) in text for value in row)
    assert HOSTILE in text


def test_a_terminal_shows_lines_and_leaves_details_out() -> None:
    text = printed(EVERYTHING)
    assert "▁ \n" in text.replace("  ", " ").replace("\n\n", "\n") or "▁" in text
    assert "≥\u202f3" in text
    assert "● Critical" in text
    assert "2 more in report.json." in text
    assert "1. look" in text
    assert "a: 1" in text
    assert "secret" not in text


def test_bars_grow_with_the_number_and_none_is_a_space() -> None:
    assert sparkline([0, 1, 50, 100, None], 100) == " ▁▄█ "
    assert sparkline([1], 1) == "▅"
