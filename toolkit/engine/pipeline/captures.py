"""``| regexp`` and ``| pattern``: labels out of what a pattern captures.

After ``RegexpParser`` and ``PatternParser`` in ``pkg/logql/log/parser.go``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import zip_longest

from toolkit.engine.pipeline.builder import LabelsBuilder
from toolkit.engine.pipeline.gotext import as_runes
from toolkit.engine.pipeline.labels import EXTRACTED
from toolkit.engine.pipeline.names import label_name
from toolkit.engine.pipeline.stage import Bound, Stage
from toolkit.errors import LogQLTypeError
from toolkit.logql import regex
from toolkit.logql.pattern import Capture, parse_pattern

Captures = Iterable[tuple[str, str]]
"""Names and what they captured."""


def regexp_stage(pattern: str) -> Stage:
    """Named groups become labels, empty where a group took no part; a line that does not match
    stays as it is. It runs even where no labels are needed."""
    _refuse_without_captures(regex.check_parser, pattern)
    compiled = regex.compile(pattern)
    groups = [
        (number, label_name(name))
        for number, name in enumerate(regex.group_names(pattern), 1)
        if name
    ]

    def captures(line: str) -> Captures:
        if line.isascii():
            found = compiled.search(line.encode())
        else:
            found = compiled.search(as_runes(line))
        if found is None:
            return
        for number, name in groups:
            start, end = found.span(number)
            yield name, line[start:end] if start >= 0 else ""

    return _stage(captures, always=True)


def pattern_stage(pattern: str) -> Stage:
    """Captures with a name become labels; a line shorter than the pattern fills the first ones."""
    _refuse_without_captures(parse_pattern, pattern)
    parts = parse_pattern(pattern)
    literals = tuple(part for part in parts if isinstance(part, str))
    start = literals[0] if isinstance(parts[0], str) else ""
    # between captures there is always a literal, so the two take turns
    ends = literals[1:] if start else literals
    names = [part.name if part.named else "" for part in parts if isinstance(part, Capture)]
    return _stage(partial(_matches, start, tuple(zip_longest(names, ends))), always=False)


def _refuse_without_captures(check: Callable[[str], object], pattern: str) -> None:
    """A variable that Grafana has not replaced passes the parser, and has no captures."""
    try:
        check(pattern)
    except ValueError as error:
        raise LogQLTypeError(f"{error}: {pattern}") from error


def _matches(start: str, captures: Iterable[tuple[str, str | None]], line: str) -> Captures:
    """Captures reach to the literal behind them; where that is missing, the capture takes the rest
    of the line, and those behind it nothing."""
    if not line or not line.startswith(start):
        return
    at = len(start)
    for name, end in captures:
        stop = line.find(end, at) if end is not None else -1
        if name:
            yield name, line[at:] if stop < 0 else line[at:stop]
        if end is None or stop < 0:
            return
        at = stop + len(end)


def _stage(captures: Callable[[str], Captures], *, always: bool) -> Stage:
    def bind(builder: LabelsBuilder) -> Bound:
        hints = builder.hints

        def stage(timestamp: int, line: str) -> str | None:
            if not always and builder.nothing_to_extract():
                return line
            watch = builder.watch
            for name, value in captures(line):
                if builder.taken(name):
                    name += EXTRACTED
                if builder.extracted(name) or not hints.wants(name):
                    continue
                builder.set(name, value)
                holds = watch.get(name)
                if holds is not None and not holds():
                    return None
            return line

        return stage

    return bind
