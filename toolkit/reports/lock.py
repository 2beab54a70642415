"""One run at a time in a folder of reports: an advisory lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolkit.errors import DeliveryError

NAME = ".lock"


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Holds the folder's lock, made if need be. Raises :class:`DeliveryError` if it is taken.

    The file stays: taking it away would let a third run lock a file that nobody else can see.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 32, 0).decode("ascii", "replace").strip()
            who = f"process {holder}" if holder else "another process"
            raise DeliveryError(
                f"{who} is making reports in {folder} just now",
                hint="let it end: what it makes is not made twice",
            ) from None
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(file)
