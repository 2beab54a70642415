"""Writing to files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from toolkit.engine.store import files


def test_pieces_are_written_whole_where_the_system_takes_a_few_bytes_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def few(file: int, pieces: list[memoryview]) -> int:
        return os.write(file, b"".join(pieces)[:4])

    monkeypatch.setattr(files.os, "writev", few)
    path = tmp_path / "file"
    with path.open("wb") as file:
        size = files.write_all(file.fileno(), b"abc", b"", memoryview(b"defgh"), b"i")
    assert path.read_bytes() == b"abcdefghi"
    assert size == 9
