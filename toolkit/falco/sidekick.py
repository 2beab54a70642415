"""What Falcosidekick makes of an event before it sends it anywhere, by version.

Everything here follows falcosecurity/falcosidekick handlers.go, types/types.go and outputs/loki.go
at the version tags, and was compared with what those versions sent when run.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from toolkit.falco.event import FalcoEvent
from toolkit.falco.jsontext import JSONValue, encode_go, replace_bytes
from toolkit.falco.kinds import TEST_RULE
from toolkit.falco.timestamps import format_rfc3339nano, format_time

Version = tuple[int, int]
"""Major and minor: nothing that is modelled here changed in a patch release."""

CURRENT: Version = (2, 34)
"""The newest release whose source was read and which was run."""

TAGS_AND_SOURCE: Version = (2, 25)
FEW_LABELS: Version = (2, 26)
"""Before this, every text field of an event was a label; since then only what is asked for."""
NANOSECONDS: Version = (2, 27)
"""Also ``hostname`` as a label, and the check that refuses events without output fields."""
STRICT_NAMES: Version = (2, 28)
"""Since then a namespace or pod that is no text breaks off the handling of its event."""
NORMALISED: Version = (2, 29)
"""Tags sorted, source of the test event set, long payloads cut."""
CUSTOM_TAGS: Version = (2, 30)
POD_LABELS: Version = (2, 31)
"""Namespace and pod as labels, ``loki.format: json``, and ``_`` for ``.`` in label names."""

CUT_OVER = 4096
"""Bytes of a payload from which on its long fields are cut."""
LONG_FIELD = 512
"""Bytes of a text field that is left as it is."""
_KEPT = 507
_CUT_MARK = b"[...]"
_ANY_UUID = "0" * 36

UUID_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://falco.org/events")
"""In which the uuids of events are made."""

# The fields of Falcosidekick's own Prometheus counter (stats_prometheus.go). A custom field becomes
# another label of it, and client_golang panics on a name given twice: the process does not start.
_METRIC_LABELS: tuple[tuple[str, Version], ...] = (
    ("rule", TAGS_AND_SOURCE),
    ("priority", TAGS_AND_SOURCE),
    ("k8s_ns_name", TAGS_AND_SOURCE),
    ("k8s_pod_name", TAGS_AND_SOURCE),
    ("hostname", STRICT_NAMES),
    ("source", NORMALISED),
    ("priority_raw", CUSTOM_TAGS),
)
_DOTS_BREAK = (TAGS_AND_SOURCE, CUSTOM_TAGS)


@dataclass(frozen=True, slots=True)
class Payload:
    """An event as Falcosidekick hands it to its outputs.

    Texts may hold single bytes that are no UTF-8 (as surrogateescape keeps them), where a long
    field was cut within a character.
    """

    output: str
    output_fields: Mapping[str, JSONValue]
    source: str
    tags: tuple[str, ...]


def payload(
    event: FalcoEvent,
    version: Version,
    custom_fields: Mapping[str, str],
    custom_tags: tuple[str, ...],
) -> Payload:
    """The event after Falcosidekick's own additions and changes."""
    fields = event.output_fields
    if custom_fields:
        fields = {**fields, **custom_fields}
    source = event.source or "syscalls"
    tags = event.tags
    if version >= CUSTOM_TAGS:
        tags += custom_tags
    if version < NORMALISED:
        return Payload(event.output, fields, source, tags)
    if event.rule == TEST_RULE:
        source = "internal"
    made = Payload(event.output, fields, source, tuple(sorted(tags)) if len(tags) > 1 else tags)
    # Only a payload with a long field can change, and few events have one.
    for value in fields.values():
        if isinstance(value, str) and len(value) * 4 > LONG_FIELD and _size(value) > LONG_FIELD:
            return _cut(event, made)
    return made


def json_line(event: FalcoEvent, made: Payload) -> str:
    """The line of ``loki.format: json``: Go's encoding of the whole payload."""
    return _marshal(event, made, event.uuid or event_uuid(event))


