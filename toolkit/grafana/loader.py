"""Reads definition files: ``*.dashboard.py``, ``*.alertgroup.py`` and ``*.notifications.py``.

The first two are grafanalib's own convention. Such a file is a program that sets a variable
``dashboard``, ``alertgroup`` or ``notifications``. Whatever goes wrong
in it becomes a :class:`DefinitionError` that names the file and the line in it.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from toolkit.errors import DefinitionError, ToolkitError

Kind = Literal["dashboard", "alertgroup", "notifications"]
KINDS: tuple[Kind, ...] = ("dashboard", "alertgroup", "notifications")


@dataclass(frozen=True, slots=True)
class Definition:
    """What one file defines. ``name`` is the file's name without its endings: ``overview``."""

    path: Path
    kind: Kind
    value: Any

    @property
    def name(self) -> str:
        """The file's name up to ``.dashboard.py`` and its like."""
        return self.path.name.removesuffix(f".{self.kind}.py")


def load_definitions(folders: Iterable[Path]) -> tuple[Definition, ...]:
    """Every definition in these folders, each folder's in the order of file names.

    Raises :class:`DefinitionError` for a folder that is not there or holds none, and for the first
    file that does not load.
    """
    found: list[Definition] = []
    for folder in folders:
        if not folder.is_dir():
            raise DefinitionError(
                f"there is no folder {folder}",
                path=str(folder),
                hint="--dashboards names a folder of *.dashboard.py and *.alertgroup.py files",
            )
        files = sorted(p for kind in KINDS for p in folder.rglob(f"*.{kind}.py"))
        if not files:
            raise DefinitionError(
                f"{folder} holds no *.dashboard.py, *.alertgroup.py or *.notifications.py",
                path=str(folder),
            )
        found += [load_definition(path) for path in files]
    return tuple(found)


def load_definition(path: Path) -> Definition:
    """What the file at ``path`` defines. Runs it; raises :class:`DefinitionError`."""
    kind = next((kind for kind in KINDS if path.name.endswith(f".{kind}.py")), None)
    if kind is None:
        raise DefinitionError(
            f"{path} is no *.dashboard.py, *.alertgroup.py or *.notifications.py", path=str(path)
        )
    module = run_file(path)
    value = getattr(module, kind, None)
    if value is None:
        raise DefinitionError(
            f"{path} sets no variable {kind}",
            path=str(path),
            hint=f"end the file with {kind} = ...",
        )
    if not hasattr(value, "to_json_data"):
        raise DefinitionError(
            f"{path}: {kind} is a {type(value).__name__}, not what grafanalib or"
            " toolkit.grafana makes",
            path=str(path),
        )
    return Definition(path, kind, value)


def run_file(path: Path) -> ModuleType:
    """The module that the file at ``path`` is. Runs it; raises :class:`DefinitionError`."""
    name = "toolkit_definition_" + "".join(c if c.isalnum() else "_" for c in path.stem)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None, "a path that ends in .py has a loader"
    module = importlib.util.module_from_spec(spec)
    # Dataclasses in the file look their module up while it is being run.
    sys.modules[name] = module
    wrote = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise located(error, path) from error
    finally:
        sys.dont_write_bytecode = wrote
        del sys.modules[name]
    return module


def located(error: BaseException, path: Path) -> DefinitionError:
    """``error`` as a :class:`DefinitionError` that names the line of ``path`` where it arose."""
    line = _line(error, path)
    place = f"{path}:{line}" if line else str(path)
    what = str(error) or "no message"
    if isinstance(error, OSError):
        what = error.strerror or what
    elif isinstance(error, SyntaxError):
        what = f"{error.msg}"
    kind = "" if isinstance(error, ToolkitError) else f"{type(error).__name__}: "
    hint: str | None = "toolkit --debug shows how it came to that"
    if isinstance(error, ToolkitError):
        hint = error.hint
    elif isinstance(error, SyntaxError):
        hint = None
    return DefinitionError(f"{place}: {kind}{what}", path=str(path), hint=hint, line=line)


def line_of_text(path: Path, text: str) -> int:
    """The first line of the file that holds ``text``, in quotes if there is one; 0 for none."""
    try:
        source = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    wanted = (f'"{text}"', f"'{text}'", text) if text else ()
    return next((n for one in wanted for n, line in enumerate(source, 1) if one in line), 0)


def _line(error: BaseException, path: Path) -> int:
    # Python itself knows files by their whole names.
    names = {str(path), str(path.absolute())}
    if isinstance(error, SyntaxError) and error.filename in names:
        return error.lineno or 0
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno or 0 for frame in frames if frame.filename in names]
    if lines:
        return lines[-1]
    return line_of_text(path, error.about) if isinstance(error, DefinitionError) else 0
