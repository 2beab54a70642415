"""Problems as text with carets, as JSON, and as annotations of GitHub's workflows."""

from __future__ import annotations

import json

from toolkit.errors import Span, caret
from toolkit.lint.problem import Problem, Severity
from toolkit.lint.run import Report

_WIDTH = 100
_CUT = "…"


def as_text(report: Report) -> str:
    """For people: place, what is wrong, the query with a caret, what to do."""
    parts = [_shown(one) for one in report.problems]
    parts += [f"note: an exclusion of nothing: {one}" for one in report.unused]
    return "\n\n".join([*parts, summary(report)])


def summary(report: Report) -> str:
    """How many of what: ``2 errors, 1 warning in 9 dashboards``."""
    bad = [counted(report.count(one), one.value) for one in Severity]
    text = f"{', '.join(bad)} in {counted(report.dashboards, 'dashboard')}"
    left_out = len(report.excluded)
    return f"{text}, {left_out} excluded" if left_out else text


def counted(count: int, name: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _shown(problem: Problem) -> str:
    place = problem.location
    file = f"{place.file}:{place.line}" if place.line else place.file
    lines = [f"{file}: {problem.severity}: {problem.summary} [{problem.code}]"]
    panel = f'panel "{place.panel}"' if place.panel else ""
    where = ", ".join(one for one in (place.key, panel, place.json_path) if one)
    if where:
        lines.append(f"  {where}")
    if problem.span is not None and problem.text:
        lines += [f"    {line}" for line in caret_line(problem.text, problem.span)]
    if problem.details:
        lines.append(f"  {problem.details}")
    return "\n".join(printable(line) for line in lines)


def printable(text: str) -> str:
    """``text`` without what a terminal might obey; a dashboard is anybody's text."""
    return "".join(c if c.isprintable() or c in "\t\n" else _code(ord(c)) for c in text)


def _code(code: int) -> str:
    # A byte that is not UTF-8 is held as a lone surrogate.
    return f"\\x{code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code:02x}"


def caret_line(text: str, span: Span) -> list[str]:
    """The line of ``text`` around ``span``, printable and not too long, and one with a caret."""
    line, place = cut_line(text, span)
    before = printable(line[: place.start])
    marked = printable(line[place.start : place.end])
    shown = before + marked + printable(line[place.end :])
    return caret(shown, Span(len(before), len(before) + len(marked))).split("\n")


def cut_line(text: str, span: Span) -> tuple[str, Span]:
    """The query's line around the span, and the span in it: queries are long lines."""
    begin = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.start)
    line = text[begin : len(text) if end < 0 else end].rstrip("\r")
    start, stop = span.start - begin, min(span.end - begin, len(line))
    if len(line) <= _WIDTH:
        return line, Span(start, stop)
    first = max(0, min(start - _WIDTH // 3, len(line) - _WIDTH))
    last = min(len(line), first + _WIDTH)
    left, right = _CUT if first else "", _CUT if last < len(line) else ""
    shift = len(left) - first
    return left + line[first:last] + right, Span(start + shift, min(stop, last) + shift)


def as_json(report: Report) -> str:
    """For programs; ``span`` is a half-open range of characters of ``query``."""
    data = {
        "dashboards": report.dashboards,
        "errors": report.count(Severity.ERROR),
        "warnings": report.count(Severity.WARNING),
        "problems": [_object(one) for one in report.problems],
        "excluded": [_object(one.problem) | {"reason": one.reason} for one in report.excluded],
        "unused_exclusions": list(report.unused),
    }
    return json.dumps(data, indent=1, ensure_ascii=False)


def _object(problem: Problem) -> dict[str, object]:
    place = problem.location
    data: dict[str, object] = {
        "code": problem.code,
        "severity": problem.severity.value,
        "summary": problem.summary,
        "details": problem.details,
        "file": place.file,
        "line": place.line or None,
        "key": place.key or None,
        "dashboard": place.dashboard,
        "panel": place.panel or None,
        "path": list(place.path),
    }
    if problem.span is not None and problem.text:
        data |= {"query": problem.text, "span": [problem.span.start, problem.span.end]}
    return data


def as_github(report: Report) -> str:
    """Workflow commands, which GitHub shows beside the lines of a pull request.

    github.com/actions/toolkit packages/core/src/command.ts says what has to be escaped.
    """
    lines = []
    for one in report.problems:
        place = one.location
        panel = f'panel "{place.panel}": ' if place.panel else ""
        text = f"{panel}{one.summary}\n{one.details}".rstrip()
        lines.append(workflow_command(one.severity, place.file, place.line, one.code, text))
    return "\n".join([*lines, summary(report)])


def workflow_command(kind: str, file: str, line: int | None, title: str, text: str) -> str:
    """One remark; ``kind`` is ``error`` or ``warning``."""
    where = f"file={_property(file)}" + (f",line={line}" if line else "")
    return f"::{kind} {where},title={_property(title)}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
