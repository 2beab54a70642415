"""Reading files and standard input: every odd file gets one clear sentence, nothing is lost."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import EventError
from toolkit.falco import reader
from toolkit.falco.event import FalcoEvent
from toolkit.falco.reader import read_events, read_stream
from toolkit.falco.refusal import Reason, Refusal


def line(number: int) -> bytes:
    """An event whose rule is its number."""
    return (
        '{"output":"o","output_fields":{"proc.name":"sh"},"priority":"Debug",'
        f'"rule":"{number}","time":"2026-11-16T09:12:13.123456789Z"}}'
    ).encode()


def lines(count: int) -> bytes:
    return b"".join(line(number) + b"\n" for number in range(count))


def rules(items: Iterable[FalcoEvent | Refusal]) -> list[str]:
    return [item.rule for item in items if isinstance(item, FalcoEvent)]


def refusals(items: Iterable[FalcoEvent | Refusal]) -> list[Refusal]:
    return [item for item in items if isinstance(item, Refusal)]


def read(content: bytes) -> list[FalcoEvent | Refusal]:
    return list(read_stream(io.BytesIO(content), "f"))


def only_refusal(content: bytes) -> Refusal:
    (refusal,) = refusals(read(content))
    return refusal


def test_files_in_their_order(tmp_path: Path) -> None:
    for name, numbers in (("a", (1, 2)), ("b", (3,))):
        (tmp_path / name).write_bytes(b"\n".join(map(line, numbers)) + b"\n")
    assert rules(read_events([tmp_path / "b", str(tmp_path / "a")])) == ["3", "1", "2"]


def test_standard_input() -> None:
    assert rules(read_events(["-"], stdin=io.BytesIO(lines(2)))) == ["0", "1"]
    assert rules(read_events(["-"], stdin=io.BytesIO(gzip.compress(lines(2))))) == ["0", "1"]
    (refused,) = refusals(read_events(["-"], stdin=io.BytesIO(b"hello\n")))
    assert str(refused).startswith("standard input:1: the line is not JSON")


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(gzip.compress(lines(3)))
    assert rules(read_events([path])) == ["0", "1", "2"]
    path.with_suffix(".gz").write_bytes(lines(3))
    assert rules(read_events([path.with_suffix(".gz")])) == ["0", "1", "2"]


def test_gzip_of_several_members_and_padding() -> None:
    two = gzip.compress(lines(2)) + gzip.compress(line(7) + b"\n")
    assert rules(read(two)) == ["0", "1", "7"]
    assert rules(read(two + b"\0" * 512)) == ["0", "1", "7"]
    assert refusals(read(two + b"\0" * 512)) == []


def test_a_gzip_file_that_is_cut_gives_what_it_holds() -> None:
    whole = gzip.compress(lines(2000), compresslevel=0)
    items = read(whole[: len(whole) // 2])
    count = len(rules(items))
    assert rules(items) == [str(number) for number in range(count)]
    assert 900 < count < 1100
    (refused,) = refusals(items)
    assert refused.reason is Reason.DAMAGED_FILE
    assert refused.line_number == count + 1
    assert str(refused).endswith("(it ends in the middle)")


def test_a_gzip_file_that_is_damaged() -> None:
    whole = bytearray(gzip.compress(lines(10)))
    whole[20] ^= 0xFF
    assert refusals(read(bytes(whole)))[-1].reason is Reason.DAMAGED_FILE
    assert only_refusal(b"\x1f\x8b").reason is Reason.DAMAGED_FILE
    assert only_refusal(b"\x1f\x8bnot gzip at all").reason is Reason.DAMAGED_FILE


def test_numbers_of_lines_count_blank_ones() -> None:
    items = read(b"\n  \r\n" + line(1) + b"\r\n\nhello\n" + line(2))
    assert rules(items) == ["1", "2"]
    (refused,) = refusals(items)
    assert (refused.line_number, refused.text) == (5, "hello")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \r\n\t"])
def test_an_empty_file(content: bytes) -> None:
    refused = only_refusal(content)
    assert refused.reason is Reason.EMPTY_FILE
    assert refused.reason.of_file
    assert str(refused) == "f: the file is empty"


def test_an_empty_file_within_gzip() -> None:
    assert only_refusal(gzip.compress(b"")).reason is Reason.EMPTY_FILE


def test_a_last_line_without_its_end() -> None:
    assert rules(read(lines(1) + line(1))) == ["0", "1"]
    refused = only_refusal(lines(1) + line(1)[:-5])
    assert (refused.reason, refused.line_number) == (Reason.TRUNCATED, 2)
    # A line that is complete but wrong is not called truncated.
    assert only_refusal(lines(1) + b'{"rule":"R"}').reason is Reason.NO_TIME


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x7fELF\x02\x01\x01\0\0\0", "bytes that no text has"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "bytes that no text has"),
        ("{}\r\n".encode("utf-16"), "UTF-16"),
        (b"\xfe\xff\0{\0}", "UTF-16"),
        (b"\x28\xb5\x2f\xfd\x04\x00", "zstd"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\xfd7zXZ\x00\x00\x04", "xz"),
        (b"PK\x03\x04\x14\x00", "zip"),
        (gzip.compress(b"\x7fELF\x02\x01\x01\0\0\0", mtime=0), "bytes that no text has"),
    ],
)
def test_a_binary_file_gets_one_sentence(content: bytes, words: str) -> None:
    refused = only_refusal(content + b"\n\xff\n\0\n" * 5)
    assert refused.reason is Reason.BINARY_FILE
    assert str(refused).startswith("f: the file is not text (")
    assert words in str(refused)


def test_zeros_in_a_log_do_not_cost_an_event() -> None:
    """A log truncated under its writer starts with zeros; one after a crash holds some."""
    zeros = b"\0" * 300_000
    items = read(zeros + line(1) + b"\n" + line(2) + b"\n\0\0\0\n" + line(3))
    assert rules(items) == ["1", "2", "3"]
    assert refusals(items) == []
    assert str(only_refusal(zeros)) == "f: the file is empty (nothing but zeros)"


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert rules(read(b"\xef\xbb\xbf" + lines(2))) == ["0", "1"]


def test_a_line_that_is_not_utf8() -> None:
    refused = only_refusal(lines(1) + b"\xff\xfe broken\n" + lines(1))
    assert (refused.reason, refused.line_number) == (Reason.NOT_UTF8, 2)


def test_a_line_beyond_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_LINE", 1 << 20)
    long = b'{"a":"' + b"x" * (3 << 20) + b'"}\n'
    items = read(lines(1) + long + line(7))
    assert rules(items) == ["0", "7"]
    (refused,) = refusals(items)
    assert (refused.reason, refused.line_number) == (Reason.TOO_LONG, 2)
    assert len(refused.text) == 4096
    assert only_refusal(long[:-1]).reason is Reason.TOO_LONG


def test_what_cannot_be_opened_is_said_before_anything_is_read(tmp_path: Path) -> None:
    good = tmp_path / "good"
    good.write_bytes(lines(1))
    with pytest.raises(EventError, match=r"^cannot read .*absent: No such file or directory$"):
        read_events([good, tmp_path / "absent"])
    with pytest.raises(EventError, match=r"Is a directory$"):
        read_events([good, tmp_path])


def test_a_file_that_breaks_off_while_it_is_read() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(EventError, match=r"^cannot read f: Input/output error$"):
        list(read_stream(Broken(), "f"))


def test_memory_does_not_grow_with_the_file() -> None:
    class Endless(io.RawIOBase):
        left = 6 << 20

        def read(self, size: int = -1, /) -> bytes:
            block = lines(100)
            self.left -= len(block)
            return block if self.left > 0 else b""

    tracemalloc.start()
    count = sum(1 for _ in read_stream(Endless(), "f"))  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count > 40_000
    assert peak < 1 << 20


@given(st.lists(st.sampled_from([line(1), b"hello", b"", b"{}", b"\xff"]), max_size=30), st.data())
def test_every_line_with_content_comes_out_once(parts: list[bytes], data: st.DataObject) -> None:
    """However the stream is cut into blocks."""
    content = b"\n".join(parts)

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(data.draw(st.integers(min_value=1, max_value=200)))

    items = list(read_stream(Slow(content), "f"))
    with_content = [part for part in parts if part]
    assert len(rules(items)) == with_content.count(line(1))
    assert len(items) == max(1, len(with_content))
