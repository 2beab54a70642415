"""Rules that a page must keep, so that everybody can use it and nothing can be done to it.

Of WCAG 2.2 and of the HTML standard, those that a program can check; named as axe names them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from xml.etree.ElementTree import Element

import html5lib


def parsed(page: str) -> Element:
    """The page's tree. Raises at the first thing that is no valid HTML."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: Element = parser.parse(page)
    return tree


def check(page: str) -> Element:
    """Asserts every rule and returns the tree."""
    tree = parsed(page)
    document_rules(tree)
    headings_in_order(tree)
    landmarks(tree)
    names_and_ids(tree)
    tables(tree)
    pictures(tree)
    nothing_from_outside(tree, page)
    return tree


def text(element: Element) -> str:
    return "".join(element.itertext()).strip()


def every(tree: Element, *tags: str) -> Iterator[Element]:
    return (one for one in tree.iter() if one.tag in tags)


def document_rules(tree: Element) -> None:
    """html-has-lang, document-title, meta-viewport"""
    assert tree.get("lang") == "en"
    [title] = every(tree, "title")
    assert text(title)
    [viewport] = [m for m in every(tree, "meta") if m.get("name") == "viewport"]
    assert "user-scalable" not in (viewport.get("content") or "")


def headings_in_order(tree: Element) -> None:
    """page-has-heading-one, heading-order, empty-heading"""
    levels = [int(one.tag[1]) for one in every(tree, *(f"h{n}" for n in range(1, 7)))]
    assert levels.count(1) == 1
    assert levels[0] == 1
    for before, level in pairwise(levels):
        assert level <= before + 1
    assert all(text(one) for one in every(tree, "h1", "h2", "h3", "summary"))


def landmarks(tree: Element) -> None:
    """landmark-one-main, region, landmark-unique"""
    body = tree.find("body")
    assert body is not None
    assert [one.tag for one in body] == ["header", "main", "footer"]
    assert not (body.text or "").strip()
    labels = [one.get("aria-labelledby") for one in every(tree, "section")]
    assert len(set(labels)) == len(labels)
    assert all(one.get("aria-label") for one in every(tree, "nav"))


def names_and_ids(tree: Element) -> None:
    """duplicate-id, aria-valid-attr-value, link-name, list"""
    ids = [one.get("id") for one in tree.iter() if one.get("id")]
    assert len(set(ids)) == len(ids)
    for one in tree.iter():
        assert one.get("aria-labelledby") in (None, *ids)
        if one.tag in ("ul", "ol"):
            assert {child.tag for child in one} <= {"li"}
        if one.tag == "details":
            assert one[0].tag == "summary"
    for link in every(tree, "a"):
        assert text(link)
        target = link.get("href") or ""
        assert not target.startswith("#") or target[1:] in ids
        assert ":" not in target.partition("/")[0] or target.startswith(("https:", "http:"))


def tables(tree: Element) -> None:
    """th-has-data-cells, scope-attr-valid, empty-table-header, scrollable-region-focusable"""
    found = list(every(tree, "table"))
    for table in found:
        rows = list(every(table, "tr"))
        heads = list(every(table[0], "th"))
        assert table[0].tag == "thead"
        assert heads
        assert {one.get("scope") for one in heads} == {"col"}
        assert all(text(one) for one in heads)
        assert len({len(row) for row in rows}) == 1
        for row in rows[1:]:
            assert {one.get("scope") for one in every(row, "th")} <= {"row"}
    around = [one for one in tree.iter() if one.get("class", "").startswith("scroll")]
    assert len(around) >= len(found)
    for one in (*around, *every(tree, "pre")):
        assert one.get("tabindex") == "0"
    assert all(one.get("role") == "group" and one.get("aria-label") for one in around)


def pictures(tree: Element) -> None:
    """svg-img-alt; a picture's numbers follow as a table"""
    assert not list(every(tree, "img", "canvas", "video", "audio"))
    for one in tree.iter():
        children = list(one)
        for place, child in enumerate(children):
            if "picture" in child.get("class", "").split():
                [svg] = child
                assert svg.tag == "{http://www.w3.org/2000/svg}svg"
                assert svg.get("role") == "img"
                assert svg.get("aria-label")
                numbers = children[place + 1]
                assert numbers.tag == "details"
                assert list(every(numbers, "table"))


def nothing_from_outside(tree: Element, page: str) -> None:
    """No scripts, no resources, and a policy that forbids them."""
    assert not list(every(tree, "script", "link", "iframe", "object", "embed", "form", "base"))
    policies = [m.get("content") for m in every(tree, "meta") if m.get("http-equiv")]
    assert policies == [
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    ]
    for one in tree.iter():
        for name in one.attrib:
            assert not str(name).startswith("on"), f"{one.tag} {name}"
            assert name not in ("src", "srcset", "style", "background")
    [style] = every(tree, "style")
    assert "url(" not in text(style)
    assert "@import" not in text(style)
    assert "\x00" not in page
