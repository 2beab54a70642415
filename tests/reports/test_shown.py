"""What an attacker wrote into a name moves no cursor, breaks no file and reverses no line."""

from __future__ import annotations

import pytest

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
)
from toolkit.reports.html import render_html
from toolkit.reports.markdown import render_markdown
from toolkit.reports.pdf import render_pdf
from toolkit.reports.shown import shown


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("\x1b", "\ufffd"),
        ("\x00", "\ufffd"),
        ("\x9b", "\ufffd"),
        ("\ud800", "\ufffd"),
        ("\ufffe", "\ufffd"),
        ("\u202e", ""),
        ("\r", " "),
    ],
)
def test_no_format_holds_it(bad: str, good: str) -> None:
    name = f"a{bad}b"
    blocks = [
        Table(name, [Column(name)], [[name], [Link(name, "#a")], [AtLeast(3)]]),
        Trend(name, [name], [(name, (1,))]),
        HeatMap(name, [name], [name], [[1]]),
        Code(name, name),
        Steps(name, [Link(name, "#a")]),
    ]
    made = shown(Document(name, name, [name], [Section("a", name, [name], blocks)], name, 0))
    for text in (render_html(made), render_markdown(made)):
        assert bad not in text
        assert text.count(f"a{good}b") >= 10
    assert render_pdf(made).startswith(b"%PDF-")
    assert made.sections[0].blocks[0].rows[2] == [AtLeast(3)]
    assert type(made.sections[0].blocks[0].rows[2][0]) is AtLeast


def test_texts_that_may_be_shown_stay() -> None:
    text = "Élan\tקפה\n規則 🙂 −5"
    assert shown([text, 5, None, (text,)]) == [text, 5, None, (text,)]
