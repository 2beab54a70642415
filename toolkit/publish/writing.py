"""Writes a set of files, whole or not at all, and leaves alone what is the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from toolkit.errors import PublishError

_OURS = (
    "*.yaml",
    "grafana/provisioning/*/falco-toolkit*.yaml",
    "grafana/dashboards/falco-toolkit/*.json",
    "loki/rules/*/falco-toolkit.yaml",
)
"""Where files of ours are below a folder, for each target."""
_MARK = "app.kubernetes.io/managed-by: falco-toolkit"


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


def left_behind(files: Collection[str], folder: Path) -> Sequence[str]:
    """What earlier runs wrote to the folder and this one does not.

    A manifest is ours by its label, a file of a provisioning tree by its place and name.
    """
    found = []
    for pattern in _OURS:
        for path in sorted(folder.glob(pattern)):
            name = path.relative_to(folder).as_posix()
            if name not in files and (path.parent != folder or _is_marked(path)):
                found.append(name)
    return found


def _is_marked(path: Path) -> bool:
    try:
        return _MARK in path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def remove_files(names: Iterable[str], folder: Path, *, dry_run: bool = False) -> dict[str, str]:
    """``deleted`` for each file. Raises :class:`PublishError`."""
    done: dict[str, str] = {}
    for name in names:
        try:
            if not dry_run:
                (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise PublishError(f"{folder / name} cannot be deleted: {error.strerror}") from error
        done[name] = "deleted"
    return done
