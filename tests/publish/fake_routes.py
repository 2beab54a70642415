"""Where requests go in the contract fake, and how answers are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.publish.fake_state import State

PLAIN = "application/json"
CHARSET = "application/json; charset=UTF-8"


class Said(NamedTuple):
    """A status, a body as JSON, and the content type (7.5 has two ways to write it)."""

    status: int
    body: Any
    kind: str = PLAIN


def said(code: int, message: str, kind: str = PLAIN, **more: Any) -> Said:
    """An answer with a message."""
    return Said(code, {"message": message, **more}, kind)


def traced(call: Call, code: int, message: str, **more: Any) -> Said:
    """An answer with a message and, from 9 on, the id of a trace: an empty one without tracing."""
    return said(code, message, **({"traceID": ""} if call.modern else {}), **more)


NOT_FOUND = said(404, "Not found", CHARSET)


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    role: str
    login: str


@dataclass(frozen=True)
class Call:
    """A request on its way to its handler."""

    release: tuple[int, int]
    version: str
    state: State
    restates: bool
    caller: Caller
    path: dict[str, str]
    params: Any
    body: Any
    method: str
    headers: Any

    @property
    def modern(self) -> bool:
        """Grafana 9 or later."""
        return self.release >= (9, 0)

    def denied(self, permission: str, before: str = "Permission denied") -> Said:
        """403 as this generation words it; ``before`` is what those before 9 said."""
        if not self.modern:
            return said(403, before, CHARSET if before == "Permission denied" else PLAIN)
        text = "You'll need additional permissions to perform this action. Permissions needed: "
        ids = {"accessErrorId": "ACE0000000000", "title": "Access denied"}
        return said(403, text + permission, CHARSET, **ids)


Handler = Callable[[Call], Said]
EVER = (0, 0)
NEVER = (99, 0)
ROUTES: list[tuple[str, str, tuple[int, int], tuple[int, int], Handler]] = []


def route(
    method: str, pattern: str, since: tuple[int, int] = EVER, until: tuple[int, int] = NEVER
) -> Callable[[Handler], Handler]:
    """Serves ``pattern`` from version ``since`` on and before ``until``."""

    def register(handler: Handler) -> Handler:
        ROUTES.append((method, pattern, since, until, handler))
        return handler

    return register
