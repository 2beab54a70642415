"""A push from the first byte to the stored entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from toolkit.engine.store import EntryBlock, StreamBatch
from toolkit.engine.store.model import block_of
from toolkit.server.config import ServerConfig
from toolkit.server.errors import HTTPError
from toolkit.server.push.admission import Admission
from toolkit.server.push.body import check_size, decompress, media_type
from toolkit.server.push.columns import Columns, plain_block
from toolkit.server.push.decode_json import decode_json
from toolkit.server.push.decode_proto import decode_proto, unsnappy
from toolkit.server.push.discover import LEVEL_LABEL, level_of, with_service_name
from toolkit.server.push.json_columns import json_columns
from toolkit.server.push.labels import check_label_names
from toolkit.server.push.model import PushedStream
from toolkit.server.push.proto_columns import proto_columns
from toolkit.server.push.validate import grouped, label_error, validate

_NO_STREAMS = "error at least one valid stream is required for ingestion"


@dataclass(frozen=True, slots=True)
class Form:
    """How a message is read: in columns where it is plain, stream by stream where it is not."""

    columns: Callable[[bytes], Columns | None]
    streams: Callable[[bytes], list[PushedStream]]


_JSON = Form(json_columns, decode_json)
_PROTOBUF = Form(proto_columns, decode_proto)


def take(
    body: bytes,
    content_type: str,
    encoding: str,
    config: ServerConfig,
    admission: Admission,
    now: int,
) -> tuple[EntryBlock | None, HTTPError | None]:
    """What to store of a request, and the error to answer with although the rest was stored.

    Raises :class:`HTTPError` where nothing is stored, as Loki answers it.
    """
    form, message = unpack(body, content_type, encoding, config)
    columns = form.columns(message)
    if columns is not None:
        block = plain_block(columns, config, admission, now)
        if block is not None:
            return block, None
    batches, refused = accept(form.streams(message), config, admission, now)
    return (block_of(batches) if batches else None), refused


def unpack(
    body: bytes, content_type: str, encoding: str, config: ServerConfig
) -> tuple[Form, bytes]:
    """The message in a request body. Raises :class:`HTTPError` as Loki answers it."""
    check_size(body, config.max_recv_msg_size)
    message, broken = decompress(body, encoding, config.max_decompressed_size)
    if media_type(content_type) == "application/json":
        return (
            Form(json_columns, partial(decode_json, broken=broken)) if broken else _JSON
        ), message
    if broken:
        raise HTTPError(400, broken)
    return _PROTOBUF, unsnappy(message, config.max_decompressed_size)


def accept(
    streams: Sequence[PushedStream], config: ServerConfig, admission: Admission, now: int
) -> tuple[list[StreamBatch], HTTPError | None]:
    """The long way: what to store of streams, and the error to answer with beside it."""
    if not streams:
        raise HTTPError(422, _NO_STREAMS)
    for stream in streams:
        known = admission.known(stream.labels)
        if known is not None:
            stream.labels, stream.sound = known, True
            continue
        pushed = stream.labels
        named = check_label_names(pushed)
        stream.labels = with_service_name(named, config.discover_service_name)
        if label_error(stream.labels, config.push) is None:
            stream.labels, stream.sound = admission.remember(pushed, stream.labels), True
    batches, errors = validate(streams, config.push, now)
    if config.discover_log_levels:
        batches = [_with_levels(batch) for batch in batches]
    refused = HTTPError(400, grouped(errors)) if errors else None
    if admission.needed and batches:
        batches, late = admission.admit(batches)
        return batches, late or refused
    return batches, refused


def _with_levels(batch: StreamBatch) -> StreamBatch:
    metadata = batch.metadata or [None] * len(batch.lines)
    return StreamBatch(
        batch.labels,
        batch.timestamps,
        batch.lines,
        [
            {**(known or {}), LEVEL_LABEL: level_of(batch.labels, str(line), known)}
            for line, known in zip(batch.lines, metadata, strict=True)
        ],
    )
