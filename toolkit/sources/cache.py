"""Answers about the past, kept on disk, so that a report made again does not ask Loki again.

Kept is what Loki answered, byte for byte and compressed, under a name made from who was asked and
what. Only answers about a time that has settled are kept: late lines arrive up to an hour behind
(Loki's out-of-order window, ``max_chunk_age / 2``), so twice that is waited. A file that cannot be
read counts as absent.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import re
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import orjson

from toolkit.errors import SettingsError

SETTLED_AFTER = 2 * 3_600_000_000_000
_UNFINISHED = ".part"
_NOW = re.compile(r"\bnow\b")
MAX_BYTES = 512 * 1024 * 1024


class AnswerCache:
    """A directory of answers of one source; ``identity`` tells sources and tenants apart."""

    def __init__(self, directory: Path, identity: str, *, max_bytes: int = MAX_BYTES) -> None:
        self._directory = directory
        self._identity = identity
        self._max_bytes = max_bytes
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"the cache directory {directory} cannot be made: {error.strerror}",
                setting="cache.path",
            ) from None

    @staticmethod
    def settled(newest: int, now: int, query: str) -> bool:
        """Whether nothing that a query up to ``newest`` reads will change any more (ns).

        A template that asks for the present time answers differently each time.
        """
        return newest <= now - SETTLED_AFTER and _NOW.search(query) is None

    def get(self, path: str, params: Mapping[str, str]) -> bytes | None:
        """The answer that was kept for a request."""
        try:
            return gzip.decompress(self._file(path, params).read_bytes()) or None
        except (OSError, EOFError, zlib.error):
            return None

    def put(self, path: str, params: Mapping[str, str], body: bytes) -> None:
        """Keeps an answer: whole or not at all, whoever else is writing."""
        packed = gzip.compress(body, 6, mtime=0)
        if len(packed) > self._max_bytes // 4:
            return
        # A full disk takes nothing from the answer, which is at hand.
        with contextlib.suppress(OSError):
            with tempfile.NamedTemporaryFile(
                dir=self._directory, suffix=_UNFINISHED, delete=False
            ) as file:
                file.write(packed)
            Path(file.name).replace(self._file(path, params))
        self._make_room()

    def _file(self, path: str, params: Mapping[str, str]) -> Path:
        key = orjson.dumps([self._identity, path, sorted(params.items())])
        return self._directory / f"{hashlib.sha256(key).hexdigest()}.json.gz"

    def _make_room(self) -> None:
        """Removes the answers written longest ago, once there are too many."""
        sizes = []
        for file in self._directory.iterdir():
            if not file.name.endswith((".json.gz", _UNFINISHED)):
                continue
            try:
                status = file.stat()
            except OSError:  # another process removed it
                continue
            sizes.append((status.st_mtime_ns, status.st_size, file))
        excess = sum(size for _, size, _ in sizes) - self._max_bytes
        for _, size, file in sorted(sizes):
            if excess <= 0:
                return
            file.unlink(missing_ok=True)
            excess -= size
