"""What a filter asks of a text, as values: searches, comparisons, regexes, and how they combine.

Line filters and string label filters compile to these. They are plain data, so that a column at a
time can be asked as well as a line (:mod:`toolkit.engine.pipeline.matching` does the latter).
Texts are ``str`` with surrogate escapes for bytes that are not UTF-8.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Everything:
    """Holds for every text."""


@dataclass(frozen=True, slots=True)
class NotEmpty:
    """Holds for every text but the empty one."""


@dataclass(frozen=True, slots=True)
class Contains:
    """The text contains ``needle``; with ``fold``, in either case, and ``needle`` is lower case."""

    needle: str
    fold: bool = False


@dataclass(frozen=True, slots=True)
class Equals:
    """The text is ``value``; with ``fold``, in either case, and ``value`` is lower case."""

    value: str
    fold: bool = False


@dataclass(frozen=True, slots=True)
class Regex:
    """The RE2 ``pattern`` matches somewhere in the text."""

    pattern: str


@dataclass(frozen=True, slots=True)
class LinePattern:
    """The text is what the ``|>`` pattern describes."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address somewhere in the text lies in ``pattern``: an address, a range or a network."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Not:
    """``predicate`` does not hold."""

    predicate: Predicate


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the predicates holds."""

    predicates: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of the predicates hold."""

    predicates: tuple[Predicate, ...]


Predicate = (
    Everything | NotEmpty | Contains | Equals | Regex | LinePattern | Address | Not | AnyOf | AllOf
)

EVERYTHING = Everything()


def all_of(predicates: list[Predicate]) -> Predicate:
    """All of the predicates; one alone stands for itself, and none for everything."""
    kept = tuple(predicate for predicate in predicates if predicate != EVERYTHING)
    if not kept:
        return EVERYTHING
    return kept[0] if len(kept) == 1 else AllOf(kept)
