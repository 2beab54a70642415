"""What Loki's distributor checks before it takes a push, in its order and with its texts.

Source: grafana/loki ``pkg/distributor/validator.go``, ``distributor.go`` (pushWithResolver) and
``pkg/validation/validate.go``. An entry that is refused does not take the others with it: what is
valid is stored, and the answer is still 400.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from toolkit.engine.store import StreamBatch
from toolkit.logql.quoting import quote
from toolkit.results import Labels
from toolkit.server.config import PushLimits
from toolkit.server.errors import HTTPError
from toolkit.server.moments import go_time_seconds
from toolkit.server.push.labels import label_string
from toolkit.server.push.model import PushedStream

_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_SHORT = 128  # characters of a name of metadata, up to which what it comes to is remembered
_FIRST, _LAST = -(1 << 63), (1 << 63) - 1  # nanoseconds that there is room for
_RESERVED = re.compile(r"__.+__", re.DOTALL)


def validate(
    streams: Sequence[PushedStream], limits: PushLimits, now: int
) -> tuple[list[StreamBatch], list[str]]:
    """What may be stored, and a message for every stream and entry that may not.

    ``now`` (ns) is the moment that ages are counted from. Raises :class:`HTTPError` for what makes
    Loki refuse the whole push.
    """
    batches: list[StreamBatch] = []
    errors: list[str] = []
    for stream in streams:
        if not stream.timestamps:
            continue
        if not stream.sound and (message := label_error(stream.labels, limits)):
            errors.append(message)
            continue
        kept: Sequence[int] = range(len(stream.timestamps))
        if not _plainly_sound(stream, limits):
            text = label_string(stream.labels)
            kept = [r for r in kept if not _entry_error(stream, r, text, limits, now, errors)]
        if kept:
            batches.append(_batch(stream, kept))
    return batches, errors


def grouped(errors: Sequence[str]) -> str:
    """Messages as one, each once with its number, as Loki's GroupedErrors writes them."""
    counts = Counter(errors)
    if len(errors) == 1:
        return errors[0]
    return "; ".join(f"{number} errors like: {text}" for text, number in counts.items())


def _plainly_sound(stream: PushedStream, limits: PushLimits) -> bool:
    """Whether nothing can be wrong with any entry: most streams of most pushes."""
    return (
        not limits.reject_old_samples
        and not limits.creation_grace_period
        and not any(stream.metadata)
        and _FIRST <= min(stream.timestamps) <= max(stream.timestamps) <= _LAST
        and (not limits.max_line_size or max(map(len, stream.lines)) * 4 <= limits.max_line_size)
    )


def label_error(labels: Labels, limits: PushLimits) -> str | None:
    """What is wrong with a stream's labels, None where nothing is."""
    if not labels:
        return "error at least one label pair is required per stream"
    number = len(labels) - ("service_name" in labels)
    if number > limits.max_label_names_per_series:
        return (
            f"entry for stream '{label_string(labels)}' has {number} label names; "
            f"limit {limits.max_label_names_per_series}"
        )
    if (  # a character is four bytes at most
        max(map(len, labels)) * 4 <= limits.max_label_name_length
        and max(map(len, labels.values())) * 4 <= limits.max_label_value_length
    ):
        return None
    for name, value in sorted(labels.items()):
        if _size(name) > limits.max_label_name_length:
            return f"stream '{label_string(labels)}' has label name too long: '{name}'"
        if _size(value) > limits.max_label_value_length:
            return f"stream '{label_string(labels)}' has label value too long: '{value}'"
    return None


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def _entry_error(
    stream: PushedStream, row: int, text: str, limits: PushLimits, now: int, errors: list[str]
) -> bool:
    time, line, metadata = stream.timestamps[row], stream.lines[row], stream.metadata[row]
    message = (
        _age_error(time, text, limits, now)
        or _line_error(line, text, limits)
        or metadata_error(metadata, text, limits)
    )
    if message:
        errors.append(message)
    return message is not None


