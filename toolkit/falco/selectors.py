"""Stream selectors for Falco's events, as data and as LogQL text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from toolkit.falco.kinds import DROP_RULE, HEARTBEAT_RULE, INTERNAL_PATTERN, TEST_RULE


class Pick(StrEnum):
    """Which events are meant. ``ALL`` are the four others together (drops are internal events)."""

    ALL = "all"
    SECURITY = "security"
    TEST = "test"
    INTERNAL = "internal"
    HEARTBEATS = "heartbeats"
    DROPS = "drops"


@dataclass(frozen=True, slots=True)
class Matcher:
    """A label matcher, or a label filter of the same form."""

    name: str
    op: Literal["=", "!=", "=~", "!~"]
    value: str

    def __str__(self) -> str:
        # JSON's escapes are a part of Go's, which Loki reads.
        return f"{self.name}{self.op}{json.dumps(self.value, ensure_ascii=False)}"


PICKS: dict[Pick, tuple[Matcher, ...]] = {
    Pick.ALL: (),
    Pick.SECURITY: (
        Matcher("rule", "!=", TEST_RULE),
        Matcher("rule", "!~", INTERNAL_PATTERN),
    ),
    Pick.TEST: (Matcher("rule", "=", TEST_RULE),),
    Pick.INTERNAL: (Matcher("rule", "=~", INTERNAL_PATTERN),),
    Pick.HEARTBEATS: (Matcher("rule", "=", HEARTBEAT_RULE),),
    Pick.DROPS: (Matcher("rule", "=", DROP_RULE),),
}
"""What tells the events apart where ``rule`` is a label, of the stream or from the line."""


@dataclass(frozen=True, slots=True)
class EventSelector:
    """A stream selector and the stages that have to follow it. ``str()`` is LogQL.

    ``stages`` is empty where the stream's labels are enough; otherwise it starts with ``|``.
    """

    matchers: tuple[Matcher, ...]
    stages: str = ""

    def __str__(self) -> str:
        selector = "{" + ", ".join(map(str, self.matchers)) + "}"
        return f"{selector} {self.stages}" if self.stages else selector
