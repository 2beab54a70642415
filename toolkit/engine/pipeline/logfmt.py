"""logfmt, read as Loki reads it (``pkg/logql/log/logfmt/decode.go``, ``jsonstring.go``)."""

from __future__ import annotations

import re
from typing import NamedTuple

from toolkit.engine.pipeline.gotext import REPLACEMENT, as_runes, byte_length, has_invalid

_BLANK = re.compile(r"[\x00-\x20]*+")
_WORD = re.compile(r'[^\x00-\x20="]*+')
_REST = re.compile(r"[^\x00-\x20]*+")
_PLAIN = re.compile(
    r"""[\x00-\x20]*+
        ([!\#-<>-\x7f]++) =
        (?: "([^"\\]*+)" | ([^\x00-\x20="]*+) (?=[\x00-\x20]|\Z) )""",
    re.VERBOSE,
)
_QUOTED = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.DOTALL)
_ESCAPE = re.compile(
    r"""\\(?:
        (["\\/'bfnrt])
        | u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})
        | u([0-9a-fA-F]{4})
        |
    )""",
    re.VERBOSE,
)
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Pair(NamedTuple):
    """One step through a line: where to go on, and what was found.

    ``key`` is ``None`` where there was no pair; then ``error`` says why, unless only blanks were
    left. A value that is missing is empty.
    """

    end: int
    key: str | None
    value: str = ""
    error: str = ""


def next_pair(line: str, at: int) -> tuple[int, str | None, str, str]:
    """The pair at or behind ``at``, as a :class:`Pair` has it."""
    plain = _PLAIN.match(line, at)
    if plain is not None:  # as most are: an ASCII key, a value without escapes
        key, quoted, bare = plain.groups("")
        return plain.end(), key, quoted or bare, ""
    return _odd_pair(line, at)


def _odd_pair(line: str, at: int) -> Pair:
    at = _end(_BLANK, line, at)
    if at == len(line):
        return Pair(at, None)
    stop = _end(_WORD, line, at)
    key = line[at:stop]
    follows = line[stop : stop + 1]
    if follows == '"' or not key:
        return _skip(line, stop, f"unexpected '{follows}'")
    if has_invalid(key):
        if follows == "=":
            return _skip(line, stop, "invalid key")
        return Pair(stop, None, error=_error(line, stop, "invalid key"))
    if follows != "=":
        return Pair(stop, key)
    at = stop + 1
    if line[at : at + 1] == '"':
        return _quoted(line, at, key)
    stop = _end(_WORD, line, at)
    follows = line[stop : stop + 1]
    if follows and follows in '="':
        return _skip(line, stop, f"unexpected '{follows}'")
    return Pair(stop, key, line[at:stop])


def _quoted(line: str, at: int, key: str) -> Pair:
    found = _QUOTED.match(line, at)
    if found is None:
        end = len(line)
        return Pair(end, None, error=_error(line, end, "unterminated quoted value"))
    value = _unquoted(found[1])
    if value is None:
        return Pair(found.end(), None, error=_error(line, found.end(), "invalid quoted value"))
    return Pair(found.end(), key, value)


def _unquoted(text: str) -> str | None:
    if "\\" not in text:
        return text
    try:
        return _ESCAPE.sub(_unescaped, as_runes(text))
    except ValueError:
        return None


def _unescaped(found: re.Match[str]) -> str:
    short, high, low, plain = found.groups()
    if short is not None:
        return _SHORT.get(short, short)
    if high is not None:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
    if plain is None:
        raise ValueError(found[0])
    rune = int(plain, 16)
    return REPLACEMENT if 0xD800 <= rune <= 0xDFFF else chr(rune)


def _end(pattern: re.Pattern[str], line: str, at: int) -> int:
    found = pattern.match(line, at)
    return found.end() if found else at


def _skip(line: str, at: int, problem: str) -> Pair:
    """Give the pair up, and go on behind the next blank."""
    return Pair(_end(_REST, line, at), None, error=_error(line, at, problem))


def _error(line: str, at: int, problem: str) -> str:
    return f"logfmt syntax error at pos {byte_length(line[:at]) + 1} : {problem}"
