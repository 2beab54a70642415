"""From the text of a query to tokens, as Loki's lexer does it (pkg/logql/syntax/lex.go).

Beyond Loki, a Grafana variable (``$name``, ``${name}``, ``${name:format}``, ``[[name]]``) is a
token where ``variables`` is set. Inside a string it is simply part of the string.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from toolkit.errors import LogQLSyntaxError, Span
from toolkit.logql import bytesize, durations, scanner
from toolkit.logql.ast import Duration, Variable
from toolkit.logql.quoting import unquote
from toolkit.logql.tokens import END, FLAGS, FUNCTIONS, KEYWORDS, SYMBOLS, VARIABLE, Token
from toolkit.logql.variables import VARIABLE_PATTERN

_BLANK: Final = re.compile(r"[ \t\r\n]*")
_LINE_COMMENT: Final = re.compile(r"//[^\n]*")
_HASH_COMMENT: Final = re.compile(r"#[^\n]*")
_CALL: Final = re.compile(
    rf"[{scanner.SPACE}]*(?:(?:by|without)[{scanner.SPACE}]*(?P<open>\()?|(?P<direct>\())",
    re.IGNORECASE,
)
_DURATION: Final = re.compile(r"[0-9nuµmshdwy.]+")
_BYTES: Final = re.compile(r"[0-9BikKMGTP.]+")
_FLAG: Final = re.compile(r"--?[^\W\d_]*(?:-[^\W\d_]*)*")
# A length made with variables: [$__auto], [${n}m], [1$unit].
_RANGE_WITH_VARIABLE: Final = re.compile(rf"\[(\s*+(?:{VARIABLE_PATTERN}|[\w.])++\s*+)\]")
# A name or number made with variables: $name, ${a}_${b}, prefix_$name, 0.$digits, ${count}m.
_VARIABLE_WORD: Final = re.compile(
    rf"(?:[^\W\d]\w*|[0-9][0-9.]*)?(?:{VARIABLE_PATTERN})(?:\w++|{VARIABLE_PATTERN})*+"
)
_VARIABLE: Final = re.compile(VARIABLE_PATTERN)
# Characters that Go's scanner objects to: NUL and what is not UTF-8.
_NOT_UTF8: Final = re.compile("[\ud800-\udfff]")
_BAD: Final = re.compile("[\x00\ud800-\udfff]")


class Fault(NamedTuple):
    """Something wrong that does not stop the lexer. Loki reports the first of a query.

    ``line`` and ``column`` are what Loki prints; the line is 0 where its scanner has lost it.
    """

    message: str
    line: int
    column: int
    span: Span


class Lexer:
    """Hands out the tokens of ``text`` one by one, and END for ever after the last."""

    def __init__(self, text: str, *, variables: bool = False) -> None:
        self.text = text
        self.fault: Fault | None = None
        self._variables = variables
        # A byte order mark at the very beginning is passed over.
        self._position = 1 if text.startswith("\ufeff") else 0
        bad = _BAD.search(text)
        self._bad = bad.start() if bad else len(text) + 1
        self._column = 0
        if bad and bad.start() == self._position:
            self._report_bad((0, 0))

    def next(self) -> Token:
        """The next token."""
        text = self.text
        begin = start = self._position
        place = (0, self._column)
        while True:
            blank = _BLANK.match(text, start)
            start = blank.end() if blank else start
            if start >= self._bad > begin:
                self._report_bad(place)
            char = text[start : start + 1]
            if char == "#":
                self._read_until(start + 1, Token(END, "#", start, start + 1))
                comment = Token(END, "#", start, self._hash_comment_end(start), True)
                start = begin = comment.end
            elif char == "/" and text[start + 1 : start + 2] in ("/", "*"):
                comment = self._comment(start)
                start = comment.end
            else:
                break
            if self._bad <= len(text):
                place = self.place(comment)
            self._read_until(start, comment)
            if not comment.value:
                self._report("comment not terminated", comment)
        if self._bad <= len(text):
            self._column = start - text.rfind("\n", 0, start)
        token = self._token(char, start, detached=start > begin)
        self._position = token.end
        if token.end > start:
            self._read_until(token.end, token)
        return token

    def place(self, token: Token) -> tuple[int, int]:
        """The line and column at which Loki reports ``token``."""
        if not self.text:
            return 0, 0
        line = 0 if token.looked_ahead else self.text.count("\n", 0, token.start) + 1
        return line, token.start - self.text.rfind("\n", 0, token.start)

    def _report(self, message: str, token: Token) -> None:
        if self.fault is None:
            self.fault = Fault(message, *self.place(token), token.span)

    def _report_bad(self, place: tuple[int, int]) -> None:
        if self.fault is None and self._bad < len(self.text):
            char = self.text[self._bad]
            message = "invalid character NUL" if char == "\x00" else "invalid UTF-8 encoding"
            self.fault = Fault(message, *place, Span(self._bad, self._bad + 1))
        self._bad = len(self.text) + 1

    def _read_until(self, end: int, token: Token) -> None:
        """Note that Loki's scanner, at ``token``, has read the character at ``end``."""
        if self._bad <= end:
            self._report_bad(self.place(token))

    def _hash_comment_end(self, start: int) -> int:
        comment = _HASH_COMMENT.match(self.text, start)
        end = comment.end() if comment else start
        # The line break goes with the comment, unless the comment is empty.
        return end + (end > start + 1 and end < len(self.text))

    def _comment(self, start: int) -> Token:
        """The comment at ``start``; its value is empty where its end is missing."""
        line_comment = _LINE_COMMENT.match(self.text, start)
        if line_comment:
            return Token(END, line_comment[0], start, line_comment.end())
        close = self.text.find("*/", start + 2)
        if close < 0:
            return Token(END, "", start, len(self.text))
        return Token(END, "/* */", start, close + 2)

    def _token(self, char: str, start: int, *, detached: bool) -> Token:
        text = self.text
        if not char:
            return Token(END, "", start, start)
        if self._variables:
            word = _VARIABLE_WORD.match(text, start)
            if word is not None:
                return Token(VARIABLE, Variable(word[0], Span(start, word.end())), *word.span())
        end = scanner.word_end(text, start)
        if end > start:
            return self._word(start, end)
        following = text[start + 1 : start + 2]
        if "0" <= char <= "9" or (char == "." and "0" <= following <= "9"):
            return self._number(start, scanner.scan_number(text, start, detached=detached))
        if char == '"':
            return self._string(start, scanner.scan_string(text, start))
        if char == "`":
            return self._string(start, scanner.scan_raw_string(text, start))
        if char == "[":
            return self._range(start)
        if char == "'":
            scanned = scanner.scan_char(text, start)
            token = Token("IDENTIFIER", text[start : scanned.end], start, scanned.end)
            self._read_until(scanned.read, token)
            if scanned.fault:
                self._report(scanned.fault, token)
            return token
        if char == "-":
            token_or_none = self._flag_or_duration(start)
            if token_or_none is not None:
                return token_or_none
        if following and char + following in SYMBOLS:
            return Token(char + following, char + following, start, start + 2, True)
        return Token(char if char in SYMBOLS else "IDENTIFIER", char, start, start + 1)

    def _word(self, start: int, end: int) -> Token:
        word = self.text[start:end]
        lower = word.lower()
        if lower in FUNCTIONS:
            call = _CALL.match(self.text, end)
            # Loki looks for "(" as far as it has to, if need be to the end of the query.
            looked = len(self.text)
            if call:
                # What follows by or without is read together with the character behind it.
                looked = call.end() + (not (call["open"] or call["direct"]))
            self._read_until(looked, Token("IDENTIFIER", word, start, end))
            if call and (call["open"] or call["direct"]):
                return Token(FUNCTIONS[lower], lower, start, end)
        elif lower in KEYWORDS:
            return Token(lower, lower, start, end)
        return Token("IDENTIFIER", word, start, end)

    def _number(self, start: int, scanned: scanner.Scanned) -> Token:
        text, end = self.text, scanned.end
        number = Token("NUMBER", text[start:end], start, end)
        self._read_until(end, number)
        if scanned.fault:
            self._report(scanned.fault, number)
        duration = self._duration(start, end)
        if duration is not None:
            return duration
        unit_end = _unit_end(_BYTES, text, end)
        self._read_until(unit_end, number)
        if unit_end > end:
            try:
                size = bytesize.parse_bytes(text[start:unit_end])
            except ValueError:
                return number
            return Token("BYTES", (size, text[start:unit_end]), start, unit_end, True)
        return number

    def _duration(self, start: int, end: int) -> Token | None:
        unit_end = _unit_end(_DURATION, self.text, end)
        self._read_until(unit_end, Token("DURATION", None, start, unit_end))
        if unit_end == end:
            return None
        written = self.text[start:unit_end]
        try:
            length = durations.parse(written)
        except ValueError:
            return None
        value = Duration(length, written, Span(start, unit_end))
        return Token("DURATION", value, start, unit_end, True)

    def _flag_or_duration(self, start: int) -> Token | None:
        for flag in FLAGS:
            end = start + len(flag)
            if self.text.startswith(flag, start) and not _continues_flag(self.text[end : end + 1]):
                self._read_until(end, Token("-", "-", start, start + 1))
                return Token("FUNCTION_FLAG", flag, start, end, True)
        flag_like = _FLAG.match(self.text, start)
        if flag_like is not None and self.text.startswith("--", start):
            self._read_until(flag_like.end(), Token("-", "-", start, start + 1))
        return self._duration(start, start + 1)

    def _string(self, start: int, scanned: scanner.Scanned) -> Token:
        token = Token("STRING", self.text[start : scanned.end], start, scanned.end)
        self._read_until(scanned.read, token)
        if scanned.fault:
            self._report(scanned.fault, token)
        if _NOT_UTF8.search(token.value):
            return self._nothing_more(token)
        try:
            value = unquote(token.value)
            on_trust = self._variables and _VARIABLE.search(value) is not None
            return token._replace(value=value, on_trust=on_trust)
        except ValueError as error:
            self._report(str(error), token)
            return self._nothing_more(token)

    def _range(self, start: int) -> Token:
        if self._variables:
            written = _RANGE_WITH_VARIABLE.match(self.text, start)
            if written is not None and _VARIABLE.search(written[1]):
                variable = Variable(written[1], Span(start + 1, written.end() - 1))
                return Token("RANGE", variable, *written.span(), True)
        self._read_until(start + 1, Token("[", "[", start, start + 1))
        close = self.text.find("]", start)
        end = close + 1 if close >= 0 else len(self.text)
        token = Token("RANGE", None, start, end, True)
        self._read_until(end, token)
        if close < 0:
            self._report("missing closing ']' in duration", token)
            return self._nothing_more(token)
        content = self.text[start + 1 : close]
        try:
            length = durations.parse_prometheus(content)
        except ValueError as error:
            self._report(str(error), token)
            return self._nothing_more(token)
        return token._replace(value=Duration(length, content, Span(start + 1, close)))

    def _nothing_more(self, token: Token) -> Token:
        """After a string or range that has no value, the query ends for Loki's parser."""
        return Token(END, "", token.start, len(self.text), token.looked_ahead)


def _unit_end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    end = match.end() if match else start
    # Any other numeric character belongs to the unit too, and spoils it.
    while end < len(text) and not text[end].isascii() and unicodedata.category(text[end])[0] == "N":
        end += 1
    return end


def _continues_flag(char: str) -> bool:
    return char == "-" or (char.isalpha() and unicodedata.category(char)[0] == "L")


def tokenize(text: str, *, variables: bool = True) -> Iterator[Token]:
    """The tokens of ``text``, without END; LogQLSyntaxError where Loki's lexer finds a fault."""
    lexer = Lexer(text, variables=variables)
    while True:
        token = lexer.next()
        if lexer.fault is not None:
            raise LogQLSyntaxError(fault_message(lexer.fault), text=text, span=lexer.fault.span)
        if token.kind == END:
            return
        yield token


def fault_message(fault: Fault) -> str:
    """``fault`` as Loki words a parse error."""
    if fault.line == 0 and fault.column == 0:
        return f"parse error : {fault.message}"
    return f"parse error at line {fault.line}, col {fault.column}: {fault.message}"
