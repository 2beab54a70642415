"""The part of Markdown that text panels are written in, as HTML.

Headings, lists, tables, paragraphs, code, bold, italics and links. Nothing of the text becomes a
tag of its own, and links lead nowhere but to a place on the page: the page stays self-contained.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from toolkit.preview.markup import Markup, html, joined

_TAG = re.compile(r"<[^>]*>")
_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+\.)\s+(.*)")
_RULE = re.compile(r"\s*\|?\s*:?-{3,}")
_INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<bold>[^*]+)\*\*|\*(?P<italic>[^*]+)\*"
    r"|\[(?P<text>[^\]]*)\]\((?P<address>[^)\s]*)\)"
)


def to_html(text: str, *, markdown: bool = True) -> Markup:
    """The text as HTML; without ``markdown`` its tags are left out."""
    if not markdown:
        return html("p", _TAG.sub("", text))
    return joined(*_blocks(text.splitlines()))


def _blocks(lines: list[str]) -> Iterator[Markup]:
    at = 0
    while at < len(lines):
        line = lines[at]
        heading = _HEADING.fullmatch(line)
        if not line.strip():
            at += 1
        elif heading:
            yield html(f"h{min(6, len(heading[1]) + 2)}", _inline(heading[2]))
            at += 1
        elif line.lstrip().startswith("|") and at + 1 < len(lines) and _RULE.match(lines[at + 1]):
            rows, at = _while(lines, at, lambda one: one.lstrip().startswith("|"))
            yield _table(rows)
        elif _ITEM.fullmatch(line):
            items, at = _while(lines, at, lambda one: bool(_ITEM.fullmatch(one)))
            found = (_ITEM.fullmatch(one) for one in items)
            yield html("ul", *(html("li", _inline(one[1])) for one in found if one))
        else:
            words, at = _while(lines, at, _is_plain)
            yield html("p", _inline(" ".join(word.strip() for word in words)))


def _while(lines: list[str], at: int, fits: Callable[[str], bool]) -> tuple[list[str], int]:
    """The lines from ``at`` on that fit, at least one, and where the next one is."""
    end = at + 1
    while end < len(lines) and fits(lines[end]):
        end += 1
    return lines[at:end], end


def _is_plain(line: str) -> bool:
    return bool(line.strip()) and not (
        _HEADING.fullmatch(line) or _ITEM.fullmatch(line) or line.lstrip().startswith("|")
    )


def _table(rows: list[str]) -> Markup:
    cells = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in rows]
    head = html("tr", *(html("th", _inline(cell)) for cell in cells[0]))
    body = [html("tr", *(html("td", _inline(cell)) for cell in row)) for row in cells[2:]]
    return html("table", html("thead", head), html("tbody", *body))


def _inline(text: str) -> Markup:
    parts: list[str] = []
    end = 0
    for match in _INLINE.finditer(text):
        parts.append(text[end : match.start()])
        parts.append(_marked(match))
        end = match.end()
    return joined(*parts, text[end:])


def _marked(match: re.Match[str]) -> str:
    if match["code"]:
        return html("code", match["code"])
    if match["bold"]:
        return html("strong", _inline(match["bold"]))
    if match["italic"]:
        return html("em", _inline(match["italic"]))
    return _inline(match["text"])
