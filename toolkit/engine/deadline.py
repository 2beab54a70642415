"""When a query has to be done: Loki's ``query_timeout``, looked at between blocks of rows."""

from __future__ import annotations

import time

from toolkit.engine.errors import QueryTimeout


class Deadline:
    """Raises :class:`QueryTimeout` from :meth:`check` once ``timeout`` (ns, 0 for none) is over."""

    def __init__(self, timeout: int) -> None:
        self._end = time.monotonic_ns() + timeout if timeout else None

    def check(self) -> None:
        if self._end is not None and time.monotonic_ns() > self._end:
            raise QueryTimeout
