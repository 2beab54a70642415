"""Files written so that a crash leaves the old or the new one, and errors that name them."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolkit.errors import StoreError

_HINTS = {
    errno.ENOSPC: "free some space on that disk and try again",
    errno.EDQUOT: "the disk quota is used up: free some space and try again",
    errno.EROFS: "the file system is read-only: choose another directory",
    errno.EACCES: "give this user the right to write there, or choose another directory",
    errno.EPERM: "give this user the right to write there, or choose another directory",
    errno.EMFILE: "too many open files: raise the limit (ulimit -n)",
}


@contextmanager
def naming(path: Path, doing: str) -> Iterator[None]:
    """Turn an :class:`OSError` into a :class:`StoreError` that says what was done to which file."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        hint = _HINTS.get(error.errno or 0)
        raise StoreError(f"cannot {doing} {path}: {reason}", hint=hint) from error


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def temporary(path: Path) -> Path:
    """Where the coming content of a file is written; what a crash leaves of it is swept away."""
    return path.with_name(path.name + ".tmp")


def publish(path: Path) -> None:
    """Make the temporary file of ``path``, already written, durable under its name."""
    draft = temporary(path)
    file = os.open(draft, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
    draft.replace(path)
    sync_directory(path.parent)


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place, durable, old or new and nothing between."""
    with naming(path, "write"):
        temporary(path).write_bytes(content)
        publish(path)


def write_all(file: int, *pieces: bytes | memoryview) -> int:
    """``os.writev`` until everything is written; how many bytes that was."""
    rest = [memoryview(piece) for piece in pieces if len(piece)]
    size = sum(map(len, rest))
    while rest:
        written = os.writev(file, rest)
        while rest and written >= len(rest[0]):
            written -= len(rest.pop(0))
        if written:
            rest[0] = rest[0][written:]
    return size


def damaged(path: Path, what: str) -> StoreError:
    """The error for a file that is not what was written."""
    return StoreError(
        f"{path} is damaged: {what}",
        hint="restore the store's directory from a backup, or start a new one",
    )


def newer(path: Path, version: int, known: int) -> StoreError:
    """The error for a file of a format that only later versions know."""
    return StoreError(
        f"{path} was written by a newer falco-toolkit (format {version}, this one reads {known})",
        hint="use that version, or choose another directory",
    )
