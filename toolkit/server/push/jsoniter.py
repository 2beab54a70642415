"""JSON read as json-iterator reads it: what it passes over, and what it says where it cannot.

Source: answers of a running Loki, and json-iterator/go (``iter_skip_strict.go``,
``iter_object.go``, ``iter_array.go``, ``iter_str.go``), which names the function that gave up.
"""

from __future__ import annotations

import re
from typing import NoReturn

from toolkit.logql.quoting import decode, encode
from toolkit.server.errors import HTTPError

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"[-+.0-9eE]+")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPED = re.compile(r'(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{0,4}")
_WORDS = {"t": "true", "f": "false", "n": "null"}
_COUNTS = {3: "Three", 4: "Four"}
_MOST_DEPTH = 10_000
_CHUNK = 512  # it reads its input in pieces of this size and shows no more in an error


class Iterator:
    """A place in a body. Bytes that are not UTF-8 are kept by ``surrogateescape``.

    ``within`` is what is being read. Where ``broken`` says why the body is not whole, nothing else
    is said when more of it is needed.
    """

    def __init__(self, body: bytes, broken: str = "") -> None:
        self.body = body
        self.broken = broken
        self.within = ""
        self.text = body.decode("utf-8", "surrogateescape")
        self.position = 0

    def peek(self) -> str:
        """The next character that is no white space; ``position`` is there. NUL at the end, where
        ``position`` stays before the white space.

        Of one that is not ASCII it is the first byte, as it shows in an error.
        """
        match = _SPACE.match(self.text, self.position)
        assert match is not None
        if match.end() >= len(self.text):
            self.missed()
            return "\0"
        self.position = match.end()
        found = self.text[self.position]
        return found if found.isascii() else decode(encode(found)[:1])  # it looks at bytes

    def ended(self) -> bool:
        """Whether nothing but white space is left."""
        return not self.text[self.position :].strip(" \t\n\r")

    def missed(self) -> None:
        """The end was met; raises where that is not the body's."""
        if self.broken:
            raise HTTPError(400, f"{self.within}{self.broken}" if self.within else "EOF")

    def skip(self, prefix: str) -> None:
        """Pass over one value. ``prefix`` says in an error what was being read."""
        open_: list[str] = []
        while True:
            first = self.peek()
            if first in ("{", "["):
                open_.append("}" if first == "{" else "]")
                if len(open_) > _MOST_DEPTH:
                    self.fail(f"{prefix}incrementDepth", "exceeded max depth", 1)
                self.position += 1
                if self.peek() != open_[-1]:
                    if first == "{":
                        self._first_field(prefix)
                    continue
                self.position += 1
                open_.pop()
            else:
                self._scalar(first, prefix)
            if self._closed(open_, prefix):
                return

    def _closed(self, open_: list[str], prefix: str) -> bool:
        """Whether the value is whole; if not, the next member follows."""
        while open_:
            after = self.peek()
            if after == open_[-1]:
                self.position += 1
                open_.pop()
            elif after == ",":
                self.position += 1
                if open_[-1] == "}":
                    self._field(prefix)
                return False
            elif open_[-1] == "}":
                self.fail(f"{prefix}ReadObjectCB", "object not ended with }", 1)
            else:
                self.fail(f"{prefix}ReadArrayCB", f"expect ] in the end, but found {after}", 1)
        return True

    def _first_field(self, prefix: str) -> None:
        if self.peek() != '"':
            self.fail(f"{prefix}ReadObjectCB", f'expect " after {{, but found {self.peek()}', 1)
        self._field(prefix)

    def _field(self, prefix: str) -> None:
        if self.peek() != '"':
            self.fail(f"{prefix}ReadString", f'expects " or n, but found {self.peek()}', 1)
        self.string(prefix, "ReadString")
        if self.peek() != ":":
            message = f"expect : after object field, but found {self.peek()}"
            self.fail(f"{prefix}ReadObject", message, 1)
        self.position += 1

    def _scalar(self, first: str, prefix: str) -> None:
        if first == '"':
            self.string(prefix)
            return
        word = _WORDS.get(first)
        if word is not None:
            if not self.text.startswith(word, self.position):
                same = next(
                    n for n in range(1, 6) if not self.text.startswith(word[: n + 1], self.position)
                )
                if self.position + same >= len(self.text):
                    self.missed()
                count = _COUNTS[len(word) - 1]
                self.fail(f"{prefix}skip{count}Bytes", f"expect {word[1:]}", same + 1)
            self.position += len(word)
            return
        number = _NUMBER.match(self.text, self.position)
        if number is None or first not in "-0123456789":
            self.fail(f"{prefix}Skip", f"do not know how to skip: {ord(first) & 0xFF}", 1)
        if number[0] == "-":
            self.position += 1
            self.fail(f"{prefix}readNumberAsString", "invalid number", 0)
        self.position = number.end()

    def field_name(self, prefix: str) -> None:
        """Pass over the name of a field of a message, which may hold anything but quotes."""
        begin = self.position + 1
        end = self.text.find('"', begin)
        if "\\" in self.text[begin : len(self.text) if end < 0 else end]:
            self.string(prefix)
        elif end < 0:
            self.missed()
            self.position = begin
            self.fail(f"{prefix}readFieldHash", "incomplete field name", 0)
        else:
            self.position = end + 1

    def string(self, prefix: str, reading: str = "trySkipString") -> None:
        """Pass over the string that begins here, as the function ``reading`` does."""
        begin = self.position + 1
        plain = _PLAIN.match(self.text, begin)
        assert plain is not None
        end = plain.end()
        if end < len(self.text) and self.text[end] < " ":
            self.position = begin
            message = f"invalid control character found: {ord(self.text[end])}"
            self.fail(f"{prefix}{reading}", message, 0)
        if self.text[end : end + 1] != '"':
            escaped = _ESCAPED.match(self.text, end)
            assert escaped is not None
            end = escaped.end()
            if end >= len(self.text):
                self.missed()
                self.position = end
                self.fail(f"{prefix}readStringSlowPath", "unexpected end of input", 0)
            if self.text[end] != '"':
                if end + 1 == len(self.text):
                    self.missed()
                self.position = end
                if self.text.startswith("\\u", end):
                    self._no_character(prefix)
                self.fail(f"{prefix}readEscapedChar", "invalid escape char after \\", 2)
        self.position = end + 1

    def _no_character(self, prefix: str) -> NoReturn:
        """Refuse the ``\\u`` here for the first sign behind it that is no digit."""
        digits = _HEXADECIMAL.match(self.text, self.position + 2)
        assert digits is not None
        self.position = digits.end()
        if self.position >= len(self.text):
            self.missed()
            self.fail(f"{prefix}readStringSlowPath", "unexpected end of input", 0)
        found = decode(encode(self.text[digits.end()])[:1])
        self.fail(f"{prefix}readU4", f"expects 0~9 or a~f, but found {found}", 1)

    def fail(self, operation: str, message: str, ahead: int) -> NoReturn:
        """Refuse the body. ``ahead`` is how many bytes more had been read."""
        before = self.text[: self.position].encode("utf-8", "surrogateescape")
        head = min(len(before) + (0 if self.ended() else ahead), len(self.body))
        chunk = max(0, (head - 1) // _CHUNK * _CHUNK)
        part = self.body[chunk : chunk + _CHUNK]
        head -= chunk
        near = part[max(0, head - 10) : head + 10].decode("utf-8", "surrogateescape")
        wide = part[max(0, head - 50) : head + 50].decode("utf-8", "surrogateescape")
        raise HTTPError(
            400,
            f"{operation}: {message}, error found in #{min(head, 10)} byte of "
            f"...|{near}|..., bigger context ...|{wide}|...",
        )
