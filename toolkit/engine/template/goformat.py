"""Go's ``print``, ``println`` and ``printf``."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.engine.template.floats import format_float
from toolkit.engine.template.printer import Printer
from toolkit.engine.template.values import Value, dynamic, type_of
from toolkit.logql.template.quoting import is_stray_byte

_LARGEST = 10**6
"""The largest width or precision that an argument may give."""


def text_of(value: Value) -> str:
    """A value as an action prints it; nil is ``<no value>``."""
    value = dynamic(value)
    return "<no value>" if value is None else to_text(value)


def to_text(value: Value) -> str:
    """A value under ``%v``; nil is ``<nil>``."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if kind is float:
        return format_float(value, "g")
    printer = Printer()
    printer.argument(value, "v")
    return printer.text()


def sprint(*args: Value) -> str:
    """``print``: a space between two values of which neither is a string."""
    printer = Printer()
    after_string = True
    for arg in args:
        is_string = type(arg) is str
        if not (after_string or is_string):
            printer.write(" ")
        printer.write(to_text(arg))
        after_string = is_string
    return printer.text()


def sprintln(*args: Value) -> str:
    """``println``: a space between all values, a line break behind the last."""
    printer = Printer()
    for index, arg in enumerate(args):
        printer.write(to_text(arg) if index == 0 else " " + to_text(arg))
    printer.write("\n")
    return printer.text()


def sprintf(layout: str, *args: Value) -> str:
    """``printf``; what is wrong with the layout or the arguments is said in the text, as in Go."""
    run = _Format(layout, args)
    run.all()
    return run.printer.text()


class _Format:
    """A layout on its way: where it is read and which argument comes next.

    After an explicit index (``%[2]d``) leftover arguments are no longer complained about.
    """

    def __init__(self, layout: str, args: Sequence[Value]) -> None:
        self.layout = layout
        self.args = args
        self.printer = Printer()
        self.pos = 0
        self.argument = 0
        self.reordered = False
        self.good_index = True
        self.after_index = False

    def all(self) -> None:
        layout, printer = self.layout, self.printer
        while True:
            start = layout.find("%", self.pos)
            if start < 0:
                printer.write(layout[self.pos :])
                break
            printer.write(layout[self.pos : start])
            self.pos = start + 1
            self.directive()
        if not self.reordered and self.argument < len(self.args):
            self.leftover(self.args[self.argument :])

    def directive(self) -> None:
        """One ``%...verb``; the percent sign is behind us."""
        printer = self.printer
        printer.clear()
        self.good_index = True
        self.after_index = False
        self.flags()
        self.index()
        self.width()
        if self.layout.startswith(".", self.pos) and self.pos + 1 < len(self.layout):
            self.pos += 1
            self.precision()
        if not self.after_index:
            self.index()
        if self.pos >= len(self.layout):
            printer.write("%!(NOVERB)")
            return
        verb = self.layout[self.pos]
        self.pos += 1
        if is_stray_byte(verb):
            verb = "\ufffd"
        if verb == "%":
            printer.write("%")
        elif not self.good_index:
            printer.write(f"%!{verb}(BADINDEX)")
        elif self.argument >= len(self.args):
            printer.write(f"%!{verb}(MISSING)")
        else:
            if verb in "vw":
                printer.sharp_v, printer.sharp = printer.sharp, False
                printer.plus_v, printer.plus = printer.plus, False
            printer.argument(self.args[self.argument], verb)
            self.argument += 1

    def flags(self) -> None:
        printer = self.printer
        while self.pos < len(self.layout):
            char = self.layout[self.pos]
            if char == "-":
                printer.minus = True
            elif char == "+":
                printer.plus = True
            elif char == "#":
                printer.sharp = True
            elif char == " ":
                printer.space = True
            elif char == "0":
                printer.zero = True
            else:
                return
            self.pos += 1

    def width(self) -> None:
        printer = self.printer
        if not self.layout.startswith("*", self.pos):
            printer.width = self.number()
            if self.after_index and printer.width is not None:
                self.good_index = False
            return
        self.pos += 1
        width = self.number_argument()
        if width is None:
            printer.write("%!(BADWIDTH)")
        elif width < 0:
            width = -width
            printer.minus = True
            printer.zero = False
        printer.width = width
        self.after_index = False

    def precision(self) -> None:
        if self.after_index:
            self.good_index = False
        self.index()
        if not self.layout.startswith("*", self.pos):
            self.printer.precision = self.number() or 0
            return
        self.pos += 1
        precision = self.number_argument()
        if precision is None or precision < 0:
            precision = None
            self.printer.write("%!(BADPREC)")
        self.printer.precision = precision
        self.after_index = False

    def number(self) -> int | None:
        """The number that starts here, if one does; far too large a one eats up the layout."""
        start, value = self.pos, 0
        while self.pos < len(self.layout) and "0" <= self.layout[self.pos] <= "9":
            if value > _LARGEST:
                self.pos = len(self.layout)
                return None
            value = value * 10 + int(self.layout[self.pos])
            self.pos += 1
        return value if self.pos > start else None

    def number_argument(self) -> int | None:
        """The next argument as a width or precision; None if it is none."""
        if self.argument >= len(self.args):
            return None
        value = self.args[self.argument]
        self.argument += 1
        if value is None or type_of(value).kind not in ("int", "uint") or abs(value) > _LARGEST:
            return None
        return int(value)

    def index(self) -> None:
        """``[n]``, if one stands here: the next argument is the n-th."""
        self.after_index = self.layout.startswith("[", self.pos)
        if not self.after_index:
            return
        self.reordered = True
        close = self.layout.find("]", self.pos)
        if close < 0 or len(self.layout) - self.pos < 3:
            self.good_index = self.after_index = False
            self.pos += 1
            return
        start, self.pos = self.pos, self.pos + 1
        number = self.number()
        well_formed = number is not None and self.pos == close
        self.pos = close + 1 if close > start else self.pos
        if well_formed and number is not None and 0 < number <= len(self.args):
            self.argument = number - 1
        else:
            self.good_index = False
            self.after_index = well_formed

    def leftover(self, args: Sequence[Value]) -> None:
        printer = self.printer
        printer.clear()
        printer.write("%!(EXTRA ")
        for index, arg in enumerate(args):
            if index:
                printer.write(", ")
            if arg is None:
                printer.write("<nil>")
            else:
                printer.write(f"{type_of(arg)}=")
                printer.argument(arg, "v")
        printer.write(")")
