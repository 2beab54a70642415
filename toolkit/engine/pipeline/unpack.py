"""``| unpack``: labels and the line itself out of what Promtail's ``pack`` stage made.

After ``UnpackParser`` in ``pkg/logql/log/parser.go``.
"""

from __future__ import annotations

from toolkit.engine.pipeline.builder import LabelsBuilder
from toolkit.engine.pipeline.json.text import MALFORMED_ESCAPE, STRING, JsonError, unescape
from toolkit.engine.pipeline.json.walk import walk
from toolkit.engine.pipeline.jsonstage import JSON_ERROR, json_string
from toolkit.engine.pipeline.labels import EXTRACTED
from toolkit.engine.pipeline.names import label_name
from toolkit.engine.pipeline.stage import Bound

PACKED_ENTRY = "_entry"
_NO_OBJECT = "expecting json object(6), but it is not"


def unpack_stage(builder: LabelsBuilder) -> Bound:
    """The parser, bound to a stream. Without an ``_entry`` it does nothing."""

    def stage(timestamp: int, line: str) -> str | None:
        if not line or builder.nothing_to_extract():
            return line
        if line[0] != "{":
            builder.fail(JSON_ERROR, _NO_OBJECT)
            return line
        found = _Packed(builder)
        try:
            walk(line, found)
        except JsonError as error:
            builder.fail(JSON_ERROR, str(error))
            return line
        if found.entry is None:
            return line
        for name, value in found.labels:
            builder.set(name, value)
            holds = builder.watch.get(name)
            if holds is not None and not holds():
                return None
        return found.entry

    return stage


class _Packed:
    """The strings of the outermost object."""

    def __init__(self, builder: LabelsBuilder) -> None:
        self.builder = builder
        self.entry: str | None = None
        self.labels: list[tuple[str, str]] = []

    def value(self, key: str, text: str, kind: str) -> None:
        if kind != STRING:
            return
        if key == PACKED_ENTRY:
            self.entry = unescape(text)
            if self.entry is None:
                raise JsonError(MALFORMED_ESCAPE)
            return
        builder = self.builder
        name = key + EXTRACTED if builder.taken(key) else key
        if builder.hints.wants(name) and not builder.extracted(name):
            self.labels.append((label_name(name), json_string(text)))

    def enter(self, key: str, text: str) -> bool:
        return False

    def leave(self) -> None:
        """Nothing is entered."""
