"""Pages that everybody can use: on a phone, in the dark, by a screen reader, without scripts."""

from __future__ import annotations

import pytest
from html5lib.html5parser import ParseError

from tests.reports.pages import check, every, text
from tests.reports.small import DATA, HOSTILE
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
)
from toolkit.reports.document import document
from toolkit.reports.html import render_html

PAGE = render_html(document(DATA))


def test_a_report_keeps_the_rules_of_pages() -> None:
    tree = check(PAGE)
    assert HOSTILE in {text(one) for one in every(tree, "th")}
    assert len(list(every(tree, "section"))) == len(document(DATA).sections)


@pytest.mark.parametrize("worst", [HOSTILE, '"><svg onload=x>', "</style></title>"])
def test_every_block_keeps_them_with_any_name(worst: str) -> None:
    links = [Link(worst, "#b"), Link("read", f'https://x.test/?"><b>{worst}')]
    harmful = [Link("run", "javascript:alert(1)"), Link("tabbed", "java\tscript:alert(1)")]
    blocks = [
        Table(worst, [Column(worst), Column("n", "number")], [[worst, 1], [links[1], None]], 5),
        Table("folded", [Column("p", "priority")], [["Critical"], [None], [worst]], folded=True),
        Table("empty", [Column("a")], []),
        Trend(worst, ["a", worst], [(worst, [1, 2]), ("b", [0, 0])]),
        HeatMap(worst, [worst], [worst], [[1]]),
        Code(worst, worst),
        Code("folded", worst, folded=True),
        Steps(worst, [*links, *harmful]),
    ]
    sections = [Section(name, worst, [worst], blocks) for name in ("a", "b")]
    page = render_html(Document(worst, worst, [worst], sections, worst, 0))
    tree = check(page)
    assert {one.get("href", "")[:8] for one in every(tree, "a")} == {"#b", "https://"}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("<h3>", "<h5>"),
        ('<html lang="en">', "<html>"),
        ('scope="row"', 'scope="both"'),
        ('role="img"', ""),
        ("<main>", "<div>"),
        (' tabindex="0"', ""),
        ("</style>", "</style><script>1</script>"),
        ("default-src 'none'", "default-src *"),
        ('href="#', 'href="#not-'),
        ('<th scope="col" class="text">Rule</th>', '<th scope="col" class="text"></th>'),
    ],
)
def test_the_rules_can_fail(right: str, wrong: str) -> None:
    assert right in PAGE
    broken = PAGE.replace(right, wrong)
    with pytest.raises((AssertionError, ParseError)):
        check(broken)
