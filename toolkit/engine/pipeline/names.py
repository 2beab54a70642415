"""From the keys of a line to the names of labels (``pkg/logql/log/util.go``)."""

from __future__ import annotations

import re

from toolkit.engine.pipeline.caching import cached
from toolkit.engine.pipeline.gotext import SPACE

_FORBIDDEN = re.compile(r"[^a-zA-Z0-9_]")
_DIGITS = "0123456789"


@cached
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
