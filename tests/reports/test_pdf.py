"""The PDF says what the other formats say, to eyes and to screen readers, and stays what it is."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pypdf import PdfReader

from tests.reports.small import DATA, HOSTILE, PERIOD
from toolkit.reports.content import (
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
from toolkit.reports.html import cell
from toolkit.reports.pdf import render_pdf

DOCUMENT = document(DATA)
FILE = render_pdf(DOCUMENT)
PDF = PdfReader(io.BytesIO(FILE))


def squeezed(text: str) -> str:
    """Without white space: lines are broken differently on paper."""
    return "".join(text.split())


def said(pdf: PdfReader) -> str:
    """What all pages say, without their feet: a long text goes on over one."""
    pages = [squeezed(page.extract_text()) for page in pdf.pages]
    foot = re.escape(squeezed(f"{DOCUMENT.title} – {DOCUMENT.footer}"))
    return "".join(re.sub(rf"{foot}\d+/\d+$", "", page) for page in pages) + pages[-1]


TEXT = said(PDF)


def test_every_sentence_and_every_number_is_on_paper() -> None:
    for section in DOCUMENT.sections:
        assert squeezed(section.question) in TEXT
        for sentence in section.sentences:
            assert squeezed(sentence) in TEXT
        for block in section.blocks:
            assert squeezed(block.caption) in TEXT
            table = numbers(block) if isinstance(block, Trend | HeatMap) else block
            if isinstance(table, Table):
                for row in table.rows:
                    for value in row:
                        if value or not isinstance(block, HeatMap):
                            assert squeezed(cell(value)) in TEXT
            if isinstance(table, Code):
                assert squeezed(table.text) in TEXT
    for line in DOCUMENT.banner:
        assert squeezed(line) in TEXT


def elements(node: Any) -> Iterator[Any]:
    """The structure elements below a node (ISO 32000-1, 14.7.2)."""
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            yield from elements(child)
    elif isinstance(node, dict) and "/S" in node:
        yield node
        if "/K" in node:
            yield from elements(node["/K"])
    elif isinstance(node, dict) and node.get("/Type") == "/StructTreeRoot":
        yield from elements(node["/K"])


def test_it_is_tagged_for_screen_readers() -> None:
    root: Any = PDF.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "en"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    kinds = Counter(node["/S"] for node in elements(root["/StructTreeRoot"]))
    assert kinds["/H1"] == len(DOCUMENT.sections)
    assert kinds["/H2"] == sum(len(section.blocks) for section in DOCUMENT.sections)
    heads = sum(
        len(table.columns)
        for section in DOCUMENT.sections
        for block in section.blocks
        if isinstance(table := numbers(block) if isinstance(block, Trend) else block, Table)
        if table.rows
    )
    assert kinds["/TH"] == heads
    figures = [n for n in elements(root["/StructTreeRoot"]) if n["/S"] == "/Figure"]
    pictures = [
        block
        for section in DOCUMENT.sections
        for block in section.blocks
        if isinstance(block, Trend | HeatMap)
    ]
    assert len(figures) == len(pictures) > 2
    for figure, picture in zip(figures, pictures, strict=True):
        assert figure["/Alt"].startswith(picture.caption)
        if isinstance(picture, HeatMap):
            assert "Terminal shell in container: node-1 30" in figure["/Alt"]


def test_the_bytes_depend_on_the_report_alone_and_its_date_is_the_reports() -> None:
    assert render_pdf(document(DATA)) == FILE
    assert PDF.metadata is not None
    assert PDF.metadata.title == f"Falco, {PERIOD.name}"
    assert PDF.metadata.creation_date == datetime(2026, 11, 16, 8, 0, 0, tzinfo=UTC)


def test_a_hostile_name_is_only_text() -> None:
    assert squeezed(HOSTILE) in TEXT
    assert all("/URI" not in page.extract_text() for page in PDF.pages)
    assert addresses(PDF) == set()


def addresses(pdf: PdfReader) -> set[str]:
    """Where links lead outside."""
    found = set()
    for page in pdf.pages:
        for one in page.get("/Annots", []):
            action = one.get_object().get("/A", {})
            if "/URI" in action:
                found.add(str(action["/URI"]))
    return found


LONG = "n" * 100
WORST = ['#import "/etc/passwd"', "]]#panic()", "$x$ *b* <label> @ref", "```", "\\ \\u{41}", LONG]


@pytest.mark.parametrize("text", WORST)
def test_no_text_is_read_as_typst(text: str) -> None:
    links = [Link(text, "#one"), Link("no section", "#none"), Link("an address", "https://x.test/")]
    harmful = Link("a program", "javascript:alert(1)")
    blocks = [
        Table(text, [Column(text), Column("n", "number")], [[text, 3], [harmful, None]], 7),
        Table("nothing", [Column("a")], []),
        Code(text, text),
        Steps(text, links),
        Trend(text, [text, "b"], [(text, [1, 2])]),
        HeatMap(text, [text], [text], [[5]]),
    ]
    sections = [Section(name, text, [text, text], blocks) for name in ("one", "t w < o")]
    pdf = PdfReader(io.BytesIO(render_pdf(Document(text, text, [text], sections, text, 0))))
    words = said(pdf)
    assert words.count(squeezed(text)) >= 20
    assert "7moreinreport.json." in words
    assert addresses(pdf) == {"https://x.test/"}


def test_long_reports_are_paged() -> None:
    rows = [[f"rule {n}", n] for n in range(300)]
    table = Table("Many", [Column("Rule"), Column("Events", "number")], rows)
    made = render_pdf(Document("t", "s", [], [Section("a", "q", [], [table])], "f", 0))
    pages = PdfReader(io.BytesIO(made)).pages
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in page.extract_text()
        assert "Rule" in page.extract_text()  # each begins with the table's head


def test_moments_stand_apart_in_a_crowded_table() -> None:
    """Not one over the other, however little is left of the line."""
    moments = ("2026-11-22 23:55", "2026-11-23 00:07")
    texts = [f"{n} in so many words" for n in range(7)]
    columns = [*(Column(text) for text in texts), *(Column(m, "moment") for m in ("From", "To"))]
    table = Table("Crowded", columns, [[*texts, *moments]])
    section = Section("crowded", "Is it crowded?", ["It is."], [table])
    made = Document("Crowded", "", [], [section], "", 0)
    page = PdfReader(io.BytesIO(render_pdf(made))).pages[0]
    assert re.search(r"\s+".join(moments), page.extract_text(extraction_mode="layout"))
