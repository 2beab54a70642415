"""Where the definitions are that the project ships: dashboards, queries, notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import toolkit

Room = Literal["dashboards", "queries", "notebooks"]


def shipped(name: Room) -> Path:
    """The folder ``name``: at the repository's top in a checkout, inside an installed package.

    The wheel's build puts the folders into ``toolkit/_shipped`` (``pyproject.toml``), so that
    folder is there exactly where the package was installed and not checked out.
    """
    package = Path(toolkit.__file__).parent
    inside = package / "_shipped" / name
    return inside if inside.is_dir() else package.parent / name
