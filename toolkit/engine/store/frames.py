"""Files of checksummed frames, which only grow at their end: journals and the stream file.

A file starts with ``magic(8) version(u32) zero(u32) salt(8) digest(u64)``. A frame is
``salt(8) number(u64) length(u64) digest of payload(u64) digest of these 32 bytes(u64) payload``;
numbers count from 0. Integers are little-endian, digests are XXH3-64 seeded with the salt, which
is random: no log line, however hostile, can look like a frame.

The frame that is being written when a process dies may be torn. It is always the last one, because
a frame is written only after the one before it is durable. An empty frame is written, unsynced,
once the frame before it is durable and before that is acknowledged; so after a crash of the process
alone a bad frame with a good one behind it can only be damage, and is never cut off.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import xxhash

from toolkit.engine.store.files import damaged, naming, newer, write_all, write_whole
from toolkit.errors import StoreError

VERSION = 1
_FILE = struct.Struct("<8sII8s")
_FRAME = struct.Struct("<8sQQQ")
_DIGEST = struct.Struct("<Q")
HEADER_SIZE = _FILE.size + _DIGEST.size
FRAME_SIZE = _FRAME.size + _DIGEST.size


@dataclass(frozen=True, slots=True)
class FrameFormat:
    """What tells the frames of one file."""

    salt: bytes

    @property
    def seed(self) -> int:
        return int.from_bytes(self.salt, "little")

    def digest(self, content: bytes | memoryview) -> int:
        return xxhash.xxh3_64_intdigest(content, self.seed)

    def head(self, number: int, payload: Sequence[bytes | memoryview]) -> bytes:
        """What is written before a payload, which is given in pieces."""
        digest = xxhash.xxh3_64(seed=self.seed)
        for piece in payload:
            digest.update(piece)
        length = sum(len(piece) for piece in payload)
        head = _FRAME.pack(self.salt, number, length, digest.intdigest())
        return head + _DIGEST.pack(self.digest(head))

    def payload(self, data: memoryview, at: int, number: int | None) -> memoryview | None:
        """The payload of the good frame at ``at``; None where none is. ``number`` None: any."""
        head = data[at : at + _FRAME.size]
        start = at + FRAME_SIZE
        if len(data) < start:
            return None
        salt, found, length, digest = _FRAME.unpack(head)
        (check,) = _DIGEST.unpack(data[at + _FRAME.size : start])
        if salt != self.salt or number not in (None, found) or self.digest(head) != check:
            return None
        payload = data[start : start + length]
        return payload if len(payload) == length and self.digest(payload) == digest else None


def create(path: Path, magic: bytes) -> None:
    """A new, empty file of frames, durable."""
    head = _FILE.pack(magic, VERSION, 0, os.urandom(8))
    write_whole(path, head + _DIGEST.pack(xxhash.xxh3_64_intdigest(head)))


def _parse_header(path: Path, magic: bytes, header: bytes) -> FrameFormat:
    if len(header) < HEADER_SIZE:
        raise damaged(path, "it is too short")
    found, version, _, salt = _FILE.unpack(header[: _FILE.size])
    (check,) = _DIGEST.unpack(header[_FILE.size : HEADER_SIZE])
    if found != magic or xxhash.xxh3_64_intdigest(header[: _FILE.size]) != check:
        raise damaged(path, "it does not start as it should")
    if version > VERSION:
        raise newer(path, version, VERSION)
    return FrameFormat(salt)


class FrameReader:
    """Reads the good frames of a file, each call those that were added since the last one."""

    def __init__(self, path: Path, magic: bytes) -> None:
        self.path = path
        with naming(path, "open"):
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            with naming(path, "read"):
                header = os.pread(self._file, HEADER_SIZE, 0)
            self.form = _parse_header(path, magic, header)
        except StoreError:
            self.close()
            raise
        self.end = HEADER_SIZE  # of the frames read so far
        self.number = 0  # of the frame that comes next
        self.torn = 0  # bytes found behind the last good frame

    def read(self, stop: int | None = None) -> list[memoryview]:
        """New payloads up to the offset ``stop`` or the first bad frame; empty ones left out.

        Raises :class:`StoreError` where a good frame stands behind a bad one: that is damage, not
        a write that was cut short.
        """
        with naming(self.path, "read"):
            content = _read_between(self._file, self.end, stop)
        data = memoryview(content)
        payloads = []
        at, number = 0, self.number
        while (payload := self.form.payload(data, at, number)) is not None:
            at += FRAME_SIZE + len(payload)
            number += 1
            if len(payload):
                payloads.append(payload)
        behind = content.find(self.form.salt, at + 1)
        while behind >= 0:
            if self.form.payload(data, behind, None) is not None:
                raise damaged(self.path, f"at byte {self.end + at}")
            behind = content.find(self.form.salt, behind + 1)
        self.end += at
        self.number = number
        self.torn = len(content) - at
        return payloads

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def _read_between(file: int, start: int, stop: int | None) -> bytes:
    size = os.fstat(file).st_size if stop is None else stop
    chunks = []
    while start < size and (chunk := os.pread(file, size - start, start)):
        chunks.append(chunk)
        start += len(chunk)
    return b"".join(chunks)


class FrameWriter:
    """Writes frames at the end of a file, each durable when :meth:`append` returns."""

    def __init__(self, read: FrameReader) -> None:
        self.path = read.path
        self.end = read.end
        self.number = read.number
        self._form = read.form
        self._unusable = False
        with naming(self.path, "open"):
            self._file = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)
            # What stands behind the last good frame was never acknowledged.
            os.ftruncate(self._file, self.end)
            os.lseek(self._file, self.end, os.SEEK_SET)

    def append(self, *payload: bytes | memoryview) -> None:
        """Write a frame, whose payload is given in pieces.

        Raises :class:`StoreError`, and then the file holds what it held.
        """
        if self._unusable:
            raise StoreError(
                f"{self.path} could not be written before, so nothing more is written to it",
                hint="close the store, look after the disk and open it again",
            )
        head = self._form.head(self.number, payload)
        with naming(self.path, "write"):
            try:
                size = write_all(self._file, head, *payload)
                os.fdatasync(self._file)
            except OSError:
                self._take_back()
                raise
        self.end += size
        self.number += 1
        self._witness()

    def _witness(self) -> None:
        """The empty frame. It is only of use after a crash, so failing to write it is no error."""
        try:
            size = write_all(self._file, self._form.head(self.number, ()))
        except OSError:
            self._take_back()
            return
        self.end += size
        self.number += 1

    def _take_back(self) -> None:
        try:
            os.ftruncate(self._file, self.end)
            os.lseek(self._file, self.end, os.SEEK_SET)
            os.fdatasync(self._file)
        except OSError:
            self._unusable = True

    def sync(self) -> None:
        """Make the last empty frame durable too."""
        with naming(self.path, "write"):
            os.fdatasync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)
