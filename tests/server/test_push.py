"""What a push answers: the status and text that a running Loki (August 2026) gave for each body."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.engine.store import EntryBlock
from toolkit.engine.store.model import block_of, metadata_pairs, pairs
from toolkit.logql.quoting import encode, shown
from toolkit.server.config import PushLimits, ServerConfig
from toolkit.server.errors import HTTPError
from toolkit.server.push.admission import Admission
from toolkit.server.push.handler import accept, take, unpack
from toolkit.server.push.validate import metadata_name

RECORDED = [
    json.loads(line)
    # broken.jsonl: good bodies with a few bytes changed, one for each answer
    for name in ("push.jsonl", "broken.jsonl")
    for line in (Path(__file__).parent / "data" / name).read_text("utf-8").splitlines()
]
NOW = 1795421864804671005
HOUR = 3600 * 10**9


def push(body: bytes, headers: dict[str, str], config: ServerConfig = ServerConfig()):  # noqa: B008
    """(status, text, batches) as the push handler would answer, checked to be the same by the
    long way and by the one that a push takes."""
    admission = Admission(config.push, "fake")
    kind, encoding = headers.get("Content-Type", ""), headers.get("Content-Encoding", "")
    try:
        form, message = unpack(body, kind, encoding, config)
        batches, error = accept(form.streams(message), config, admission, NOW)
    except HTTPError as refused:
        batches, error, answer = [], refused, (refused.status, f"{refused.message}\n", [])
    else:
        answer = (204, "") if error is None else (error.status, f"{error.message}\n")
        answer = (*answer, batches)
    assert taken(body, headers, config) == (*answer[:2], entries(block_of(batches)))
    return answer


def taken(body: bytes, headers: dict[str, str], config: ServerConfig):
    """(status, text, entries) as a push is taken."""
    kind, encoding = headers.get("Content-Type", ""), headers.get("Content-Encoding", "")
    try:
        block, error = take(body, kind, encoding, config, Admission(config.push, "fake"), NOW)
    except HTTPError as refused:
        return refused.status, f"{refused.message}\n", []
    found = [] if block is None else entries(block)
    return (204, "", found) if error is None else (error.status, f"{error.message}\n", found)


def entries(block: EntryBlock) -> list[tuple]:
    """(labels, time, line, metadata) of each entry of a block."""
    return [
        (
            pairs(block.labels[stream]),
            time,
            line,
            metadata_pairs(block.sets[number]) if number >= 0 else (),
        )
        for stream, time, line, number in zip(
            block.streams.tolist(),
            block.timestamps.tolist(),
            block.lines.to_pylist(),
            block.metadata.tolist(),
            strict=True,
        )
    ]


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case["name"])
def test_a_push_is_answered_as_loki_answers_it(case: dict) -> None:
    body = gzip.decompress(base64.b64decode(case["body"]))
    status, text, _ = push(body, case["headers"])
    shown = encode(text).decode("utf-8", "replace")  # a text may quote bytes that are no UTF-8
    assert (status, shown) == (case["status"], case["text"])


def json_push(*entries: list, labels: dict[str, str] | None = None) -> bytes:
    stream = {"stream": labels or {"a": "b"}, "values": list(entries)}
    return json.dumps({"streams": [stream]}).encode()


JSON = {"Content-Type": "application/json"}


def test_the_entries_beside_a_refused_one_are_stored() -> None:
    status, _, batches = push(json_push([str(NOW), "fine"], [str(NOW), "x" * 262_145]), JSON)
    assert status == 400
    assert [list(batch.lines) for batch in batches] == [["fine"]]


def test_entries_keep_nanoseconds_line_and_metadata() -> None:
    _, _, [batch] = push(
        json_push(["1795421864804671005", "é\u0000<NA>", {"k": "v", "e": ""}]), JSON
    )
    assert list(batch.timestamps) == [1795421864804671005]
    assert list(batch.lines) == ["é\u0000<NA>"]
    # "The push API drops structured metadata with an empty value."
    assert list(batch.metadata or []) == [{"k": "v"}]


# Names pushed to a running Loki as structured metadata, and the labels it then answered with.
@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("1a", "key_1a"),
        ("9", "key_9"),
        ("_x", "_x"),
        ("__y", "_y"),
        ("a-b", "a_b"),
        ("a.b", "a_b"),
        ("a--b", "a_b"),
        ("a b", "a_b"),
        ("A.b", "A_b"),
        ("__error__", "__error__"),
    ],
)
def test_metadata_names_become_label_names(name: str, label: str) -> None:
    assert metadata_name(name) == label


@pytest.mark.parametrize("name", ["ä", "_", "-", ""])
def test_a_metadata_name_of_which_nothing_is_left_is_an_error(name: str) -> None:
    with pytest.raises(HTTPError) as error:
        metadata_name(name)
    assert error.value.status == 500


def test_old_samples_are_taken_unless_their_refusal_is_asked_for() -> None:
    body = json_push([str(NOW - 200 * HOUR), "old"])
    assert push(body, JSON)[0] == 204
    strict = ServerConfig(push=PushLimits(reject_old_samples=True))
    status, text, _ = push(body, JSON, strict)
    assert status == 400
    assert text == (
        "entry for stream '{a=\"b\"}' has timestamp too old: 2026-11-15T00:17:44Z, "
        "oldest acceptable timestamp is: 2026-11-16T08:17:44Z\n"
    )


def test_entries_far_behind_their_stream_are_refused_only_when_asked_for() -> None:
    body = json_push([str(NOW), "new"], [str(NOW - 2 * HOUR), "behind"])
    assert push(body, JSON)[0] == 204
    status, text, batches = push(body, JSON, ServerConfig(push=PushLimits(unordered_window=HOUR)))
    assert status == 400
    assert "reason: 'entry too far behind, entry timestamp is: 2026-11-23T06:17:44Z" in text
    assert text.endswith('total ignored: 1 out of 2 for stream: {a="b"}\n')
    assert [list(batch.lines) for batch in batches] == [["new"]]


def test_a_rate_and_a_number_of_streams_can_be_limited() -> None:
    rate = PushLimits(ingestion_rate=10, ingestion_burst_size=10)
    status, text, _ = push(json_push([str(NOW), "x" * 50]), JSON, ServerConfig(push=rate))
    assert status == 429
    assert text.startswith("ingestion rate limit exceeded for user fake (limit: 10 bytes/sec)")
    two = {"streams": [{"stream": {"a": v}, "values": [[str(NOW), "x"]]} for v in "bc"]}
    few = ServerConfig(push=PushLimits(max_global_streams_per_user=1))
    status, text, _ = push(json.dumps(two).encode(), JSON, few)
    assert status == 429
    assert 'maximum active stream limit exceeded when trying to create stream {a="c"}' in text


def test_service_name_and_level_are_added_only_when_asked_for() -> None:
    body = json_push([str(NOW), "an error happened"], labels={"app": "web"})
    _, _, [plain] = push(body, JSON)
    assert (dict(plain.labels), plain.metadata) == ({"app": "web"}, None)
    config = ServerConfig(discover_service_name=("service", "app"), discover_log_levels=True)
    _, _, [found] = push(body, JSON, config)
    assert found.labels == {"app": "web", "service_name": "web"}
    assert list(found.metadata or []) == [{"detected_level": "error"}]


def test_a_body_that_unpacks_over_the_limit_is_refused() -> None:
    bomb = gzip.compress(b" " * 1_000_000)
    config = ServerConfig(max_decompressed_size=10_000)
    status, text, _ = push(bomb, JSON | {"Content-Encoding": "gzip"}, config)
    assert status == 413
    assert text.startswith("request body too large")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (21379474152, "has timestamp too new: 2647-06-28T14:49:12Z"),
        (-21379474152, "has timestamp too old: "),
    ],
)
def test_a_time_that_does_not_fit_64_bits_is_refused(seconds: int, said: str) -> None:
    """A Loki has no room for it either, and refuses the future with ``creation_grace_period``."""
    stamp = b"\x08" + _varint(seconds % 2**64)
    entry = _field(2, _field(1, stamp) + _field(2, b"x"))
    fine = _field(2, _field(1, b"\x08\x01") + _field(2, b"fine"))
    stream = _field(1, _field(1, b'{a="b"}') + entry + fine)
    status, text, [batch] = push(_snappy(stream), {"Content-Type": "application/x-protobuf"})
    assert status == 400
    assert said in text
    assert list(batch.lines) == ["fine"]


def test_gzip_members_are_read_one_after_another_up_to_the_limit() -> None:
    """As Go's reader does, which is in ``multistream`` mode by itself."""
    body = json_push([str(NOW), "x" * 4000])
    gzipped = JSON | {"Content-Encoding": "gzip"}
    members = gzip.compress(body[:100]) + gzip.compress(b"") + gzip.compress(body[100:])
    _, _, [batch] = push(members, gzipped)
    assert list(batch.lines) == ["x" * 4000]
    status, text, _ = push(members, gzipped, ServerConfig(max_decompressed_size=3000))
    assert (status, text[-15:]) == (413, "(3001 vs 3000)\n")
    # what stands behind a whole message is not looked at
    assert push(members + b"no member", gzipped)[0] == 204
    assert push(gzip.compress(body[:100]) + b"no member", gzipped)[1].endswith(": unexpected EOF\n")


