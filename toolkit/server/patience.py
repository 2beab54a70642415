"""How long a client may take to say what it wants, and in how many bytes.

uvicorn waits for the head of a request for ever, so that a few thousand clients that never finish
theirs would leave no connection for others, and takes a head of any size. Loki's server closes such
connections (``http_server_read_timeout`` of dskit's ``server``) and refuses heads above 1 MiB
(``DefaultMaxHeaderBytes`` of Go's ``net/http``).

The protocol is named here, since uvicorn's own choice depends on what else is installed; a small
push takes a third less of the server's time with this one than with h11's.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MAX_HEAD = 1 << 20
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
    b"431 Request Header Fields Too Large"
)


def http_protocol(seconds: float) -> type[asyncio.Protocol]:
    """uvicorn's protocol, closing connections that wait ``seconds`` for a request's head.

    A head of more than 1 MiB is answered with status 431.
    """

    class Patient(HttpToolsProtocol):
        _alarm: asyncio.TimerHandle | None = None
        _head = 0

        # uvicorn narrows the type, too
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._arm()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if not self._waits():
                self._disarm()
                self._head = 0
                return
            if self._alarm is None:
                self._arm()
            self._head += len(data)
            if self._head > _MAX_HEAD and not self.transport.is_closing():
                self.transport.write(_TOO_LARGE)
                self.transport.close()

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
