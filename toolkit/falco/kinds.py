"""What a rule's name says of an event: a security event, or something that must not count as one.

Falcosidekick's ``/test`` sends ``Test rule`` (handlers.go). Falco's own events are all named
``Falco internal: ...`` (userspace/falco): the metrics snapshot is a heartbeat, once an interval for
each node and event source, on the very way that security events take; a syscall event drop says
that Falco was blind for a moment.
"""

from __future__ import annotations

from enum import StrEnum

TEST_RULE = "Test rule"
HEARTBEAT_RULE = "Falco internal: metrics snapshot"
DROP_RULE = "Falco internal: syscall event drop"
INTERNAL_PREFIX = "Falco internal:"
INTERNAL_PATTERN = "Falco internal:.*"
"""For LogQL's ``=~`` and ``!~``, which are anchored at both ends."""


class Kind(StrEnum):
    """What an event is. Only ``SECURITY`` counts in totals; the others are shown apart."""

    SECURITY = "security"
    TEST = "test"
    HEARTBEAT = "heartbeat"
    DROP = "drop"
    INTERNAL = "internal"
    """Any other ``Falco internal:`` event, such as a timeouts notification."""


def kind_of(rule: str) -> Kind:
    """The kind of the events of that rule."""
    if rule == TEST_RULE:
        return Kind.TEST
    if not rule.startswith(INTERNAL_PREFIX):
        return Kind.SECURITY
    if rule == HEARTBEAT_RULE:
        return Kind.HEARTBEAT
    return Kind.DROP if rule == DROP_RULE else Kind.INTERNAL


def is_test(rule: str) -> bool:
    """Whether Falcosidekick's ``/test`` made it."""
    return rule == TEST_RULE


def is_internal(rule: str) -> bool:
    """Whether Falco speaks of itself: heartbeats and drops are among these."""
    return rule.startswith(INTERNAL_PREFIX)


def is_heartbeat(rule: str) -> bool:
    """Whether it is Falco's metrics snapshot."""
    return rule == HEARTBEAT_RULE


def is_drop(rule: str) -> bool:
    """Whether Falco says that system calls went unseen."""
    return rule == DROP_RULE
