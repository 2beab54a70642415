"""One store a tenant, opened when it is first asked for.

Source: grafana/loki ``pkg/loki/fake_auth.go``: without ``auth_enabled`` everybody is ``fake``.
Tenant names follow dskit's rules (``tenant/tenant.go``), which also keeps them file names.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator, Mapping

from toolkit.engine.engine import Engine
from toolkit.engine.store import Store
from toolkit.server.config import ServerConfig
from toolkit.server.errors import HTTPError
from toolkit.server.push.admission import Admission

NO_AUTH_TENANT = "fake"
_UNSUPPORTED = re.compile(r"[^a-zA-Z0-9!\-_.*'()]")
_LONGEST = 150


def tenant_of(header: str, several: int = 500) -> str:
    """The tenant that ``X-Scope-OrgID`` names, its metadata (behind a colon) left out.

    Raises :class:`HTTPError`: 401 for none, 400 for an illegal one, ``several`` for more than one.
    Loki without ``multi_tenant_queries_enabled`` answers 500 to queries of several, 400 to pushes.
    """
    if not header:
        raise HTTPError(401, "no org id")
    names = [name.partition(":")[0] for name in header.split("|")]
    unsupported = _UNSUPPORTED.search(names[0])
    if unsupported:
        shown = names[0].encode("latin-1", "replace").decode("utf-8", "replace")
        raise HTTPError(
            400, f"tenant ID '{shown}' contains unsupported character '{unsupported[0]}'"
        )
    if len(names[0]) > _LONGEST:
        raise HTTPError(400, f"tenant ID is too long: max {_LONGEST} characters")
    if names[0] in (".", ".."):
        raise HTTPError(400, "tenant ID is '.' or '..'")
    if any(name != names[0] for name in names):
        raise HTTPError(several, "multiple org IDs present")
    return names[0]


class Tenant:
    """A tenant's store and the engine over it."""

    def __init__(self, name: str, store: Store, config: ServerConfig) -> None:
        self.name = name
        self.store = store
        self.engine = Engine(store.snapshot, config.limits)
        self.admission = Admission(config.push, name)
        self._most_tails = config.max_concurrent_tail_requests
        self.tails = 0

    @contextlib.contextmanager
    def tailing(self) -> Iterator[None]:
        """One more tail, as long as the block runs. Raises :class:`HTTPError` 400 where there are
        too many. For one thread only."""
        if self.tails >= self._most_tails:
            raise HTTPError(
                400,
                "max concurrent tail requests limit exceeded, count > limit "
                f"({self.tails + 1} > {self._most_tails})",
            )
        self.tails += 1
        try:
            yield
        finally:
            self.tails -= 1


class Tenants:
    """All tenants of a server; safe to use from many threads."""

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._open: dict[str, Tenant] = {}
        self._lock = threading.Lock()

    def of(self, headers: Mapping[str, str]) -> Tenant:
        """The tenant that a question speaks for. One that has nothing is not kept, so that nobody
        fills the disk by asking. Raises what :func:`tenant_of` raises."""
        return self._get(self._name(headers, 500), make=False)

    def receiving(self, headers: Mapping[str, str], several: int = 500) -> Tenant:
        """The tenant that entries are for, made where it is new."""
        return self._get(self._name(headers, several), make=True)

    def _name(self, headers: Mapping[str, str], several: int) -> str:
        if not self._config.auth_enabled:
            return NO_AUTH_TENANT
        return tenant_of(headers.get("x-scope-orgid", ""), several)

    def all(self) -> list[Tenant]:
        """The tenants seen so far."""
        with self._lock:
            return list(self._open.values())

    def open_default(self) -> None:
        """Open the tenant of a server without sign-in now, so that a bad store shows at once."""
        if not self._config.auth_enabled:
            self._get(NO_AUTH_TENANT, make=True)

    def close(self) -> None:
        """Close every store."""
        with self._lock:
            for tenant in self._open.values():
                tenant.store.close()
            self._open.clear()

    def _get(self, name: str, *, make: bool) -> Tenant:
        with self._lock:
            if name not in self._open:
                folder = self._config.data_dir
                if not make and (folder is None or not (folder / name).exists()):
                    return Tenant(name, Store.in_memory(), self._config)
                store = (
                    Store.in_memory() if folder is None else Store.open(folder / name, write=True)
                )
                self._open[name] = Tenant(name, store, self._config)
            return self._open[name]
