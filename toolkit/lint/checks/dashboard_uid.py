"""A uid that is missing, or that Grafana refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity

_MAX = 40
_UID = re.compile(r"[a-zA-Z0-9_-]+")


def look(board: Board) -> Iterator[Finding]:
    """grafana/grafana pkg/util/shortid_generator.go: 40 characters of letters, digits, - and _."""
    uid, place = board.uid, ("uid",)
    if not uid:
        yield Finding(
            "the dashboard has no uid",
            "Each import makes another dashboard, and no link to it lasts. Give it one.",
            place,
        )
    elif len(uid) > _MAX:
        yield Finding(f"the uid has {len(uid)} characters; Grafana takes {_MAX}", "", place)
    elif not _UID.fullmatch(uid):
        yield Finding(f"the uid {uid} has other than letters, digits, - and _", "", place)


CHECK = Check("dashboard-uid", Severity.ERROR, look)