def json_frame(event: FalcoEvent, made: Payload) -> tuple[str, str]:
    """What stands in that line between output and time, and after the output fields."""
    end = f',"source":{encode_go(made.source)}'
    if made.tags:
        end += f',"tags":{encode_go(list(made.tags))}'
    if event.hostname is not None:
        end += f',"hostname":{encode_go(event.hostname)}'
    rule = encode_go(event.rule)
    return f',"priority":"{event.priority.label}","rule":{rule},"time":"', end + "}"


def event_uuid(event: FalcoEvent) -> str:
    """A uuid made from the event's content, of version 5.

    Falcosidekick draws a new random one for each delivery. Here the same event has to give the same
    line, so that loading a file twice changes nothing and two runs give the same bytes.
    """
    name = f"{uuid_name(event.hostname, event.rule)}{format_time(event.time)}\0{event.output}"
    text = name.encode(errors="surrogatepass").decode(errors="replace")
    return str(uuid.uuid5(UUID_NAMESPACE, text))


def uuid_name(hostname: str | None, rule: str) -> str:
    """What stands first in the name that a uuid is made of; time and output follow."""
    return f"{hostname}\0{rule}\0"


def refusal(event: FalcoEvent, version: Version, custom_fields: Mapping[str, str]) -> str | None:
    """Why that Falcosidekick drops the event instead of sending it; None where it does not."""
    if version >= NANOSECONDS:
        # Custom fields are added before the check, so that they hide an event's missing fields.
        if not event.output_fields and not custom_fields:
            return "Falcosidekick 2.27 and later refuses events without output fields"
    elif not event.output:
        return "Falcosidekick up to 2.26 refuses events without output"
    if version == STRICT_NAMES and event.hostname is None:
        return "Falcosidekick 2.28 breaks off where an event has no hostname"
    if version >= STRICT_NAMES:
        for name in ("k8s.ns.name", "k8s.pod.name"):
            value = custom_fields.get(name, event.output_fields.get(name))
            if value is not None and not isinstance(value, str):
                return f"Falcosidekick 2.28 and later breaks off where {name} is no text"
    return None


def startup_problem(version: Version, custom_fields: Mapping[str, str]) -> str | None:
    """Why that Falcosidekick does not start, or gets no event into Loki, with these fields."""
    for name in custom_fields:
        metric_label = name.replace(".", "_") if version >= CUSTOM_TAGS else name
        for taken, since in _METRIC_LABELS:
            if metric_label == taken and version >= since:
                return (
                    f"Falcosidekick {since[0]}.{since[1]} and later does not start with the custom"
                    f" field {name}: it stops with a panic over the duplicate label of its metric"
                )
        if "." in name and version in _DOTS_BREAK:
            return (
                f"Falcosidekick {version[0]}.{version[1]} with the custom field {name} breaks off"
                " at every event: its metric has the label under another name"
            )
    if "source" in custom_fields and TAGS_AND_SOURCE <= version < NANOSECONDS:
        return (
            "Falcosidekick 2.25 and 2.26 with the custom field source writes the label source"
            " twice, and Loki refuses that"
        )
    return None


def _size(text: str) -> int:
    return len(text.encode(errors="surrogateescape"))


def _marshal(event: FalcoEvent, made: Payload, identifier: str) -> str:
    middle, end = json_frame(event, made)
    start = f'{{"uuid":{encode_go(identifier)},"output":{encode_go(made.output)}'
    time = format_rfc3339nano(event.time)
    return f'{start}{middle}{time}","output_fields":{encode_go(dict(made.output_fields))}{end}'


def _cut(event: FalcoEvent, made: Payload) -> Payload:
    """Long text fields shortened, in the output as well, where the whole exceeds 4096 bytes."""
    if _size(_marshal(event, made, _ANY_UUID)) <= CUT_OVER:
        return made
    output = made.output
    fields = dict(made.output_fields)
    for name, value in fields.items():
        if isinstance(value, str) and _size(value) > LONG_FIELD:
            kept = value.encode(errors="surrogateescape")[:_KEPT] + _CUT_MARK
            # Go cuts bytes, not characters.
            short = kept.decode(errors="surrogateescape")
            output = output.replace(value, short)
            fields[name] = short
    return replace(made, output=output, output_fields=fields)


def text_line(made: Payload) -> str:
    """The line of the text format: the output, with U+FFFD for bytes that no UTF-8 has."""
    return replace_bytes(made.output)
