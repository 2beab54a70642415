"""The quick way of a push and the long one store the same, and what is plain goes the quick way."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.test_push import JSON, NOW, push
from toolkit.server.config import PushLimits, ServerConfig
from toolkit.server.push.admission import Known
from toolkit.server.push.json_columns import json_columns
from toolkit.server.push.proto_columns import proto_columns

PROTOBUF = {"Content-Type": "application/x-protobuf"}
PADDING = "x" * 8192  # a message below 8 KiB is not read in columns
SECOND = 10**9

Entry = tuple[int, str, dict[str, str]]
Stream = tuple[dict[str, str], list[Entry]]

TIMES = (
    st.integers(NOW - SECOND, NOW + SECOND)
    | st.integers(0, 2 * SECOND)
    | st.sampled_from([-(2**63), -1, 2**63 - 1, NOW // SECOND * SECOND])
)
NAMES = st.sampled_from(["a", "b_1", "ä", "", "1x", "a.b"])
VALUES = st.sampled_from(["", "x", "ü", '"\\', "x" * 200])
ENTRIES = st.tuples(TIMES, st.text(max_size=3) | VALUES, st.dictionaries(NAMES, VALUES, max_size=2))
LABELS = st.just({"a": "b"}) | st.dictionaries(NAMES, VALUES, max_size=3)
PUSHES = st.lists(st.tuples(LABELS, st.lists(ENTRIES, max_size=4)), max_size=4)


def json_body(streams: Sequence[Stream], **how: bool) -> bytes:
    document = [
        {
            "stream": labels,
            "values": [
                [str(time), line, metadata] if metadata else [str(time), line]
                for time, line, metadata in entries
            ],
        }
        for labels, entries in streams
    ]
    return json.dumps({"streams": document}, **how).encode()


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def message(streams: Sequence[Stream], fields: Sequence[int] = (1, 2, 3)) -> bytes:
    """A ``PushRequest``, each entry's fields in the given order; what is zero is left out."""
    out = b""
    for labels, entries in streams:
        text = ", ".join(f"{k}={json.dumps(v, ensure_ascii=False)}" for k, v in labels.items())
        inner = field(1, f"{{{text}}}".encode())
        for time, line, metadata in entries:
            seconds, nanos = divmod(time, SECOND)
            stamp = (field(1, seconds) if seconds else b"") + (field(2, nanos) if nanos else b"")
            parts = {
                1: field(1, stamp),
                2: field(2, line.encode()) if line else b"",
                3: b"".join(
                    field(3, field(1, k.encode()) + field(2, v.encode()))
                    for k, v in metadata.items()
                ),
            }
            inner += field(2, b"".join(parts[number] for number in fields))
        out += field(1, inner)
    return out


def snappy(data: bytes) -> bytes:
    return pa.Codec("snappy").compress(data, asbytes=True)


@given(PUSHES, st.booleans())
def test_a_json_push_comes_to_the_same_both_ways(streams: list[Stream], escaped: bool) -> None:
    status, text, _ = push(json_body(streams, ensure_ascii=escaped), JSON)
    assert status in (204, 400, 422, 500), text


@given(PUSHES, st.permutations([1, 2, 3]))
def test_a_protobuf_push_comes_to_the_same_both_ways(
    streams: list[Stream], fields: list[int]
) -> None:
    padded = [*streams, ({"a": "b"}, [(NOW, PADDING, {})])]
    status, text, _ = push(snappy(message(padded, fields)), PROTOBUF)
    assert status in (204, 400, 500), text


PLAIN = message([({"a": "b"}, [(NOW, "one", {"k": "v"}), (NOW, "", {}), (NOW, PADDING, {})])])


@given(st.integers(0, 70), st.integers(0, 255), st.booleans())
def test_a_damaged_protobuf_push_comes_to_the_same_both_ways(at: int, byte: int, cut: bool) -> None:
    damaged = bytearray(PLAIN)
    damaged[at] = byte
    status, text, _ = push(snappy(bytes(damaged[: -1 if cut else None])), PROTOBUF)
    assert status in (204, 400, 422, 500), text


