"""Test results as text: expected and found side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from toolkit.ruletest.outcome import CaseResult, Failure, FileResult, Pair, Row

WIDTH = 110
_NAME_WIDTH = 24
_NARROWEST = 20
_ABSENT = "-"


def show_file(result: FileResult, *, width: int = WIDTH) -> Iterator[str]:
    """The lines of one file's results."""
    yield result.path
    for problem in result.problems:
        yield from ("  " + line for line in problem.show().splitlines())
    for case in result.cases:
        yield from ("  " + line for line in show_case(case, width=width - 2))


def show_case(case: CaseResult, *, width: int = WIDTH) -> Iterator[str]:
    """``ok`` or ``FAIL``, and under it what failed."""
    if case.passed:
        yield f"ok    {case.name}"
        return
    yield f"FAIL  {case.name} ({case.place})"
    for failure in case.failures:
        yield from ("  " + line for line in show_failure(failure, width=width - 2))


def show_failure(failure: Failure, *, width: int = WIDTH) -> Iterator[str]:
    """What was looked at, expected and got in two columns, and what helps to understand it."""
    yield f"{failure.place}: {failure.title}"
    if failure.pairs:
        names = [row.name for pair in failure.pairs for row in pair.rows]
        column = min(_NAME_WIDTH, max(map(len, names), default=0))
        half = max(_NARROWEST, (width - column - 8) // 2)
        yield f"    {'':{column}}  {'expected':{half}}  got"
        for pair in failure.pairs:
            yield from _pair(pair, column, half)
    for note in failure.notes:
        yield from _wrapped("  note: ", note, width)


def _pair(pair: Pair, column: int, half: int) -> Iterator[str]:
    if not pair.has_got:
        yield "  - expected, and not there:"
    elif not pair.has_expected:
        yield "  + there, and not expected:"
    else:
        yield "  ! different:"
    for row in pair.rows:
        yield from _row(row, column, half)


def _row(row: Row, column: int, half: int) -> Iterator[str]:
    """One row on as many lines as its texts need."""
    name = [row.name[at : at + column] for at in range(0, max(1, len(row.name)), max(1, column))]
    expected = _cell(row.expected, half)
    got = _cell(row.got, half)
    for at in range(max(len(name), len(expected), len(got))):
        cells = (_at(name, at), _at(expected, at), _at(got, at))
        mark = row.mark if at == 0 else " "
        yield f"  {mark} {cells[0]:{column}}  {cells[1]:{half}}  {cells[2]}".rstrip()


def _cell(text: str | None, width: int) -> list[str]:
    """A text in quotes, which show blanks at its ends, on lines of ``width`` characters."""
    if text is None:
        return [_ABSENT]
    return [piece for line in f'"{text}"'.split("\n") for piece in _pieces(line, width)]


def _pieces(line: str, width: int) -> list[str]:
    return [line[at : at + width] for at in range(0, max(1, len(line)), width)]


def _at(lines: Sequence[str], index: int) -> str:
    return lines[index] if index < len(lines) else ""


def _wrapped(prefix: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, _NARROWEST),
        initial_indent=prefix,
        subsequent_indent=" " * len(prefix),
        break_long_words=False,
    )


def summary(results: Iterable[FileResult]) -> str:
    """``3 files, 12 tests: 11 passed, 1 failed``."""
    found = list(results)
    cases = [case for result in found for case in result.cases]
    passed = sum(case.passed for case in cases)
    broken = sum(result.broken for result in found)
    parts = [f"{passed} passed"]
    if passed < len(cases):
        parts.append(f"{len(cases) - passed} failed")
    if broken:
        parts.append(f"{number(broken, 'file')} could not be run")
    return f"{number(len(found), 'file')}, {number(len(cases), 'test')}: {', '.join(parts)}"


def number(count: int, noun: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
