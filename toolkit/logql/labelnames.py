"""Sets of label names, as far as a query tells which labels its answer can have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Kept:
    """Names that labels may have: ``names``, or where that is None any but ``removed``."""

    names: frozenset[str] | None = None
    removed: frozenset[str] = frozenset()

    def may_have(self, name: str) -> bool:
        """Whether some series may have the label."""
        return name not in self.removed if self.names is None else name in self.names

    @property
    def is_open(self) -> bool:
        """Whether it is not known which labels there are."""
        return self.names is None

    def only(self, names: Iterable[str]) -> Kept:
        return Kept(frozenset(name for name in names if self.may_have(name)))

    def without(self, names: Iterable[str]) -> Kept:
        if self.names is None:
            return replace(self, removed=self.removed | frozenset(names))
        return Kept(self.names - frozenset(names))

    def plus(self, names: Iterable[str]) -> Kept:
        if self.names is None:
            return replace(self, removed=self.removed - frozenset(names))
        return Kept(self.names | frozenset(names))

    def or_else(self, other: Kept) -> Kept:
        """The labels of either."""
        if self.names is not None and other.names is not None:
            return Kept(self.names | other.names)
        removed = [one.removed for one in (self, other) if one.names is None]
        closed = [one.names for one in (self, other) if one.names is not None]
        return Kept(None, frozenset.intersection(*removed).difference(*closed))


ANYTHING = Kept()
NOTHING = Kept(frozenset())
