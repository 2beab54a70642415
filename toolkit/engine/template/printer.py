"""Values under the verbs of Go's ``fmt``.

After the behaviour of Go's fmt package (print.go, format.go). Not Go's: pointers have no address
here (``%p`` is refused like a verb of the wrong type), a time.Time under a verb that would lay
its inside open (``%d``) is printed as ``%v`` prints it, and a text longer than
:data:`MAX_TEXT` is an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toolkit.engine.template.errors import CallError
from toolkit.engine.template.floats import format_float
from toolkit.engine.template.times import Duration, Location, Month, Time, Weekday
from toolkit.engine.template.values import (
    Slice,
    Struct,
    Uint8,
    Value,
    dynamic,
    entries_of,
    items_of,
    type_of,
)
from toolkit.logql.quoting import encode, quote
from toolkit.logql.template.quoting import can_backquote, is_printable, quote_ascii, quote_char

MAX_TEXT = 1 << 24
"""The longest text a function may answer, in characters."""

_NAMED = (Duration, Location, Month, Time, Weekday)
"""The types that print themselves."""

_BASES = {"b": 2, "o": 8, "O": 8, "x": 16, "X": 16}
_FORMATS = {2: "b", 8: "o", 10: "d", 16: "x"}
_FLOAT_VERBS = {
    "v": ("g", -1),
    "b": ("b", -1),
    "g": ("g", -1),
    "G": ("G", -1),
    "x": ("x", -1),
    "X": ("X", -1),
    "f": ("f", 6),
    "F": ("f", 6),
    "e": ("e", 6),
    "E": ("E", 6),
}


class Printer:
    """Values printed one after the other, under the flags of the current verb."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.size = 0
        self.erroring = False
        self.clear()

    def clear(self) -> None:
        self.width: int | None = None
        self.precision: int | None = None
        self.minus = self.plus = self.sharp = self.space = self.zero = False
        self.plus_v = self.sharp_v = False

    def write(self, text: str) -> None:
        self.size += len(text)
        if self.size > MAX_TEXT:
            raise CallError(f"text longer than {MAX_TEXT} characters")
        self.parts.append(text)

    def text(self) -> str:
        return "".join(self.parts)

    def pad(self, text: str, *, zero: bool | None = None) -> None:
        """Write ``text``, filled up to the width."""
        missing = (self.width or 0) - len(text)
        if missing <= 0:
            self.write(text)
        elif self.minus:
            self.write(text + " " * missing)
        else:
            zeros = self.zero if zero is None else zero
            self.write(("0" if zeros else " ") * missing + text)

    # --- what is printed

    def bad_verb(self, value: Value, verb: str) -> None:
        self.erroring = True
        self.write(f"%!{verb}(")
        if value is None:
            self.write("<nil>")
        else:
            self.write(f"{type_of(value)}=")
            self.argument(value, "v")
        self.write(")")
        self.erroring = False

    def argument(self, value: Value, verb: str) -> None:
        if value is None:
            if verb in "Tv":
                self.pad("<nil>")
            else:
                self.bad_verb(value, verb)
        elif verb == "T":
            self.string_text(type_of(value).name)
        elif verb in "pw":
            self.bad_verb(value, verb)
        else:
            self.value(value, verb)

    def value(self, value: Value, verb: str) -> None:
        kind = type(value)
        if kind is str:
            self.string(value, verb)
        elif kind is bool:
            if verb in "tv":
                self.pad("true" if value else "false")
            else:
                self.bad_verb(value, verb)
        elif kind is float:
            self.real(value, verb, value)
        elif isinstance(value, _NAMED) and self.named(value, verb):
            return
        elif isinstance(value, int):
            self.integer(value, verb)
        elif kind is complex:
            self.complex(value, verb)
        elif kind is bytes:
            self.bytes(value, verb)
        elif isinstance(value, Mapping):
            self.map(value, verb)
        elif isinstance(value, (list, Slice)):
            self.slice(value, verb)
        elif isinstance(value, Struct):
            self.struct(value, verb)
        else:
            self.string(str(value), "v")

    def named(self, value: Value, verb: str) -> bool:
        """A value that prints itself: as a text under the verbs of texts."""
        if self.erroring or verb not in "vsxXq":
            return False
        if not self.sharp_v:
            self.string(str(value), verb)
            return True
        if isinstance(value, Time):
            self.string_text(value.go_string())
            return True
        return False

    def string(self, text: str, verb: str) -> None:
        if verb == "s" or (verb == "v" and not self.sharp_v):
            self.string_text(text)
        elif verb in "xX":
            self.hexadecimal(encode(text), verb)
        elif verb in "qv":
            self.quoted(text)
        else:
            self.bad_verb(text, verb)

    def string_text(self, text: str) -> None:
        self.pad(text if self.precision is None else text[: self.precision])

    def quoted(self, text: str) -> None:
        if self.precision is not None:
            text = text[: self.precision]
        if self.sharp and can_backquote(text):
            self.pad(f"`{text}`")
        else:
            self.pad(quote_ascii(text) if self.plus else quote(text))

    def hexadecimal(self, data: bytes, verb: str) -> None:
        if self.precision is not None:
            data = data[: self.precision]
        prefix = ("0x" if verb == "x" else "0X") if self.sharp and data else ""
        digits = [f"{byte:02{verb}}" for byte in data]
        text = f" {prefix}".join(digits) if self.space else "".join(digits)
        self.pad(prefix + text)

    def integer(self, value: int, verb: str) -> None:
        signed = type(value) is bool or type_of(value).kind == "int"
        if verb == "v" and self.sharp_v and not signed:
            sharp, self.sharp = self.sharp, True
            self.digits(value, 16, "x")
            self.sharp = sharp
        elif verb in "vd":
            self.digits(value, 10, verb)
        elif verb in _BASES:
            self.digits(value, _BASES[verb], verb)
        elif verb == "c":
            self.pad(_character(value))
        elif verb == "q":
            self.pad(quote_char(value, ascii_only=self.plus))
        elif verb == "U":
            self.unicode(value)
        else:
            self.bad_verb(value, verb)

    def digits(self, value: int, base: int, verb: str) -> None:
        """An integer in a base; ``%.3d`` and ``%03d`` both ask for leading zeros."""
        sign = "-" if value < 0 else "+" if self.plus else " " if self.space else ""
        least = 0
        if self.precision is not None:
            least = self.precision
            if least == 0 and value == 0:
                self.pad("", zero=False)
                return
        elif self.zero and not self.minus and self.width is not None:
            least = self.width - len(sign)
        text = format(abs(value), _FORMATS[base]).rjust(least, "0")
        if verb == "X":
            text = text.upper()
        if self.sharp:
            if base == 2:
                text = "0b" + text
            elif base == 8:
                text = text if text.startswith("0") else "0" + text
            elif base == 16:
                text = ("0X" if verb == "X" else "0x") + text
        if verb == "O":
            text = "0o" + text
        self.pad(sign + text, zero=False)

    def unicode(self, value: int) -> None:
        code = value & ((1 << 64) - 1)
        text = f"U+{code:0{max(4, self.precision or 0)}X}"
        if self.sharp and code <= 0x10FFFF and is_printable(chr(code)):
            text += f" '{chr(code)}'"
        self.pad(text, zero=False)

    def real(self, value: float, verb: str, whole: Value) -> None:
        """A float; ``whole`` is the value it is part of (a complex number is printed in two)."""
        if verb not in _FLOAT_VERBS:
            self.bad_verb(whole, verb)
            return
        letter, precision = _FLOAT_VERBS[verb]
        if self.precision is not None:
            precision = self.precision
        text = format_float(value, letter, precision)
        sign = "+" if text[0] not in "+-" else text[0]
        text = text.lstrip("+-")
        if self.space and sign == "+" and not self.plus:
            sign = " "
        if text[0] in "IN":
            if text == "NaN" and not (self.space or self.plus):
                sign = ""
            self.pad(sign + text, zero=False)
            return
        if self.sharp and verb != "b":
            text = _with_point(text, letter, precision)
        if not self.plus and sign == "+":
            self.pad(text)
            return
        missing = (self.width or 0) - len(text) - 1
        if self.zero and not self.minus and missing > 0:
            self.write(sign + "0" * missing + text)
        else:
            self.pad(sign + text)

    def complex(self, value: complex, verb: str) -> None:
        if verb not in _FLOAT_VERBS:
            self.bad_verb(value, verb)
            return
        plus = self.plus
        self.write("(")
        self.real(value.real, verb, value)
        self.plus = True
        self.real(value.imag, verb, value)
        self.write("i)")
        self.plus = plus

    # --- collections

    def bytes(self, data: bytes, verb: str) -> None:
        if verb in "vd":
            opening, between, closing = ("[]byte{", ", ", "}") if self.sharp_v else ("[", " ", "]")
            self.sequence([Uint8(byte) for byte in data], verb, opening, between, closing)
        elif verb in "xX":
            self.hexadecimal(data, verb)
        elif verb == "s":
            self.string_text(data.decode("utf-8", "surrogateescape"))
        elif verb == "q":
            self.quoted(data.decode("utf-8", "surrogateescape"))
        else:
            self.sequence([Uint8(byte) for byte in data], verb, "[", " ", "]")

    def sequence(
        self, values: Sequence[Value], verb: str, opening: str, between: str, closing: str
    ) -> None:
        self.write(opening)
        for index, value in enumerate(values):
            if index:
                self.write(between)
            self.element(value, verb)
        self.write(closing)

    def element(self, value: Value, verb: str) -> None:
        """A value inside a collection: nil is ``<nil>`` whatever the verb."""
        value = dynamic(value)
        if value is None:
            self.write("interface {}(nil)" if self.sharp_v else "<nil>")
        else:
            self.value(value, verb)

    def slice(self, value: Value, verb: str) -> None:
        if self.sharp_v:
            self.sequence(items_of(value), verb, f"{type_of(value)}{{", ", ", "}")
        else:
            self.sequence(items_of(value), verb, "[", " ", "]")

    def map(self, value: Mapping[str, Value], verb: str) -> None:
        self.write(f"{type_of(value)}{{" if self.sharp_v else "map[")
        for index, (key, item) in enumerate(entries_of(value)):
            if index:
                self.write(", " if self.sharp_v else " ")
            self.string(key, verb)
            self.write(":")
            self.element(item, verb)
        self.write("}" if self.sharp_v else "]")

    def struct(self, value: Struct, verb: str) -> None:
        self.write(f"{value.go_type}{{" if self.sharp_v else "{")
        for index, (name, item) in enumerate(value.fields.items()):
            if index:
                self.write(", " if self.sharp_v else " ")
            if self.plus_v or self.sharp_v:
                self.write(f"{name}:")
            self.element(item, verb)
        self.write("}")


def _character(code: int) -> str:
    return chr(code) if 0 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"


def _with_point(text: str, letter: str, precision: int) -> str:
    """A number with a decimal point and the trailing zeros that ``%g`` drops (``#``)."""
    missing = (6 if precision == -1 else precision) if letter in "gGx" else 0
    tail = ""
    significant = False
    for index, char in enumerate(text):
        if char in "pP" or (char in "eE" and letter not in "xX"):
            text, tail = text[:index], text[index:]
            break
        if char != ".":
            significant = significant or char != "0"
            missing -= significant
    if "." not in text:
        # a single 0 counts as a digit
        missing -= text == "0"
        text += "."
    return text + "0" * missing + tail
