"""Regular expressions: RE2's engine, so that no pattern can blow up, and Go's error texts.

Loki's expressions are Go's, which is RE2's syntax with few differences; those are bridged here.
Patterns and texts are handled as UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import re2

from toolkit.logql.regex_syntax import Group, RegexError, groups

__all__ = [
    "RegexError",
    "check",
    "check_matcher",
    "check_parser",
    "compile",
    "expand",
    "group_names",
    "matcher",
    "plain_texts",
]

_OPTIONS: Final = re2.Options()
_OPTIONS.log_errors = False
# Go has no limit of memory for a compiled expression; RE2's own is too small for some.
_OPTIONS.max_mem = 256 << 20

_META: Final = re.compile(r"[\\.+*?()\[\]{}^$]")
# $name, ${name} and $1 as Go reads them: a name is as long as it can be.
_REFERENCE: Final = re.compile(r"\$(?:\$|(?P<bare>\w+)|\{(?P<braced>\w+)\})")


@lru_cache(maxsize=1024)
def compile(pattern: str) -> Any:
    """The RE2 object for ``pattern``; RegexError, worded as Go words it, if Go refuses it."""
    found = _groups(pattern)
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error:
        # Go lets two groups have the same name; RE2 does not. Groups are known by number here.
        return re2.compile(_unnamed(pattern, found), _OPTIONS)


def check(pattern: str) -> None:
    """RegexError if ``pattern`` is not a regular expression to Go."""
    _groups(pattern)


def plain_texts(pattern: str) -> tuple[str, ...] | None:
    """The texts of a pattern that is nothing but texts with ``|`` between them.

    A label matcher compares with them and does not look at the pattern as a regular expression, so
    that they may hold what is not UTF-8 (Prometheus' model/labels/regexp.go,
    ``optimizeAlternatingLiterals``).
    """
    return None if _META.search(pattern) else tuple(pattern.split("|"))


def check_matcher(pattern: str) -> None:
    """RegexError if ``pattern`` cannot stand in a label matcher."""
    if plain_texts(pattern) is None:
        check(pattern)


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a whole value matches, as a label matcher asks it: a dot matches a newline, too."""
    texts = plain_texts(pattern)
    if texts is not None:
        return frozenset(texts).__contains__
    check(pattern)  # alone: in the parentheses below it might be right by accident
    compiled = compile(f"(?s:{pattern})")
    return lambda value: compiled.fullmatch(value) is not None


@lru_cache(maxsize=1024)
def _groups(pattern: str) -> tuple[Group, ...]:
    return tuple(groups(pattern, _is_unicode_class))


def group_names(pattern: str) -> tuple[str, ...]:
    """The names of the groups of ``pattern`` from the first on, "" for one without."""
    return tuple(group.name for group in _groups(pattern))


def check_parser(pattern: str) -> None:
    """ValueError if ``pattern`` cannot extract labels (pkg/logql/log, NewRegexpParser)."""
    names = [name for name in group_names(pattern) if name]
    if not names:
        raise ValueError("at least one named capture must be supplied")
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ValueError(f"duplicate extracted label name '{name}'")


def _unnamed(pattern: str, found: tuple[Group, ...]) -> str:
    parts, position = [], 0
    for group in found:
        parts += [pattern[position : group.start], "("]
        position = group.end
    return "".join(parts) + pattern[position:]


@lru_cache(maxsize=256)
def _is_unicode_class(name: str) -> bool:
    """Whether Unicode has a category or script ``name``; RE2 knows them as Go does."""
    if not name.isalnum() and "_" not in name:
        return False
    try:
        re2.compile(f"\\p{{{name}}}", _OPTIONS)
    except re2.error:
        return False
    return True


def expand(template: str, groups: Mapping[str, str]) -> str:
    """Replace ``$name``, ``${name}`` and ``$1``; unknown names give "", ``$$`` gives ``$``."""

    def text(found: re.Match[str]) -> str:
        name = found["bare"] or found["braced"]
        return "$" if name is None else groups.get(name, "")

    return _REFERENCE.sub(text, template)