@pytest.mark.parametrize(
    "value",
    [
        b'["1", "\\ud800\\u0041"]', b'["1", "\\udc00"]', b'["1", "\\ud83d\\ude00"]',
        b'["1", "a", null]', b'["1", "a", {"k": 1}]', b'["1", "a", {}, 1]', b'["1"]', b"[]",
        b'[1, "a"]', b'["-1", "a"]', b'["-0", "a"]', b'["+1", "a"]', b'[" 1", "a"]', b'["", "a"]',
        b'["1_0", "a"]', b'["9223372036854775808", "a"]', b'["00000000000000000001", "a"]',
        '["١", "a"]'.encode(), '["²", "a"]'.encode(),
        b'["1", "a", {"k": "v", "k": "w"}]', b'["1", "a\x00"]', b'["1", "a", {"k": "\\ud800"}]',
        b'["1", "a", ' + b"[" * 3000 + b"]" * 3000 + b"]",
    ],
)  # fmt: skip
def test_an_odd_json_entry_comes_to_the_same_both_ways(value: bytes) -> None:
    body = b'{"streams": [{"stream": {"a": "b"}, "values": [["1", "x"], %s]}]}' % value
    assert push(body, JSON)[0] in (204, 400)


def test_what_clients_send_goes_the_quick_way() -> None:
    """With metadata, without, with an empty line, at a whole second, before 1970."""
    streams = [
        ({"a": "b"}, [(NOW, "one", {}), (NOW, PADDING, {"k": "v", "l": "w"}), (NOW, "", {})]),
        ({"a": "c", "d": ""}, [(NOW // SECOND * SECOND, "é", {}), (-1, "old", {"k": "v"})]),
    ]
    expected = [time for _, entries in streams for time, _, _ in entries]
    for columns in (json_columns(json_body(streams)), proto_columns(message(streams))):
        assert columns is not None
        assert columns.timestamps.tolist() == expected
        assert columns.counts == [3, 2]
        assert push(json_body(streams), JSON)[0] == 204


@pytest.mark.parametrize("length", [10, 4000])
def test_what_is_remembered_of_what_was_sent_is_bounded(length: int) -> None:
    known: Known[int] = Known()
    sent = [b"%0*d" % (length, number) for number in range(20_000)]
    for number, each in enumerate(sent):
        known.put(each, number)
        assert known.get(each) == number
    kept = [each for each in sent if known.get(each) is not None]
    assert len(kept) < 17_000
    assert sum(map(len, kept)) < 10_000_000


@pytest.mark.parametrize("seconds", [-(2**63), 2**63 - 1, 9_300_000_000, -9_300_000_000])
def test_times_that_do_not_fit_are_left_to_the_long_way(seconds: int) -> None:
    assert proto_columns(message([({"a": "b"}, [(seconds * SECOND, PADDING, {})])])) is None


@pytest.mark.parametrize(
    "limits",
    [
        PushLimits(reject_old_samples=True),
        PushLimits(creation_grace_period=SECOND),
        PushLimits(max_line_size=3),
        PushLimits(max_structured_metadata_size=3),
        PushLimits(max_structured_metadata_entries_count=1),
        PushLimits(max_label_names_per_series=1),
        PushLimits(max_label_value_length=1),
        PushLimits(unordered_window=SECOND),
        PushLimits(max_global_streams_per_user=1),
        PushLimits(ingestion_rate=1, ingestion_burst_size=1),
    ],
    ids=repr,
)
def test_every_limit_refuses_the_same_both_ways(limits: PushLimits) -> None:
    """Each entry or stream here goes beyond one of them, and the others are kept. Of what comes
    late, as order does, only the last stream's is told, as in Loki."""
    streams = [
        ({"a": "bb"}, [(NOW, "ööö", {}), (NOW, "m", {"k": "v", "l": "w"})]),
        ({"a": "c", "d": "e"}, [(NOW, "x", {})]),
        ({"a": "b"}, [(NOW, "one", {}), (NOW - 10**18, "old", {}), (NOW + 10**12, "new", {})]),
    ]
    assert push(json_body(streams), JSON)[0] == 204
    assert push(json_body(streams), JSON, ServerConfig(push=limits))[0] in (400, 429)
