"""From the keys of a line to the names of labels (``pkg/logql/log/util.go``)."""

from __future__ import annotations

import re

from toolkit.engine.pipeline.caching import LONGEST
from toolkit.engine.pipeline.gotext import SPACE

_FORBIDDEN = re.compile(r"[^a-zA-Z0-9_]")
_DIGITS = "0123456789"


def label_name(key: str) -> str:
    """The name for a key that stands alone; empty where the key is blank."""
    key = key.strip(SPACE)
    if key[:1] in _DIGITS:
        key = "_" + key if key else ""
    return _FORBIDDEN.sub("_", key)


def nested_name(prefix: str, key: str) -> str:
    """The name for a key inside of others: joined by ``_``, blank keys left out."""
    key = key.strip(SPACE)
    if not key:
        return prefix
    if not prefix:
        return label_name(key)
    return f"{prefix}_{_FORBIDDEN.sub('_', key)}"


class LabelNames(dict[str, str]):
    """The names for keys that stand alone, kept for the first ones."""

    KEPT = 1024

    def __missing__(self, key: str) -> str:
        name = label_name(key)
        if len(self) < self.KEPT and len(key) <= LONGEST:
            self[key] = name
        return name
