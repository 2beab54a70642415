"""Predicates over single texts, compiled to functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import re2

from toolkit.engine.pipeline.gotext import as_runes, byte_length, lower_rune
from toolkit.engine.pipeline.predicates import (
    Address,
    AllOf,
    AnyOf,
    Contains,
    Equals,
    Everything,
    LinePattern,
    Not,
    NotEmpty,
    Predicate,
    Regex,
)
from toolkit.logql import regex
from toolkit.logql.ip import parse_ip
from toolkit.logql.pattern import Capture, Part, parse_line_pattern
from toolkit.logql.quoting import encode

Test = Callable[[str], bool]

_REGEX_MEMORY = 64 << 20
"""Bytes one regex may use for its automaton."""


def compile_predicate(predicate: Predicate) -> Test:
    """The function that says whether ``predicate`` holds for a text."""
    match predicate:
        case Everything():
            return lambda text: True
        case NotEmpty():
            return bool
        case Contains(needle, fold):
            return _contains(needle, fold)
        case Equals(value, fold):
            return _equals(value, fold)
        case Regex(pattern):
            return regex_test(pattern)
        case LinePattern(pattern):
            return partial(_is_described, parse_line_pattern(pattern))
        case Address(pattern):
            search = parse_ip(pattern).search
            return lambda text: search(encode(text))
        case Not(Contains(needle, False)) if needle.isascii():
            return lambda text: needle not in text
        case Not(inner):
            test = compile_predicate(inner)
            return lambda text: not test(text)
        case AnyOf(inners):
            return _any_of([compile_predicate(inner) for inner in inners])
        case AllOf(inners):
            return _all_of([compile_predicate(inner) for inner in inners])


def _any_of(tests: list[Test]) -> Test:
    if len(tests) == 2:
        left, right = tests
        return lambda text: left(text) or right(text)
    return lambda text: any(test(text) for test in tests)


def _all_of(tests: list[Test]) -> Test:
    if len(tests) == 2:
        left, right = tests
        return lambda text: left(text) and right(text)
    return lambda text: all(test(text) for test in tests)


def _contains(needle: str, fold: bool) -> Test:
    if fold:
        return _folded_contains(needle)
    if not _is_text(needle):
        raw = encode(needle)
        return lambda text: raw in encode(text)
    return lambda text: needle in text


def _equals(value: str, fold: bool) -> Test:
    if not fold:
        return lambda text: text == value
    size = byte_length(value)
    contains = _folded_contains(value)
    return lambda text: byte_length(text) == size and contains(text)


def regex_test(pattern: str) -> Test:
    """Whether the RE2 pattern matches somewhere in a text. In a text with bytes that are not UTF-8
    each of those is a U+FFFD to the pattern, as it is to Go's regexp."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = _REGEX_MEMORY
    # a set of one answers yes or no without looking for where the match begins
    searcher = re2.Set.SearchSet(options)
    try:
        searcher.Add(pattern)
        searcher.Compile()
    except re2.error:
        # Go's syntax where it is not RE2's, or an error in Go's words
        match = regex.compile(pattern).search
    else:
        match = searcher.Match

    def test(text: str) -> bool:
        if not text.isascii():
            text = as_runes(text)
        return bool(match(text))

    return test


def _is_described(parts: Sequence[Part], text: str) -> bool:
    """Whether the line is what a ``|>`` pattern says: its literals in order and something between
    them; behind the last one something if a capture ends the pattern, else nothing. What goes
    before a literal at the beginning does not matter (``Matcher.Test``)."""
    if not text or not parts:
        return not text and not parts
    at = 0
    for place, part in enumerate(parts):
        if isinstance(part, Capture):
            continue
        found = text.find(part, at)
        if found < 0 or (place and found == at):
            return False
        at = found + len(part)
    return isinstance(parts[-1], Capture) == (at != len(text))


def _folded_contains(needle: str) -> Test:
    """Loki's ``containsLower``: runes are compared one by one, lower-cased, but a match can only
    begin at a byte that is the needle's first one, or that one as an ASCII capital."""
    first = encode(needle)[:1]
    window = 4 * len(needle)  # a rune takes at most four bytes; one cut at the end is never read

    def search(text: str) -> bool:
        if text.isascii():
            return needle in text.lower()
        data = encode(text)
        lowered = data.lower()  # bytes.lower() knows ASCII only, as does the search for the start
        start = lowered.find(first)
        while start >= 0:
            if _continues(data[start : start + window], needle):
                return True
            start = lowered.find(first, start + 1)
        return False

    return search if needle else lambda text: True


def _continues(data: bytes, needle: str) -> bool:
    """Whether ``data`` begins with ``needle``, each of its runes lower-cased."""
    runes = data.decode("utf-8", "surrogateescape")
    return len(runes) >= len(needle) and all(
        lower_rune(char) == wanted for char, wanted in zip(runes, needle, strict=False)
    )


def _is_text(text: str) -> bool:
    """Whether the text is UTF-8 throughout."""
    return text.isascii() or as_runes(text) == text
