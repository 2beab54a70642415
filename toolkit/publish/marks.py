"""How a deploy knows its own work again: a tag to find it by, a mark inside to trust it by.

The mark is a hidden constant variable that holds the dashboard's uid and the fingerprint of what
was deployed. A dashboard whose content no longer has that fingerprint was changed by somebody; one
whose uid is not the mark's is a copy that somebody made.

A server may store a dashboard in words of its own, so that the fingerprint differs though nobody
touched it. Then the message of the latest save decides, which names the fingerprint too; the first
save of all has no message, because Grafana always calls it "Initial save".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from toolkit.publish.compare import MARK, fingerprint

Json = dict[str, Any]

TAG = "managed-by:falco-toolkit"
"""The tag of what a deploy made; the search finds by it what may be left over."""

ROLLBACK = "falco-toolkit rollback"
"""The message to bring back with what somebody else saved."""

_MESSAGE = re.compile(r"falco-toolkit deploy ([0-9a-f]{16})\b")


@dataclass(frozen=True, slots=True)
class Mark:
    """Which dashboard was deployed, and with which content."""

    uid: str
    content: str


def marked(model: Json) -> Json:
    """The dashboard with the tag and the mark of its content."""
    tagged = {**model, "tags": sorted({*model.get("tags", []), TAG})}
    value = f"{model['uid']} {fingerprint(tagged)}"
    mark = {
        "type": "constant",
        "name": MARK,
        "label": "",
        "description": "What falco-toolkit deployed; edits are noticed by it.",
        "hide": 2,
        "skipUrlSync": True,
        "query": value,
        "current": {"text": value, "value": value},
        "options": [{"selected": True, "text": value, "value": value}],
    }
    variables = [v for v in model["templating"]["list"] if v["name"] != MARK]
    return {**tagged, "templating": {**model["templating"], "list": [*variables, mark]}}


def mark_of(model: Json) -> Mark | None:
    """The mark inside a dashboard; None where there is none."""
    for variable in (model.get("templating") or {}).get("list", []):
        if variable.get("name") == MARK:
            uid, _, content = str(variable.get("query", "")).partition(" ")
            return Mark(uid, content)
    return None


def message(model: Json) -> str:
    """The message to save a marked dashboard with."""
    mark = mark_of(model)
    return f"falco-toolkit deploy {mark.content}" if mark else ROLLBACK


def untouched(model: Json, saved: Json | None) -> bool:
    """Whether what is there is what a deploy put there. ``saved`` is the latest of its history."""
    mark = mark_of(model)
    if mark is None or mark.uid != model.get("uid"):
        return False
    if mark.content == fingerprint(model):
        return True
    said = _MESSAGE.search((saved or {}).get("message") or "")
    if said is not None:
        return said[1] == mark.content
    return saved is not None and not saved.get("parentVersion") and saved.get("version") == 1
