"""Numbers and strings as Go's text/scanner reads them out of a query.

Loki cuts a query into words, numbers, strings and single characters with a copy of Go's scanner
(grafana/loki pkg/logql/syntax/query_scanner.go) and builds its tokens from those. A fault does not
end a token: it is noted and scanning goes on, so these functions return the end and the fault.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

SPACE: Final = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Inside of a character class: what Go calls white space (more than separates tokens)."""

_WORD: Final = re.compile(r"[^\W\d]\w*")
_PLAIN_NUMBER: Final = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?![0-9._eExXoObB])")
_STRING: Final = re.compile(
    r'"(?:[^"\\\n]|\\(?:[abfnrtv\\"]|[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))*"'
)
# The beginning of an escape that is not whole is passed over as far as it goes.
_STRING_PART: Final = re.compile(
    r"\\(?:[abfnrtv\\]|(?P<octal>[0-7]{1,3})|x(?P<byte>[0-9a-fA-F]{0,2})"
    r"|u(?P<short>[0-9a-fA-F]{0,4})|U(?P<long>[0-9a-fA-F]{0,8})|(?P<other>))|(?P<plain>.)",
    re.DOTALL,
)
_ESCAPE_LENGTHS: Final = {"octal": 3, "byte": 2, "short": 4, "long": 8}
_NUMBER_NAMES: Final = {
    "": "decimal literal",
    "0": "octal literal",
    "0o": "octal literal",
    "0x": "hexadecimal literal",
    "0b": "binary literal",
}
_DIGITS: Final = re.compile(r"[0-9_]*")
_HEX_DIGITS: Final = re.compile(r"[0-9a-fA-F_]*")
_MISPLACED: Final = re.compile(r"(?<![0-9])_|_(?![0-9])")
_MISPLACED_HEX: Final = re.compile(r"(?<![0-9a-fA-F])_|_(?![0-9a-fA-F])")


class Scanned(NamedTuple):
    """Where a token ends, and what is wrong with it ("" for nothing).

    ``fault_at`` is the character at which a fault is seen that is seen before the token's end.
    """

    end: int
    fault: str = ""
    fault_at: int = -1

    @property
    def read(self) -> int:
        """The last character that was read when the fault was seen, or the token's last."""
        return self.end - 1 if self.fault_at < 0 else self.fault_at


def word_end(text: str, start: int) -> int:
    """The end of the identifier at ``start``: Go's letters and digits; ``start`` for none."""
    match = _WORD.match(text, start)
    if match is None:
        return start
    word = match[0]
    if word.isascii():
        return match.end()
    for index, char in enumerate(word):
        category = unicodedata.category(char)
        if not (char == "_" or category[0] == "L" or (index and category == "Nd")):
            return start + index
    return match.end()


def scan_number(text: str, start: int, *, detached: bool) -> Scanned:
    """The number at ``start`` (a digit, or a point before one).

    ``detached`` says whether white space or a comment stands before it: Go's scanner then takes
    ``0b`` for a zero with a letter, else for the prefix of a binary number.
    """
    plain = _PLAIN_NUMBER.match(text, start)
    if plain is not None and (len(plain[0]) == 1 or plain[0][:1] != "0"):
        return Scanned(plain.end())
    faults: list[str] = []
    prefix, position, leading_digit = _prefix(text, start, detached)
    digits = _HEX_DIGITS if prefix == "0x" else _DIGITS
    mantissa = position
    if text[position : position + 1] != ".":
        position = _match_end(digits, text, position)
    whole = text[mantissa:position]
    pointed = text[position : position + 1] == "."
    if pointed:
        if prefix in ("0o", "0b"):
            faults.append(f"invalid radix point in {_NUMBER_NAMES[prefix]}")
        position = _match_end(digits, text, position + 1)
    if not leading_digit and not text[mantissa:position].strip("_."):
        faults.append(f"{_NUMBER_NAMES[prefix]} has no digits")
    letter = text[position : position + 1].lower()
    exponent = letter == "e" or (letter == "p" and prefix == "0x")
    if exponent:
        if letter == "e" and prefix not in ("", "0"):
            faults.append(f"'{text[position]}' exponent requires decimal mantissa")
        position += 1
        position += text[position : position + 1] in ("+", "-") and position < len(text)
        power = position
        position = _match_end(_DIGITS, text, position)
        if not text[power:position].strip("_"):
            faults.append("exponent has no digits")
    elif prefix == "0x" and pointed:
        faults.append("hexadecimal mantissa requires a 'p' exponent")
    if not pointed and not exponent:
        faults += _wrong_digits(prefix, whole)
    body = text[start:position]
    if "_" in body:
        misplaced = _MISPLACED_HEX if prefix == "0x" else _MISPLACED
        # A prefix counts as a digit.
        if misplaced.search("0" + body[2:] if prefix in ("0x", "0o", "0b") else body):
            faults.append("'_' must separate successive digits")
    return Scanned(position, faults[0] if faults else "")


def _prefix(text: str, start: int, detached: bool) -> tuple[str, int, bool]:
    """The prefix of a number, where its digits begin, and whether the prefix is itself a digit."""
    if text[start] != "0":
        return "", start, False
    letter = text[start + 1 : start + 2].lower()
    if letter in ("x", "o"):
        return f"0{letter}", start + 2, False
    if letter == "b":
        return ("", start + 1, False) if detached else ("0b", start + 2, False)
    return "0", start + 1, True


def _wrong_digits(prefix: str, digits: str) -> list[str]:
    base = {"0": 8, "0o": 8, "0b": 2}.get(prefix, 16)
    wrong = next((d for d in digits if d != "_" and int(d, 16) >= base), "")
    return [f"invalid digit '{wrong}' in {_NUMBER_NAMES[prefix]}"] if wrong else []


def _match_end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def scan_string(text: str, start: int) -> Scanned:
    """The double-quoted string at ``start``; it may hold Go's escapes and no line break."""
    whole = _STRING.match(text, start)
    if whole is not None:
        return Scanned(whole.end())
    return _scan_quoted(text, start)[0]


def scan_char(text: str, start: int) -> Scanned:
    """The single-quoted character at ``start``: for Loki just another identifier."""
    scanned, length = _scan_quoted(text, start)
    if not scanned.fault and length != 1:
        return Scanned(scanned.end, "invalid char literal")
    return scanned


def _scan_quoted(text: str, start: int) -> tuple[Scanned, int]:
    mark, position, fault, fault_at, length = text[start], start + 1, "", -1, 0
    while text[position : position + 1] != mark:
        if position >= len(text) or text[position] == "\n":
            # The line break, too, is swallowed.
            end = min(position + 1, len(text))
            return Scanned(end, fault or "literal not terminated", fault_at), length
        length += 1
        if text[position] == "\\" and text[position + 1 : position + 2] == mark:
            position += 2
            continue
        part = _STRING_PART.match(text, position)
        assert part is not None, "any character is a part of a string"
        kind = part.lastgroup or ""
        wanted = _ESCAPE_LENGTHS.get(kind)
        cut_short = wanted is not None and len(part[kind]) != wanted
        if (kind == "other" or cut_short) and not fault:
            fault, fault_at = "invalid char escape", part.end()
        position = part.end()
    return Scanned(position + 1, fault, fault_at), length


def scan_raw_string(text: str, start: int) -> Scanned:
    """The string in back quotes at ``start``: anything but a back quote."""
    end = text.find("`", start + 1)
    return Scanned(end + 1) if end >= 0 else Scanned(len(text), "literal not terminated")
