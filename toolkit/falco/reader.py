"""Events from files and standard input, one after the other, in constant memory.

Files may be gzipped (known by their content, not their name). What is no event comes out as a
:class:`~toolkit.falco.refusal.Refusal` at its place in the sequence; only what cannot be opened or
read raises. Lines without content are skipped.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from toolkit.errors import EventError
from toolkit.falco.event import FalcoEvent, parse_event
from toolkit.falco.refusal import Reason, Refusal

STDIN = "-"
MAX_LINE = 4 << 20
"""Bytes. Loki takes lines of 256 KiB, and the largest audit events stay far below this."""

_BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"
_GZIP_MODE = 16 + zlib.MAX_WBITS
_KEPT_TEXT = 4096
_FORMATS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xfe", "it is UTF-16, as Windows PowerShell writes; save it as UTF-8"),
    (b"\xfe\xff", "it is UTF-16; save it as UTF-8"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd; decompress it first"),
    (b"BZh", "it is compressed with bzip2; decompress it first"),
    (b"\xfd7zXZ\x00", "it is compressed with xz; decompress it first"),
    (b"PK\x03\x04", "it is a zip archive; unpack it first"),
)
_UTF8_MARK = b"\xef\xbb\xbf"
# Control characters that no text file holds; tabs, line ends and the escapes of terminals may.
_CONTROL = frozenset(range(0x20)) - frozenset(b"\t\n\f\r\x1b")


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a file that follow one another; some may be blank.

    ``text`` is all of them, the last one without its end. ``first`` is the number of the first
    one, from 1. ``complete`` is False for a last line without a line end, which then stands alone.
    """

    text: bytes
    file: str
    first: int
    complete: bool = True


def read_events(
    paths: Iterable[str | Path], *, stdin: BinaryIO | None = None
) -> Iterator[FalcoEvent | Refusal]:
    """All events and refusals of the files, in the order of the files and of their lines.

    ``-`` is standard input (``stdin``, by default the process's). Raises EventError at once where a
    file cannot be opened, before any is read, and later where reading one breaks off.
    """
    return _parsed(read_lines(paths, stdin=stdin))


def read_stream(stream: BinaryIO, file: str) -> Iterator[FalcoEvent | Refusal]:
    """The events and refusals of one stream; ``file`` is what to call it."""
    return _parsed(stream_lines(stream, file))


def read_lines(
    paths: Iterable[str | Path], *, stdin: BinaryIO | None = None
) -> Iterator[Lines | Refusal]:
    """The same before lines are parsed: all lines, and refusals of what is not even a line."""
    names = [str(path) for path in paths]
    for name in names:
        if name != STDIN:
            _open(name).close()
    return _read_all(names, stdin)


def is_blank(line: bytes) -> bool:
    """Whether a line has no content and is passed over."""
    return not line or line.isspace()


def _parsed(read: Iterable[Lines | Refusal]) -> Iterator[FalcoEvent | Refusal]:
    for one in read:
        if isinstance(one, Refusal):
            yield one
            continue
        for number, line in enumerate(one.text.split(b"\n"), one.first):
            if not is_blank(line):
                yield parse_event(line, file=one.file, line_number=number, complete=one.complete)


def _read_all(names: list[str], stdin: BinaryIO | None) -> Iterator[Lines | Refusal]:
    for name in names:
        if name == STDIN:
            yield from stream_lines(stdin or sys.stdin.buffer, "standard input")
        else:
            with _open(name) as stream:
                yield from stream_lines(stream, name)


def stream_lines(stream: BinaryIO, file: str) -> Iterator[Lines | Refusal]:
    """The lines of one stream, and refusals of what is not even a line."""
    content = _content(_blocks(stream, file))
    number, tail, too_long = 0, b"", False
    damage, zeros, anything = "", False, False
    while True:
        try:
            block = next(content, None)
        except _NotText as refused:
            yield Refusal(Reason.BINARY_FILE, str(refused), "", file, 0)
            return
        except _Damaged as damaged:
            damage, block = str(damaged), None
        if block is None:
            break
        if b"\0" in block:
            # Zeros stand where a log was truncated under its writer, or after a crash; JSON has
            # none.
            zeros, block = True, block.replace(b"\0", b"")
        text, end, tail = (tail + block).rpartition(b"\n")
        if too_long and end:
            # The rest of a line that has been refused.
            too_long = False
            number += 1
            _, end, text = text.partition(b"\n")
        if end:
            anything = anything or not is_blank(text)
            yield Lines(text, file, number + 1)
            number += text.count(b"\n") + 1
        if too_long:
            tail = b""
        elif len(tail) > MAX_LINE:
            anything = too_long = True
            limit = f"over {MAX_LINE >> 20} MiB"
            yield Refusal(Reason.TOO_LONG, limit, _shown(tail), file, number + 1)
            tail = b""
    if damage:
        yield Refusal(Reason.DAMAGED_FILE, damage, _shown(tail), file, number + 1)
    elif tail.strip():
        yield Lines(tail, file, number + 1, complete=False)
    elif not anything:
        yield Refusal(Reason.EMPTY_FILE, "nothing but zeros" if zeros else "", "", file, 0)


def _open(name: str) -> BinaryIO:
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise EventError(f"cannot read {name}: {error.strerror or error}") from error


def _blocks(stream: BinaryIO, file: str) -> Iterator[bytes]:
    while True:
        try:
            block = stream.read(_BLOCK)
        except OSError as error:
            raise EventError(f"cannot read {file}: {error.strerror or error}") from error
        if not block:
            return
        yield block


class _NotText(Exception):
    """What the file is instead."""


class _Damaged(Exception):
    """What is wrong with the compressed data."""


def _content(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks of a text file, decompressed where gzipped. Raises _NotText and _Damaged."""
    first = next(blocks, b"")
    if first.startswith(_GZIP):
        blocks = _decompress(first, blocks)
        first = next(blocks, b"")
    for magic, name in _FORMATS:
        if first.startswith(magic):
            raise _NotText(name)
    start = first.removeprefix(_UTF8_MARK)
    head = start.lstrip(b"\0 \t\r\n")[:1024]
    if not head.startswith(b"{") and not _CONTROL.isdisjoint(head):
        raise _NotText("it holds bytes that no text has")
    yield start
    yield from blocks


def _shown(text: bytes) -> str:
    return text[:_KEPT_TEXT].decode(errors="replace")


def _decompress(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The content of a gzip file of one or more members, in blocks of bounded size."""
    stream = zlib.decompressobj(_GZIP_MODE)
    block: bytes | None = first
    while block is not None:
        while block:
            try:
                content = stream.decompress(block, _BLOCK)
            except zlib.error as error:
                raise _Damaged(str(error).rpartition(": ")[2]) from error
            if content:
                yield content
            if not stream.eof:
                block = stream.unconsumed_tail
                continue
            # Members follow each other, and padding with zeros may follow the last.
            block = stream.unused_data.lstrip(b"\0")
            if block:
                stream = zlib.decompressobj(_GZIP_MODE)
        block = next(blocks, None)
        if block is not None and stream.eof:
            block = block.lstrip(b"\0")
            stream = zlib.decompressobj(_GZIP_MODE) if block else stream
    if not stream.eof:
        raise _Damaged("it ends in the middle")
