"""Queries that are blocked by policy, under the names of Loki's ``blocked_queries``.

Source: grafana/loki ``pkg/logql/blocker.go`` and ``pkg/util/hash_fp.go``. As where Loki does not
shard queries, a query is compared as it was asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.logql import regex
from toolkit.logql.ast import Expr, LabelFilter, LineFilter, LineMatch, LogQuery
from toolkit.logql.quoting import encode

TYPES = ("metric", "filter", "limited")
_GO_SPACES = " \t\n\v\f\r\x85\xa0"


@dataclass(frozen=True, slots=True)
class BlockedQuery:
    """Queries to refuse: by ``hash``, else by ``pattern`` (a whole query, or with ``regex`` a
    regular expression found in it; an empty one means any query), of some ``types`` or of all."""

    pattern: str = ""
    regex: bool = False
    hash: int = 0
    types: tuple[str, ...] = ()

    def matches(self, text: str) -> bool:
        """Whether it is about the query ``text``, of whatever type. A pattern that is no regular
        expression matches nothing, as in Loki."""
        if self.hash:
            return self.hash == hashed(text)
        if not self.pattern:
            return True
        if not self.regex:
            return self.pattern.strip(_GO_SPACES) == text.strip(_GO_SPACES)
        try:
            return regex.compile(self.pattern).search(text) is not None
        except regex.RegexError:
            return False


def blocked(blocks: Sequence[BlockedQuery], text: str, expr: Expr) -> bool:
    """Whether the first of ``blocks`` that is about the query blocks queries of its type."""
    first = next((block for block in blocks if block.matches(text)), None)
    return first is not None and (not first.types or query_type(expr) in first.types)


def query_type(expr: Expr) -> str:
    """``metric``, ``filter`` for a log query that may leave lines out, else ``limited``."""
    if not isinstance(expr, LogQuery):
        return "metric"
    return "filter" if has_filter(expr) else "limited"


def has_filter(query: LogQuery) -> bool:
    """Whether a stage filters lines or labels; a line filter for an empty text does not."""
    return any(
        isinstance(stage, LabelFilter)
        or (
            isinstance(stage, LineFilter)
            and not (stage.op in ("|=", "|~") and stage.matches == (LineMatch(""),))
        )
        for stage in query.stages
    )


def hashed(text: str) -> int:
    """FNV-1 in 32 bits: ``query_hash`` in Loki's log."""
    value = 0x811C9DC5
    for byte in encode(text):
        value = (value * 0x01000193 & 0xFFFFFFFF) ^ byte
    return value
