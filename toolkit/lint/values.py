"""Reading JSON that anybody may have written: a wrong type is read as if nothing were there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def mapping(value: object) -> Json:
    """``value`` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> Iterator[tuple[int, Json]]:
    """The objects of a list, each with its index."""
    if isinstance(value, list):
        yield from ((i, one) for i, one in enumerate(value) if isinstance(one, dict))


def string(value: object) -> str:
    """``value`` if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def strings(value: object) -> list[str]:
    """A text as a list of one, a list's texts, else nothing."""
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def dig(value: object, *keys: str) -> Any:
    """The value under ``keys``, one inside the other; None where there is none."""
    for key in keys:
        value = mapping(value).get(key)
    return value
