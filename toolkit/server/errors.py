"""Errors as a Loki client meets them: a status and one line of plain text."""

from __future__ import annotations

from toolkit.errors import ToolkitError


class HTTPError(ToolkitError):
    """A request that gets ``status`` and ``message`` as its answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


NO_ORG_ID = HTTPError(401, "no org id")
