"""Writes a set of files, whole or not at all, and leaves alone what is the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from toolkit.errors import PublishError


def write_files(files: Mapping[str, str], folder: Path, *, dry_run: bool = False) -> dict[str, str]:
    """``created``, ``updated`` or ``unchanged`` for each file. Raises :class:`PublishError`.

    Each file appears under its name only once it is complete.
    """
    done: dict[str, str] = {}
    for name, text in sorted(files.items()):
        path = folder / name
        try:
            there = path.read_text(encoding="utf-8") if path.exists() else None
            done[name] = "created" if there is None else "unchanged" if there == text else "updated"
            if dry_run or there == text:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{path.name}.partial")
            partial.write_text(text, encoding="utf-8")
            partial.replace(path)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise PublishError(f"{path} cannot be written: {reason}") from error
    return done