def _age_error(time: int, text: str, limits: PushLimits, now: int) -> str | None:
    oldest = now - limits.reject_old_samples_max_age if limits.reject_old_samples else _FIRST
    if time < oldest:
        return (
            f"entry for stream '{text}' has timestamp too old: {go_time_seconds(time)}, "
            f"oldest acceptable timestamp is: {go_time_seconds(oldest)}"
        )
    if time > (now + limits.creation_grace_period if limits.creation_grace_period else _LAST):
        return f"entry for stream '{text}' has timestamp too new: {go_time_seconds(time)}"
    return None


def _line_error(line: str, text: str, limits: PushLimits) -> str | None:
    most = limits.max_line_size
    if not most or len(line) * 4 <= most:
        return None
    size = len(line.encode("utf-8", "surrogateescape"))
    if size <= most:
        return None
    return (
        f"max entry size '{most}' bytes exceeded for stream '{text}' "
        f"while adding an entry with length '{size}' bytes"
    )


def metadata_error(metadata: Labels | None, text: str, limits: PushLimits) -> str | None:
    """What is wrong with structured metadata of a stream whose labels are ``text``, or None."""
    if not metadata:
        return None
    most = limits.max_structured_metadata_size
    if most and (size := _metadata_size(metadata, most)) > most:
        return (
            f"stream '{text}' has structured metadata too large: '{size}' bytes, limit: "
            f"'{most}' bytes. Please see "
            "`limits_config.max_structured_metadata_size` or contact your Loki administrator to "
            "increase it"
        )
    most = limits.max_structured_metadata_entries_count
    if most and len(metadata) > most:
        return (
            f"stream '{text}' has too many structured metadata labels: '{len(metadata)}', limit: "
            f"'{most}'. Please see `limits_config.max_structured_metadata_entries_count` or "
            "contact your Loki administrator to increase it"
        )
    return None


def _metadata_size(metadata: Labels, most: int) -> int:
    """Bytes of names and values; at most ``most``, where that is plain to see."""
    atmost = 4 * (sum(map(len, metadata)) + sum(map(len, metadata.values())))
    if atmost <= most:
        return atmost
    return sum(_size(k) + len(v.encode("utf-8", "replace")) for k, v in metadata.items())


def _batch(stream: PushedStream, kept: Sequence[int]) -> StreamBatch:
    if len(kept) == len(stream.timestamps):
        times, lines, metadata = stream.timestamps, stream.lines, stream.metadata
    else:
        times = [stream.timestamps[row] for row in kept]
        lines = [stream.lines[row] for row in kept]
        metadata = [stream.metadata[row] for row in kept]
    if not any(metadata):
        return StreamBatch(stream.labels, times, lines)
    return StreamBatch(stream.labels, times, lines, [normalised(m) for m in metadata])


def normalised(metadata: Labels | None) -> Labels | None:
    """Structured metadata as it is stored; :class:`HTTPError` 500 for a name that comes to none."""
    if not metadata:
        return None
    out: dict[str, str] = {}
    changed: dict[str, str] = {}
    for name, value in metadata.items():
        if not value:  # the push API drops a pair without a value
            continue
        clean = _short_name(name) if len(name) <= _SHORT else metadata_name(name)
        (out if clean == name else changed)[clean] = value.replace("\ufffd", " ")
    return out | changed


def metadata_name(name: str) -> str:
    """A metadata key as a label name: other characters become one ``_``, a digit is prefixed.

    Source: prometheus/otlptranslator LabelNamer, by the answers of a running Loki. Raises
    :class:`HTTPError` 500 where nothing is left, as Loki does.
    """
    if not name:
        raise HTTPError(500, "label name is empty")
    if _RESERVED.fullmatch(name) and _LABEL_NAME.fullmatch(name):
        return name
    clean = re.sub(r"[^a-zA-Z0-9]+", "_", name)
    if not clean.strip("_"):
        raise HTTPError(
            500, f'normalization for label name {quote(name)} resulted in invalid name "_"'
        )
    return f"key_{clean}" if clean[0].isdigit() else clean


_short_name = lru_cache(maxsize=4096)(metadata_name)
