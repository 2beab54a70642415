"""One writer at a time: an advisory lock that the system lets go of when its process dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from toolkit.engine.store.files import naming
from toolkit.errors import StoreError


class WriterLock:
    """The lock of a store's directory, held from construction to :meth:`release`."""

    def __init__(self, path: Path) -> None:
        with naming(path, "open"):
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, 32, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            who = f"process {holder}" if holder else "another process"
            raise StoreError(
                f"the store {path.parent} is being written by {who}",
                hint="only one process may write a store: stop that one, or send it the entries "
                "over HTTP; reading is possible meanwhile",
            ) from None
        with naming(path, "write"):
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let another process write."""
        os.close(self._file)
