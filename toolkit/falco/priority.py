"""Falco's eight priorities, and the one place that knows their order.

Spelling and aliases are Falco's (falcosecurity/falco userspace/engine/falco_common.cpp): events
carry ``Emergency`` to ``Debug``; rule files write them in capitals and ``INFO`` for
``Informational``; reading takes no notice of case. Falcosidekick reads the same names
(types/priority.go).

Falco counts from 0 (Emergency) to 7 (Debug), Falcosidekick from 1 (Debug) to 8 (Emergency) and its
Prometheus metrics show that number. Here a priority compares by urgency, so that
``Priority.CRITICAL > Priority.NOTICE`` and ``max(priorities)`` is the highest.
"""

from __future__ import annotations

from enum import IntEnum


class Priority(IntEnum):
    """A Falco priority. The value is Falcosidekick's number: 1 is Debug, 8 is Emergency."""

    DEBUG = 1
    INFORMATIONAL = 2
    NOTICE = 3
    WARNING = 4
    ERROR = 5
    CRITICAL = 6
    ALERT = 7
    EMERGENCY = 8

    @property
    def label(self) -> str:
        """The word as events and the Loki label ``priority`` have it: ``Informational``."""
        return _LABELS[self]

    @property
    def rank(self) -> int:
        """Falco's own number: 0 is Emergency, 7 is Debug. Sorts the most urgent first."""
        return Priority.EMERGENCY - self

    @property
    def rule_word(self) -> str:
        """The word as Falco's rule files have it: ``INFO``, ``WARNING``."""
        return "INFO" if self is Priority.INFORMATIONAL else self.name

    def __str__(self) -> str:
        return self.label

    @classmethod
    def parse(cls, text: str) -> Priority | None:
        """The priority of that name in any case, ``info`` among them; None where there is none.

        Nothing is trimmed: Falco and Falcosidekick refuse ``" notice"`` and ``warn`` too.
        """
        return _BY_NAME.get(text) or _BY_NAME.get(text.lower())


_LABELS = {priority: priority.name.capitalize() for priority in Priority}
_BY_NAME = (
    {priority.name.lower(): priority for priority in Priority}
    # The spelling of events is looked up first, so that the common case costs no lower().
    | {label: priority for priority, label in _LABELS.items()}
    | {"info": Priority.INFORMATIONAL}
)

MOST_URGENT_FIRST: tuple[Priority, ...] = tuple(sorted(Priority, reverse=True))
"""All eight, Emergency to Debug: the order of legends, tables and selections."""