def _field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _snappy(data: bytes) -> bytes:
    """A Snappy block of literals only, by the format's description."""
    out = _varint(len(data))
    for at in range(0, len(data), 60):
        part = data[at : at + 60]
        out += bytes([(len(part) - 1) << 2]) + part
    return out


def test_a_protobuf_push_holds_what_its_json_twin_holds() -> None:
    stamp = b"\x08" + _varint(1795421864) + b"\x10" + _varint(804671005)
    pair = _field(1, b"trace") + _field(2, b"7")
    entry = _field(1, stamp) + _field(2, b"a line") + _field(3, pair)
    stream = _field(1, b'{b="2", a="1"}') + _field(2, entry)
    status, _, [batch] = push(
        _snappy(_field(1, stream)), {"Content-Type": "application/x-protobuf"}
    )
    assert status == 204
    assert dict(batch.labels) == {"a": "1", "b": "2"}
    assert list(batch.timestamps) == [NOW]
    assert list(batch.lines) == ["a line"]
    assert list(batch.metadata or []) == [{"trace": "7"}]


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.binary(max_size=200) | JSONISH.map(lambda value: json.dumps(value).encode()))
def test_no_json_body_brings_the_decoder_down(body: bytes) -> None:
    status, _, _ = push(body, JSON)
    assert status in (204, 400, 422, 500)


