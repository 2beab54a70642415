"""What ``toolkit logql check`` found, as text with carets, as JSON, and as remarks for GitHub."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from toolkit.cli.logql_files import Held
from toolkit.errors import Location, LogQLError, Span
from toolkit.lint.output import caret_line, printable, workflow_command
from toolkit.logql.advice import advise
from toolkit.logql.parser import parse


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


@dataclass(frozen=True, slots=True)
class Finding:
    """An error of a query (without ``code``) or a warning, with its place in file and query."""

    file: str
    location: Location
    severity: str
    code: str
    summary: str
    details: str
    query: str
    span: Span

    @classmethod
    def of_error(cls, name: str, held: Held, error: LogQLError) -> Finding:
        place = held.location(error.span.location(held.text))
        hint = f"hint: {error.hint}" if error.hint else ""
        return cls(name, place, "error", "", error.message, hint, held.text, error.span)

    @classmethod
    def of_problem(cls, name: str, text: str, span: Span, summary: str) -> Finding:
        """Something wrong with the file ``name`` itself, which holds ``text``."""
        place = span.location(text)
        line = text.split("\n")[place.line - 1]
        shown = Span(place.column - 1, min(place.column - 1 + span.end - span.start, len(line)))
        return cls(name, place, "error", "", summary, "", line, shown)


def findings(name: str, held: Held, *, variables: bool) -> Iterator[Finding]:
    """What there is to say about one query of the file ``name``."""
    if held.problem:
        place = held.location(Location(1, 1))
        whole = Span(0, len(held.text))
        yield Finding(name, place, "error", "", held.problem, "", held.text, whole)
        return
    try:
        expr = parse(held.text, variables=variables)
    except LogQLError as error:
        yield Finding.of_error(name, held, error)
        return
    for one in advise(expr, held.text):
        place = held.location(one.span.location(held.text))
        text = (one.code, one.summary, one.details)
        yield Finding(name, place, "warning", *text, held.text, one.span)


def as_text(found: Sequence[Finding], queries: int) -> str:
    """For people: place, what is wrong, the line of the query with a caret, what to do."""
    return "\n".join(map(text_of, found))


def text_of(one: Finding) -> str:
    """One finding for people."""
    code = f" [{one.code}]" if one.code else ""
    shown = caret_line(one.query, one.span)
    lines = [f"{one.file}:{one.location}: {one.severity}: {one.summary}{code}"]
    lines += [f"  {line}" for line in (*shown, *([one.details] if one.details else ()))]
    return "\n".join(map(printable, lines))


def as_json(found: Sequence[Finding], queries: int) -> str:
    """For programs; ``span`` is a half-open range of characters of ``query``."""
    severities = [one.severity for one in found]
    data = {
        "queries": queries,
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "problems": [
            {
                "severity": one.severity,
                "code": one.code or None,
                "summary": one.summary,
                "details": one.details,
                "file": one.file,
                "line": one.location.line,
                "column": one.location.column,
                "query": one.query,
                "span": [one.span.start, one.span.end],
            }
            for one in found
        ],
    }
    return json.dumps(data, indent=1, ensure_ascii=True)


def as_github(found: Sequence[Finding], queries: int) -> str:
    """Workflow commands, which GitHub shows beside the lines of a pull request."""
    return "\n".join(
        workflow_command(
            one.severity,
            one.file,
            one.location.line,
            one.code or "LogQL",
            f"{one.summary}\n{one.details}".rstrip(),
        )
        for one in found
    )


RENDERERS: Final[dict[Format, Callable[[Sequence[Finding], int], str]]] = {
    Format.TEXT: as_text,
    Format.JSON: as_json,
    Format.GITHUB: as_github,
}
