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
from typing import Any, NoReturn

import orjson

from toolkit.results import Labels
from toolkit.server.errors import HTTPError
from toolkit.server.push.model import PushedStream

_INT = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_INT64 = 1 << 63
# Half of a UTF-16 pair, from an escape: jsonparser refuses the string, and the member after it is
# then taken for the timestamp.
_HALF_PAIR = re.compile("[\ud800-\udbff]")
_SPACE = " \t\n\r"
_CHUNK = 512  # json-iterator reads its input in pieces of this size and shows no more in an error

_BAD_NUMBER = "Value looks like Number/Boolean/None, but can't find its end: ',' or '}' symbol"
_BAD_STRING = "Value is string, but can't find closing '\"' symbol"
_BAD_OBJECT = "Value looks like object, but can't find closing '}' symbol"
_BAD_ARRAY = "Malformed JSON error"
_UNKNOWN_VALUE = "Unknown value type"
_PLACE = "loghttp.PushRequest.Streams: []loghttp.LogProtoStream: "


def decode_json(body: bytes) -> list[PushedStream]:
    """The streams of a JSON push. Raises :class:`HTTPError` 400 as Loki words it."""
    try:
        streams = orjson.loads(body)["streams"]
        if type(streams) is list:
            return [_documented(stream) for stream in streams]
    except (orjson.JSONDecodeError, _Odd, KeyError, TypeError):
        pass  # the slow way says what is wrong with it, or does with it what Loki does
    return _Lenient(body).streams()


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

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.text = body.decode("utf-8", "surrogateescape")
        self.position = 0
        self.decoder = json.JSONDecoder(strict=False, parse_int=_Number, parse_float=_Number)

    def streams(self) -> list[PushedStream]:
        if not self.text.strip(_SPACE):
            raise HTTPError(400, "EOF")
        out: list[PushedStream] = []
        if self._peek() == "n":
            self._null()
            return out
        if self._peek() != "{":
            self._fail("readObjectStart", f"expect {{ or n, but found {self._peek()}", 1)
        self.position += 1
        while True:
            if self._peek() == "}":
                return out
            key = self._value("readObject")
            if self._peek() != ":":
                self._fail("readFieldHash", f"expect :, but found {self._peek()}", 1)
            self.position += 1
            if isinstance(key, str) and key.lower() == "streams":
                out = self._stream_list()
            else:
                self._value("Skip")
            if self._peek() != ",":
                return out
            self.position += 1

    def _stream_list(self) -> list[PushedStream]:
        first = self._peek()
        if first == "n":
            self._null()
            return []
        if first != "[":
            self._fail(f"{_PLACE}decode slice", f"expect [ or n, but found {first}", 1)
        self.position += 1
        out: list[PushedStream] = []
        while self._peek() != "]":
            value = self._value(f"{_PLACE}Skip")
            try:
                out.append(_lenient_stream(value))
            except _Malformed as error:
                self._fail(f"{_PLACE}unmarshalerDecoder", str(error), 0)
            if self._peek() == ",":
                self.position += 1
            elif self._peek() != "]":
                self._fail(f"{_PLACE}decode slice", f"expect ], but found {self._peek()}", 1)
        self.position += 1
        return out

    def _peek(self) -> str:
        while self.position < len(self.text) and self.text[self.position] in _SPACE:
            self.position += 1
        return self.text[self.position] if self.position < len(self.text) else "\x00"

    def _null(self) -> None:
        if not self.text.startswith("null", self.position):
            self._fail("skipThreeBytes", "expect ull", 2)
        self.position += 4

    def _value(self, operation: str) -> Any:
        first = self._peek()
        try:
            value, self.position = self.decoder.raw_decode(self.text, self.position)
        except json.JSONDecodeError as error:
            place, _, where = operation.rpartition(" ")
            prefix = f"{place} " if place else ""
            if error.msg.startswith("Unterminated string"):
                self.position = len(self.text)
                self._fail(f"{prefix}readStringSlowPath", "unexpected end of input", 0)
            self.position = error.pos
            if error.msg.startswith("Expecting ',' delimiter") and error.pos < len(self.text):
                self._fail(f"{prefix}ReadObjectCB", "object not ended with }", 1)
            if error.pos >= len(self.text):
                first = "\x00"
            self._fail(f"{prefix}{where}", f"do not know how to skip: {ord(first)}", 0)
        except RecursionError:
            self._fail(operation, "exceeded max depth", 0)
        return value

    def _fail(self, operation: str, message: str, ahead: int) -> NoReturn:
        before = self.text[: self.position].encode("utf-8", "surrogateescape")
        head = min(len(before) + ahead, len(self.body))
        chunk = max(0, (head - 1) // _CHUNK * _CHUNK)
        part = self.body[chunk : chunk + _CHUNK]
        head -= chunk
        near = part[max(0, head - 10) : head + 10].decode("utf-8", "replace")
        wide = part[max(0, head - 50) : head + 50].decode("utf-8", "replace")
        raise HTTPError(
            400,
            f"{operation}: {message}, error found in #{min(head, 10)} byte of "
            f"...|{near}|..., bigger context ...|{wide}|...",
        )


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
            labels = {name: _literal(text) for name, text in member.items()}
        elif key == "values" and member is not None:
            if not isinstance(member, list):
                raise _Malformed(_UNKNOWN_VALUE if isinstance(member, dict) else _BAD_ARRAY)
            entries = member
    out = PushedStream(labels)
    for entry in entries:
        if entry is not None:
            _lenient_entry(entry, out)
    return out


def _lenient_entry(entry: Any, out: PushedStream) -> None:
    if not isinstance(entry, list):
        raise _Malformed(_UNKNOWN_VALUE if isinstance(entry, dict) else _BAD_ARRAY)
    time, line, metadata = 0, "", None
    for place, member in enumerate(entry[:3]):
        text = isinstance(member, str) and not isinstance(member, _Number)
        match place:
            case 0:
                # A number fails to be a string, and the next member is taken for the timestamp:
                # either way the last complaint is about a number.
                if not text or not _INT.fullmatch(member) or not -_INT64 <= int(member) < _INT64:
                    raise _Malformed(_BAD_NUMBER)
                time = int(member)
            case 1:
                if not text:
                    raise _Malformed(_BAD_STRING)
                if _HALF_PAIR.search(member):
                    raise _Malformed(_BAD_NUMBER)
                line = member
            case 2:
                if not isinstance(member, dict):
                    raise _Malformed(_BAD_OBJECT)
                if any(not isinstance(v, str) or isinstance(v, _Number) for v in member.values()):
                    raise _Malformed(_BAD_STRING)
                metadata = member
    out.timestamps.append(time)
    out.lines.append(line)
    out.metadata.append(metadata)


def _literal(value: Any) -> str:
    """A label's value as grafana/jsonparser hands it over: the raw text of what is no string."""
    return value if isinstance(value, str) else json.dumps(value)
