"""Mistakes in a user's own templates, with the file and the line in it."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import Any

from jinja2 import TemplateSyntaxError

from toolkit.errors import DefinitionError
from toolkit.grafana.loader import located

_PLACE = re.compile(r"─ (?P<file>[^\n]+):(?P<line>\d+):\d+")


def raise_in_template(error: Exception, folder: Path) -> None:
    """Raises :class:`DefinitionError` if the error arose in a template of this folder."""
    if isinstance(error, TemplateSyntaxError):
        path, line = Path(error.filename or ""), error.lineno
        if path.parent == folder:
            raise DefinitionError(
                f"{path}:{line}: {error.message}", path=str(path), line=line
            ) from error
        return
    frames = traceback.extract_tb(error.__traceback__)
    paths = [Path(frame.filename) for frame in frames]
    path = next((path for path in reversed(paths) if path.parent == folder), Path())
    if path.parent == folder:
        raise located(error, path) from error


def raise_in_typst(error: Any, path: Path) -> None:
    """Raises :class:`DefinitionError` for an error of the compiler in this file."""
    found = _PLACE.search(error.diagnostic or "")
    line = int(found["line"]) if found else 0
    place = f"{path}:{line}" if line else str(path)
    hint = error.hints[0] if error.hints else None
    raise DefinitionError(
        f"{place}: {error.message}", path=str(path), line=line, hint=hint
    ) from error
