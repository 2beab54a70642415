"""Whether two models mean the same, and how they differ, in words.

Grafana adds to what it stores: ids, versions, defaults, empty lists. None of that is a difference.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

Json = dict[str, Any]

MARK = "falco_toolkit"
"""The hidden variable of :mod:`toolkit.publish.marks`, which is no content."""

_NOISE = frozenset(
    {"id", "version", "iteration", "schemaVersion", "gnetId", "revision", "weekStart"}
)
_NOISE_ANYWHERE = frozenset({"pluginVersion", "error", "datasourceErrors"})
_NAMES = ("uid", "title", "refId", "name", "alert", "id")
_LONGEST = 160
_BEFORE = 20


def normalised(model: Mapping[str, Any]) -> Json:
    """A dashboard without what Grafana adds and what says nothing."""
    kept = {key: value for key, value in model.items() if key not in _NOISE}
    if kept.get("templating"):
        variables = kept["templating"].get("list") or []
        others = [one for one in variables if one.get("name") != MARK]
        kept["templating"] = {**kept["templating"], "list": others}
    found = _meaningful(kept)
    return found if isinstance(found, dict) else {}


def _meaningful(value: Any) -> Any:
    """``value`` without nulls, empty texts, lists and objects; None where nothing is left."""
    if isinstance(value, Mapping):
        inner = {k: _meaningful(v) for k, v in value.items() if k not in _NOISE_ANYWHERE}
        return {k: v for k, v in inner.items() if v is not None} or None
    if isinstance(value, list | tuple):
        # Places in a list count, so nothing is taken out of the middle of one.
        return [_meaningful(item) for item in value] or None
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two dashboards show the same."""
    return normalised(one) == normalised(other)


def fingerprint(model: Mapping[str, Any]) -> str:
    """Sixteen hexadecimal digits that change with what a dashboard shows, and with nothing else."""
    text = json.dumps(normalised(model), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The differences, a line each: ``~ panels[Events].targets[A].expr: old → new``."""
    return tuple(_differ("", normalised(before), normalised(after)))


def _differ(path: str, before: Any, after: Any) -> Iterator[str]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*after, *before]):
            yield from _differ(_joined(path, str(key)), before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _differ_lists(path, before, after)
    elif before is None:
        yield f"+ {path}: {_shown(after)}"
    elif after is None:
        yield f"- {path}: {_shown(before)}"
    else:
        yield f"~ {path}: {' → '.join(_shown_pair(before, after))}"


def _differ_lists(path: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[str]:
    old, new = _by_name(before), _by_name(after)
    if old is None or new is None:
        found: list[str] = []
        for place in range(max(len(before), len(after))):
            one = before[place] if place < len(before) else None
            other = after[place] if place < len(after) else None
            found += _differ(f"{path}[{place}]", one, other)
        yield from found or [f"~ {path}: {len(before)} → {len(after)} items"]
        return
    was = _renamed(old, new)
    for name in dict.fromkeys([*new, *(one for one in old if one not in was.values())]):
        former = was.get(name, name)
        yield from _differ(f"{path}[{former}]", old.get(former), new.get(name))
    both = [name for name in new if name in old]
    if both != [name for name in old if name in new]:
        yield f"~ {path}: in another order"


def _by_name(items: Sequence[Any]) -> dict[str, Any] | None:
    """The items by what people call them; None where they have no names or share one."""
    for key in _NAMES:
        names = [str(item[key]) for item in items if isinstance(item, Mapping) and item.get(key)]
        if len(names) == len(items) == len(set(names)):
            return dict(zip(names, items, strict=True))
    return None if items else {}


def _renamed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    """The former names of panels that have another title: by their ids, if of the same type."""

    def alone(items: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, str]:
        found = {name: item for name, item in items.items() if name not in others}
        return {
            f"{item['id']} {item['type']}": name
            for name, item in found.items()
            if isinstance(item, Mapping) and "id" in item and "type" in item
        }

    gone = alone(old, new)
    return {name: gone[key] for key, name in alone(new, old).items() if key in gone}


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _shown(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _shown_pair(before: Any, after: Any) -> tuple[str, str]:
    """Both values; of long ones the part from shortly before the place where they part."""
    old, new = _text(before), _text(after)
    if max(len(old), len(new)) > _LONGEST:
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False))
        start = sum(1 for _ in alike) - _BEFORE
        if start > 0:
            old, new = f"…{old[start:]}", f"…{new[start:]}"
    return _shown(old), _shown(new)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
