"""The manifest: which files make up the store. It is replaced as a whole, never altered."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import xxhash

from toolkit.engine.store.files import damaged, naming, newer, write_whole
from toolkit.errors import StoreError

FORMAT = "falco-toolkit store"
VERSION = 1

MANIFEST = "manifest.json"
STREAMS = "streams.log"
LOCK = "lock"


@dataclass(frozen=True, slots=True)
class SegmentInfo:
    """One segment file. ``first`` and ``last`` are the times (ns) of its entries, inclusive;
    ``sets`` is how many different structured metadata sets it holds.

    The lines lie at ``[data_start, data_end)`` of the file and have checksums of their own in it;
    ``digest`` (XXH3-64, hex) is that of all the rest.
    """

    file: str
    size: int
    rows: int
    first: int
    last: int
    sets: int
    data_start: int
    data_end: int
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a store consists of.

    ``journal`` is the number of the first journal whose entries are not in a segment; it and those
    that follow it are to be read after the segments. ``streams_size`` bytes of the stream file
    count; ``next_segment`` and ``next_sequence`` were never used for a segment or an entry.
    """

    journal: int = 0
    streams_size: int = 0
    next_segment: int = 0
    next_sequence: int = 0
    segments: tuple[SegmentInfo, ...] = field(default=())

    def encode(self) -> bytes:
        """As the text of a manifest file."""
        body = {"format": FORMAT, "version": VERSION, **asdict(self)}
        return json.dumps({**body, "checksum": _checksum(body)}, indent=1).encode("ascii")


def segment_name(number: int) -> str:
    return f"segment-{number:08d}.arrow"


def journal_name(number: int) -> str:
    return f"journal-{number:08d}.log"


def decode_manifest(text: bytes, path: Path) -> Manifest:
    """The manifest of a text. Raises :class:`StoreError` that names ``path``."""
    try:
        body = json.loads(text)
    except ValueError:
        raise damaged(path, "it is not JSON") from None
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise damaged(path, "it is not the manifest of a store")
    version = body.get("version")
    if isinstance(version, int) and version > VERSION:
        raise newer(path, version, VERSION)
    checksum = body.pop("checksum", None)
    if version != VERSION or checksum != _checksum(body):
        raise damaged(path, "its checksum is wrong")
    segments = tuple(SegmentInfo(**segment) for segment in body["segments"])
    known = {each.name for each in fields(Manifest)} - {"segments"}
    return Manifest(**{name: body[name] for name in known}, segments=segments)


def read_manifest(path: Path) -> bytes:
    """The text of a store's manifest. Raises :class:`StoreError` where there is none."""
    try:
        with naming(path, "read"):
            return path.read_bytes()
    except StoreError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise StoreError(
                f"there is no store in {path.parent}",
                hint="give the directory of a store, or load entries to make one",
            ) from None
        raise


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Put a manifest in place, durable."""
    write_whole(directory / MANIFEST, manifest.encode())


def _checksum(body: dict[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return xxhash.xxh3_64_hexdigest(text.encode("ascii"))
