"""Falco's events: what a JSON line holds, and why a line is refused.

A line is taken where Falco or Falcosidekick would: keys as in userspace/engine/formats.cpp (Falco)
and types/types.go (Falcosidekick, which adds ``uuid``). Go matches keys without regard to case, so
``Rule`` is taken for ``rule`` where that is absent. Nothing here raises for bad input: a line that
is no event becomes a :class:`Refusal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from json import JSONDecodeError
from typing import NoReturn

from toolkit.falco.jsontext import JSONValue, decode_prefix, decode_utf8, encode
from toolkit.falco.kinds import Kind, kind_of
from toolkit.falco.priority import Priority
from toolkit.falco.refusal import Reason, Refusal
from toolkit.falco.shippers import looks_like_text_output, without_prefix
from toolkit.falco.timestamps import format_time, parse_time

INTERNAL_SOURCE = "internal"
"""The ``source`` of Falco's own events since 0.35; before that they have none."""


@dataclass(frozen=True, slots=True)
class FalcoEvent:
    """One event, whoever wrote it down.

    ``time`` is in nanoseconds since the epoch, UTC. ``output_fields`` are as in the line (field
    names such as ``proc.aname[2]``; null is None, ``evt.time`` an exact integer) and are not to be
    changed. ``source`` and ``hostname`` are None where absent or empty, ``tags`` is empty where
    absent. ``uuid`` is Falcosidekick's, ``message`` is Falco's since 0.39, where switched on.
    """

    time: int
    rule: str
    priority: Priority
    output: str
    output_fields: Mapping[str, JSONValue]
    source: str | None
    hostname: str | None
    tags: tuple[str, ...]
    uuid: str | None = None
    message: str | None = None

    @property
    def kind(self) -> Kind:
        """Security event, test, heartbeat, drop or another internal event."""
        return kind_of(self.rule)

    @property
    def namespace(self) -> str | None:
        """``k8s.ns.name``; None for events of the host and of other sources than syscall."""
        return self.text_field("k8s.ns.name")

    @property
    def pod(self) -> str | None:
        """``k8s.pod.name``; None as for the namespace."""
        return self.text_field("k8s.pod.name")

    def field(self, name: str) -> JSONValue:
        """The value of an output field, None where absent.

        Some log shippers turn ``container.id`` into an object ``container`` with a member ``id``;
        it is found there as well.
        """
        value = self.output_fields.get(name)
        if value is not None or "." not in name or name in self.output_fields:
            return value
        place: JSONValue = dict(self.output_fields)
        for part in name.split("."):
            if not isinstance(place, dict):
                return None
            place = place.get(part)
        return place

    def text_field(self, name: str) -> str | None:
        """The value of an output field where it is a text that says something."""
        value = self.field(name)
        return value if isinstance(value, str) and value not in ("", "<NA>") else None


def to_json(event: FalcoEvent) -> str:
    """The event as Falco itself writes it: sorted keys, no spaces, nine digits of a second.

    Falco leaves ``tags`` out of its own events and writes ``[]`` for a rule without any. ``uuid``
    is not Falco's and is kept only where the event has one.
    """
    start, middle = json_frame(event)
    message = "" if event.message is None else f'"message":{encode(event.message)},'
    uuid = "" if event.uuid is None else f',"uuid":{encode(event.uuid)}'
    return (
        f'{start}{message}"output":{encode(event.output)},'
        f'"output_fields":{encode(dict(event.output_fields))}'
        f'{middle}{format_time(event.time)}"{uuid}}}'
    )


def json_frame(event: FalcoEvent) -> tuple[str, str]:
    """What stands in that line before message and output, and between output fields and time."""
    start = "{" if event.hostname is None else f'{{"hostname":{encode(event.hostname)},'
    middle = f',"priority":"{event.priority.label}","rule":{encode(event.rule)}'
    if event.source is not None:
        middle += f',"source":{encode(event.source)}'
    if event.tags or event.source != INTERNAL_SOURCE:
        middle += f',"tags":{encode(list(event.tags))}'
    return start, f'{middle},"time":"'


