"""Texts that name an event's fields in braces: ``"{rule} on {hostname}"``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_PLACEHOLDER: Final = re.compile(r"\{([a-z][a-z0-9_.\[\]]*)\}")


def placeholders(text: str) -> tuple[str, ...]:
    """The fields that a text names in braces, ``value`` left out, in their order."""
    found = _PLACEHOLDER.findall(text)
    return tuple(dict.fromkeys(name for name in found if name != "value"))


def filled(text: str, values: Mapping[str, str]) -> str:
    """``text`` with each ``{name}`` replaced."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)
