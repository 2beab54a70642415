"""Brings home what somebody changed in Grafana's interface."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from toolkit.publish.api import GrafanaApi, last_change
from toolkit.publish.compare import MARK, difference, normalised, same
from toolkit.publish.marks import TAG
from toolkit.publish.model import Json
from toolkit.publish.provisioning import dashboard_json
from toolkit.publish.rendering import Rendered


@dataclass(frozen=True, slots=True)
class Pulled:
    """A dashboard that differs on the server: its model there, a patch, and who saved it."""

    uid: str
    title: str
    model: Json
    diff: tuple[str, ...]
    patch: str
    author: str
    time: str


def pull(api: GrafanaApi, rendered: Rendered) -> Iterator[Pulled]:
    """The dashboards of ours that are not on the server as their definitions say."""
    for made in rendered.dashboards:
        there = api.dashboard(made.uid)
        if there is None:
            continue
        model = _home(there["dashboard"])
        if same(model, made.model):
            continue
        author, time = last_change(there["meta"], api.last_save(there))
        ours, theirs = (
            dashboard_json(normalised(one)).splitlines(keepends=True) for one in (made.model, model)
        )
        patch = difflib.unified_diff(ours, theirs, f"a/{made.uid}.json", f"b/{made.uid}.json")
        yield Pulled(
            made.uid,
            str(model.get("title", "")),
            model,
            difference(made.model, model),
            "".join(patch),
            author,
            time,
        )


def _home(model: Json) -> Json:
    """The dashboard without what only a server needs: ids, versions, our tag and mark."""
    kept = {k: v for k, v in model.items() if k not in ("id", "version", "iteration")}
    kept["tags"] = [tag for tag in kept.get("tags", []) if tag != TAG]
    templating = kept.get("templating") or {}
    variables = [one for one in templating.get("list", []) if one.get("name") != MARK]
    return {**kept, "templating": {**templating, "list": variables}}