def parse_event(
    line: str | bytes, *, file: str = "", line_number: int = 0, complete: bool = True
) -> FalcoEvent | Refusal:
    """The event that a line holds, or why it holds none. Never raises.

    ``complete`` is False for a last line without a line end: what does not parse there is called
    truncated. Before the event a log shipper's prefix (container runtime, kubectl, syslog) is
    skipped.
    """
    text, utf8 = decode_utf8(line) if isinstance(line, bytes) else (line, True)
    text = text.strip()
    body = text if text.startswith("{") else without_prefix(text)
    try:
        value = _decode(body)
        while isinstance(value, dict) and "rule" not in value and isinstance(value.get("log"), str):
            # Docker's json-file driver wraps each line of a container's output.
            body = str(value["log"]).strip()
            value = _decode(body)
        return _event(value)
    except _Refused as refused:
        reason, detail = refused.reason, refused.detail
    except RecursionError:
        reason, detail = Reason.NOT_JSON, "nested too deeply"
    except ValueError as error:
        reason, detail = Reason.NOT_JSON, _json_detail(error)
        if looks_like_text_output(body):
            reason, detail = Reason.TEXT_OUTPUT, ""
        elif not utf8:
            reason = Reason.NOT_UTF8
        elif not complete:
            reason = Reason.TRUNCATED
    return Refusal(reason, detail, text, file, line_number)


class _Refused(Exception):
    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason = reason
        self.detail = detail


def _refuse(reason: Reason, detail: str = "") -> NoReturn:
    raise _Refused(reason, detail)


def _decode(text: str) -> JSONValue:
    value, end = decode_prefix(text)
    if end != len(text):
        if not isinstance(value, dict):
            raise ValueError("a word that is not JSON")
        _refuse(Reason.TRAILING_TEXT, f"from character {end + 1} on")
    return value


def _json_detail(error: ValueError) -> str:
    """The decoder's complaint without its line number: a line of a file is meant here."""
    if isinstance(error, JSONDecodeError):
        return f"{error.msg.lower().removesuffix(' at')} at character {error.colno}"
    return str(error)


def _event(value: JSONValue) -> FalcoEvent:
    if not isinstance(value, dict):
        _refuse(Reason.NOT_OBJECT, f"it is {_type_name(value)}")
    rule = _text(value, "rule")
    if not rule:
        _refuse(Reason.NO_RULE)
    time = _member(value, "time")
    if time is None or time == "":
        _refuse(Reason.NO_TIME)
    moment = parse_time(time) if isinstance(time, str) else None
    if moment is None:
        _refuse(Reason.BAD_TIME, encode(time))
    name = _text(value, "priority")
    if not name:
        _refuse(Reason.NO_PRIORITY)
    priority = Priority.parse(name)
    if priority is None:
        _refuse(Reason.UNKNOWN_PRIORITY, encode(name))
    fields = _member(value, "output_fields")
    if not isinstance(fields, dict):
        if fields is not None:
            _refuse(Reason.WRONG_TYPE, f"output_fields is {_type_name(fields)}, not an object")
        fields = {}
    uuid, message = value.get("uuid"), value.get("message")
    return FalcoEvent(
        moment,
        rule,
        priority,
        _text(value, "output") or "",
        fields,
        _text(value, "source") or None,
        _text(value, "hostname") or None,
        _tags(_member(value, "tags")),
        uuid if isinstance(uuid, str) else None,
        message if isinstance(message, str) else None,
    )


def _member(members: dict[str, JSONValue], name: str) -> JSONValue:
    """The member of that name, or else of that name in another case, as Go finds it."""
    if name in members:
        return members[name]
    for key in members:
        if len(key) == len(name) and key.lower() == name:
            return members[key]
    return None


def _text(members: dict[str, JSONValue], name: str) -> str | None:
    text = members.get(name)
    if isinstance(text, str):
        return text
    text = _member(members, name)
    if text is None or isinstance(text, str):
        return text
    _refuse(Reason.WRONG_TYPE, f"{name} is {_type_name(text)}, not a text")


def _tags(tags: JSONValue) -> tuple[str, ...]:
    if tags is None:
        return ()
    if not isinstance(tags, list):
        _refuse(Reason.WRONG_TYPE, f"tags is {_type_name(tags)}, not a list")
    for tag in tags:
        if not isinstance(tag, str | None):
            _refuse(Reason.WRONG_TYPE, f"a tag is {_type_name(tag)}, not a text")
    # Go reads null as the empty text.
    return tuple([str(tag or "") for tag in tags])


def _type_name(value: JSONValue) -> str:
    for kind, name in _TYPE_NAMES:
        if isinstance(value, kind):
            return name
    return "null"


_TYPE_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (str, "a text"),
    (int, "a number"),
    (float, "a number"),
    (list, "a list"),
    (dict, "an object"),
)
