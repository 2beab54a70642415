"""How long a client may take to say what it wants.

uvicorn waits for the head of a request for ever, so that a few thousand clients that never finish
theirs would leave no connection for others. Loki's server closes them (``http_server_read_timeout``
of dskit's ``server``).
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

_Base: Any = AutoHTTPProtocol


def http_protocol(seconds: float) -> type[asyncio.Protocol]:
    """uvicorn's protocol, closing connections that wait ``seconds`` for a request's head."""

    class Patient(_Base):  # type: ignore[misc]
        _alarm: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self._arm()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if not self._waits():
                self._disarm()
            elif self._alarm is None:
                self._arm()

        def connection_lost(self, exc: Exception | None) -> None:
            self._disarm()
            super().connection_lost(exc)

        def _waits(self) -> bool:
            """Whether the head of a request is still to come."""
            return self.cycle is None or bool(self.cycle.response_complete)

        def _arm(self) -> None:
            self._alarm = asyncio.get_running_loop().call_later(seconds, self._ring)

        def _disarm(self) -> None:
            if self._alarm is not None:
                self._alarm.cancel()
                self._alarm = None

        def _ring(self) -> None:
            self._alarm = None
            # behind an upgrade somebody else has the connection
            if self.transport.get_protocol() is self and self._waits():
                self.transport.close()

    return Patient