@given(JSONISH, JSONISH)
def test_no_stream_brings_the_decoder_down(labels: object, values: object) -> None:
    body = json.dumps({"streams": [{"stream": labels, "values": values}]}).encode()
    assert push(body, JSON)[0] in (204, 400)


@given(st.binary(max_size=200), st.sampled_from(["", "snappy", "gzip", "deflate", "br"]))
def test_no_protobuf_body_brings_the_decoder_down(body: bytes, encoding: str) -> None:
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": encoding}
    assert push(body, headers)[0] in (204, 400, 413, 422)
    assert push(_snappy(body), headers | {"Content-Encoding": ""})[0] in (204, 400, 413, 422, 500)


def test_labels_that_were_pushed_before_are_stored_as_they_were_then() -> None:
    """They are checked once. Those without a value stay out, in whatever order they come."""
    config = ServerConfig(discover_service_name=("app",))
    admission = Admission(config.push, "fake")
    for pushed in ({"b": "2", "app": "x", "no": ""}, {"app": "x", "b": "2"}) * 2:
        body = json_push([str(NOW), "line"], labels=pushed)
        block, error = take(body, *JSON.values(), "", config, admission, NOW)
        assert error is None and block is not None
        labels = (("app", "x"), ("b", "2"), ("service_name", "x"))
        assert entries(block) == [(labels, NOW, b"line", ())]


def test_labels_that_were_refused_are_refused_again() -> None:
    config = ServerConfig()
    admission = Admission(config.push, "fake")
    for _ in range(2):
        body = json_push([str(NOW), "line"], labels={"a": "x" * 2049})
        block, error = take(body, *JSON.values(), "", config, admission, NOW)
        assert block is None
        assert error is not None and "has label value too long" in error.message


def test_labels_that_are_not_utf8_are_stored_as_loki_shows_them() -> None:
    """A running Loki shows U+FFFD, in metadata a blank; as bytes no regular expression could be
    asked of them."""
    body = json_push([str(NOW), "line"]).replace(b'"b"', b'"\xff"')
    _, _, batches = push(body.replace(b'"line"', b'"line", {"m": "\xfe"}'), JSON)
    assert dict(batches[0].labels) == {"a": "�"}
    assert batches[0].metadata == [{"m": " "}]


def test_each_byte_that_is_not_utf8_is_shown_for_itself() -> None:
    """As Go's JSON writes it: a running Loki shows a cut character of three bytes as two signs."""
    assert shown(b"<\xe2\x82 \xff".decode("utf-8", "surrogateescape")) == "<�� �"
    assert shown("\udce2\udc82\udcac") == "€"
