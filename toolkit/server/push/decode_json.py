"""The JSON push: ``{"streams": [{"stream": {..}, "values": [["<ns>", "line", {..}?]]}]}``.

Two ways through. A body of the documented shape is read by orjson and checked value by value. Any
other body takes the slow way, which does what Loki's two decoders do with it: json-iterator reads
the outer object leniently (any case of ``streams``, unknown keys skipped, nothing after the object
looked at), grafana/jsonparser each stream (a label value may be a number, an entry may have more
or fewer members). Error texts are theirs, with the piece of the body around the place.

Source: grafana/loki ``pkg/loghttp/query.go`` (LogProtoStream), ``pkg/util/unmarshal``, and answers
of a running Loki.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from toolkit.logql.quoting import shown
from toolkit.results import Labels
from toolkit.server.errors import HTTPError
from toolkit.server.push.jsoniter import Iterator
from toolkit.server.push.model import PushedStream

_INT = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_INT64 = 1 << 63
# Half of a UTF-16 pair, from an escape: jsonparser refuses the string, and the member after it is
# then taken for the timestamp. What is left out are the marks of bytes that are not UTF-8.
_HALF_PAIR = re.compile("[\ud800-\udc7f\udd00-\udfff]")

_BAD_NUMBER = "Value looks like Number/Boolean/None, but can't find its end: ',' or '}' symbol"
_BAD_STRING = "Value is string, but can't find closing '\"' symbol"
_BAD_OBJECT = "Value looks like object, but can't find closing '}' symbol"
_BAD_ARRAY = "Malformed JSON error"
_OPEN_ARRAY = "Value is array, but can't find closing ']' symbol"
_UNKNOWN_VALUE = "Unknown value type"
_REQUEST = "loghttp.PushRequest."
_PLACE = "loghttp.PushRequest.Streams: []loghttp.LogProtoStream: "


def decode_json(body: bytes, broken: str = "") -> list[PushedStream]:
    """The streams of a JSON push. Raises :class:`HTTPError` 400 as Loki words it.

    ``broken`` says why the body ends where it does, where that is not its end.
    """
    try:
        streams = orjson.loads(body)["streams"]
        if type(streams) is list:
            return [_documented(stream) for stream in streams]
    except (orjson.JSONDecodeError, _Odd, KeyError, TypeError):
        pass  # the slow way says what is wrong with it, or does with it what Loki does
    return _Lenient(body, broken).streams()


class _Odd(Exception):
    """Not the documented shape."""


def _documented(stream: Any) -> PushedStream:
    labels, values = stream["stream"], stream["values"]
    if len(stream) != 2 or type(labels) is not dict or type(values) is not list:
        raise _Odd
    if not all(type(value) is str for value in labels.values()):
        raise _Odd
    out = PushedStream(labels)
    times, lines, metadata = out.timestamps, out.lines, out.metadata
    for value in values:
        if type(value) is not list or not 2 <= len(value) <= 3:
            raise _Odd
        time, line = value[0], value[1]
        if type(time) is not str or type(line) is not str or not _INT.fullmatch(time):
            raise _Odd
        nanoseconds = int(time)
        if not -_INT64 <= nanoseconds < _INT64:
            raise _Odd
        pairs: Labels | None = None
        if len(value) == 3:
            pairs = value[2]
            if type(pairs) is not dict or not all(type(v) is str for v in pairs.values()):
                raise _Odd
        times.append(nanoseconds)
        lines.append(line)
        metadata.append(pairs or None)
    return out


class _Malformed(Exception):
    """What grafana/jsonparser says of a stream."""


class _Lenient:
    """The slow way. Bytes that are not UTF-8 go through by ``surrogateescape``, as in Loki."""

    def __init__(self, body: bytes, broken: str) -> None:
        self.json = Iterator(body, broken)
        self.decoder = json.JSONDecoder(strict=False, parse_int=_Number, parse_float=_Number)

    def streams(self) -> list[PushedStream]:
        found = self.json
        out: list[PushedStream] = []
        first = found.peek()
        if first == "\0" and found.ended():
            raise HTTPError(400, "EOF")
        if first == "n":
            found.skip("")
            return out
        if first != "{":
            found.fail("readObjectStart", f"expect {{ or n, but found {first}", 1)
        found.position += 1
        found.within = _REQUEST
        if found.peek() == "}":
            return out
        while True:
            if self._key().lower() == "streams":
                out = self._stream_list()
            else:
                found.skip(_REQUEST)
            after = found.peek()
            if after == "}":
                return out
            if after != ",":
                message = f"object ended prematurely, unexpected char {after}"
                found.fail(f"{_REQUEST}isObjectEnd", message, 1)
            found.position += 1

    def _key(self) -> str:
        found = self.json
        if found.peek() != '"':
            found.fail(f"{_REQUEST}readFieldHash", f'expect ", but found {found.peek()}', 1)
        begin = found.position
        found.field_name(_REQUEST)
        key = found.text[begin + 1 : found.position - 1]
        if found.peek() != ":":
            found.fail(f"{_REQUEST}readFieldHash", f"expect :, but found {found.peek()}", 1)
        found.position += 1
        return key

    def _stream_list(self) -> list[PushedStream]:
        found = self.json
        found.within = _PLACE
        first = found.peek()
        if first == "n":
            found.skip(_PLACE)
            found.within = _REQUEST
            return []
        if first != "[":
            found.fail(f"{_PLACE}decode slice", f"expect [ or n, but found {first}", 1)
        found.position += 1
        out: list[PushedStream] = []
        while found.peek() != "]":
            begin = found.position
            found.skip(_PLACE)
            try:
                out.append(_lenient_stream(self._decoded(begin)))
            except _Malformed as error:
                found.fail(f"{_PLACE}unmarshalerDecoder", str(error), 0)
            if found.peek() == ",":
                found.position += 1
            elif found.peek() != "]":
                found.fail(f"{_PLACE}decode slice", f"expect ], but found {found.peek()}", 1)
        found.position += 1
        found.within = _REQUEST
        return out

    def _decoded(self, begin: int) -> Any:
        try:
            return self.decoder.raw_decode(self.json.text, begin)[0]
        except (json.JSONDecodeError, RecursionError):
            raise _Malformed(_BAD_OBJECT) from None


class _Number(str):
    """A number as it stands in the text."""

    __slots__ = ()


def _lenient_stream(value: Any) -> PushedStream:
    if not isinstance(value, dict):
        raise _Malformed(_BAD_OBJECT)
    labels: Labels = {}
    entries: list[Any] = []
    for key, member in value.items():
        if key == "stream":
            if not isinstance(member, dict):
                raise _Malformed(_BAD_OBJECT)
            labels = {_utf8(name): _utf8(_literal(text)) for name, text in member.items()}
        elif key == "values" and member is not None:
            if not isinstance(member, list):
                listed = isinstance(member, dict) and member
                raise _Malformed(_OPEN_ARRAY if listed else _not_listed(member))
            entries = member
    out = PushedStream(labels)
    for entry in entries:
        if entry is not None:
            _lenient_entry(entry, out)
    return out


def _lenient_entry(entry: Any, out: PushedStream) -> None:
    """An entry as it is read member by member. One that is wrong leaves its place to the next, and
    the last complaint is the one that is told."""
    if not isinstance(entry, list):
        raise _Malformed(_not_listed(entry))
    time, line, metadata, place = 0, "", None, 0
    wrong = ""
    for member in entry:
        try:
            if place == 0:
                time = _nanoseconds(_text(member))
            elif place == 1:
                line = _text(member)
                if _HALF_PAIR.search(line):
                    raise _Malformed(_BAD_NUMBER)
            elif place == 2:
                metadata = _pairs(member)
        except _Malformed as error:
            wrong = str(error)
        else:
            place += 1
    if wrong:
        raise _Malformed(wrong)
    out.timestamps.append(time)
    out.lines.append(line)
    out.metadata.append(metadata)


def _not_listed(entry: Any) -> str:
    """What is said of an entry that is no array: its first character is taken for a bracket."""
    if isinstance(entry, dict) and entry:
        return _OPEN_ARRAY if _INT.fullmatch(next(iter(entry))) else _BAD_NUMBER
    return _UNKNOWN_VALUE if isinstance(entry, dict | bool) else _BAD_ARRAY


def _text(member: Any) -> str:
    if not isinstance(member, str) or isinstance(member, _Number):
        raise _Malformed(_BAD_STRING)
    return member


def _nanoseconds(text: str) -> int:
    if not _INT.fullmatch(text) or not -_INT64 <= int(text) < _INT64:
        raise _Malformed(_BAD_NUMBER)
    return int(text)


def _pairs(member: Any) -> Labels:
    if not isinstance(member, dict):
        raise _Malformed(_BAD_OBJECT)
    return {_utf8(name): _utf8(_text(value)) for name, value in member.items()}


def _literal(value: Any) -> str:
    """A label's value as grafana/jsonparser hands it over: the raw text of what is no string."""
    return value if isinstance(value, str) else json.dumps(value)


def _utf8(text: str) -> str:
    """A label's name or value as Loki shows it: bytes that are not UTF-8 are replaced."""
    if _HALF_PAIR.search(text):
        raise _Malformed(_BAD_NUMBER)
    return shown(text)
