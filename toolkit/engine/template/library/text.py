"""Loki's and sprig's functions on text.

Where Go works on bytes (``trunc``, ``substr``), so does this; ``alignLeft`` and ``alignRight``
count characters, as Loki's do.
"""

from __future__ import annotations

from toolkit.engine.template.errors import CallError
from toolkit.engine.template.library.letters import lower, shown, title, upper
from toolkit.engine.template.printer import MAX_TEXT
from toolkit.engine.template.values import INT, STRING, Function, GoType
from toolkit.logql.quoting import decode, encode
from toolkit.logql.template.quoting import WHITE_SPACE


def _bounded(length: int) -> None:
    if length > MAX_TEXT:
        raise CallError(f"text longer than {MAX_TEXT} characters")


def _bytewise(text: str) -> bool:
    """Whether ``text`` holds bytes that may be part of another text's characters."""
    return not text.isascii() and any("\udc80" <= char <= "\udcff" for char in text)


def contains(part: str, text: str) -> bool:
    return encode(part) in encode(text) if _bytewise(part) else part in text


def has_prefix(prefix: str, text: str) -> bool:
    if _bytewise(prefix):
        return encode(text).startswith(encode(prefix))
    return text.startswith(prefix)


def has_suffix(suffix: str, text: str) -> bool:
    if _bytewise(suffix):
        return encode(text).endswith(encode(suffix))
    return text.endswith(suffix)


def trim_prefix(prefix: str, text: str) -> str:
    if _bytewise(prefix):
        return decode(encode(text).removeprefix(encode(prefix)))
    return text.removeprefix(prefix)


def trim_suffix(suffix: str, text: str) -> str:
    if _bytewise(suffix):
        return decode(encode(text).removesuffix(encode(suffix)))
    return text.removesuffix(suffix)


def _cutset(characters: str) -> str:
    """Characters to strip; to Go, every byte that is no UTF-8 is the same one, U+FFFD."""
    return characters + _NO_UTF8 if "\ufffd" in shown(characters) else characters


_NO_UTF8 = "\ufffd" + "".join(map(chr, range(0xDC80, 0xDD00)))


def trim_all(characters: str, text: str) -> str:
    return text.strip(_cutset(characters))


def trim_space(text: str) -> str:
    return text.strip(WHITE_SPACE)


def replace(old: str, new: str, text: str) -> str:
    return replace_first(text, old, new, -1)


def replace_first(text: str, old: str, new: str, count: int) -> str:
    """Go's strings.Replace: the first ``count`` places, all if it is negative."""
    if len(new) > len(old):
        places = text.count(old)
        if count >= 0:
            places = min(places, count)
        _bounded(len(text) + places * (len(new) - len(old)))
    if _bytewise(old):
        return decode(encode(text).replace(encode(old), encode(new), max(count, -1)))
    return text.replace(old, new, max(count, -1))


def repeat(count: int, text: str) -> str:
    if count < 0:
        raise CallError("strings: negative Repeat count")
    _bounded(count * len(text))
    return text * count


def indent(spaces: int, text: str) -> str:
    if spaces < 0:
        raise CallError("strings: negative Repeat count")
    _bounded(len(text) + spaces * (text.count("\n") + 1))
    pad = " " * spaces
    return pad + text.replace("\n", "\n" + pad)


def nindent(spaces: int, text: str) -> str:
    return "\n" + indent(spaces, text)


def trunc(length: int, text: str) -> str:
    """The first ``length`` bytes; the last ones if it is negative."""
    if text.isascii():
        size = len(text)
        if length < 0:
            return text[size + length :] if size + length > 0 else text
        return text[:length]
    data = encode(text)
    if length < 0:
        return decode(data[len(data) + length :]) if len(data) + length > 0 else text
    return decode(data[:length])


def substr(start: int, end: int, text: str) -> str:
    """Bytes from ``start`` to ``end``; to the end of the text where ``end`` is negative."""
    data = encode(text)
    size = len(data)
    if start < 0:
        if not 0 <= end <= size:
            raise _out_of_range("", end, size)
        return decode(data[:end])
    if end < 0 or end > size:
        if start > size:
            raise CallError(f"runtime error: slice bounds out of range [{start}:{size}]")
        return decode(data[start:])
    if start > end:
        raise CallError(f"runtime error: slice bounds out of range [{start}:{end}]")
    return decode(data[start:end])


def _out_of_range(start: str, end: int, size: int) -> CallError:
    length = f" with length {size}" if end >= 0 else ""
    return CallError(f"runtime error: slice bounds out of range [{start}:{end}]{length}")


def align_left(count: int, text: str) -> str:
    if count < 0:
        return text
    _bounded(count)
    return shown(text[:count]) if count < len(text) else text.ljust(count)


def align_right(count: int, text: str) -> str:
    if count < 0:
        return text
    _bounded(count)
    return shown(text[len(text) - count :]) if count < len(text) else text.rjust(count)


_ONE: tuple[GoType, ...] = (STRING,)
_TWO: tuple[GoType, ...] = (STRING, STRING)

FUNCTIONS = {
    "alignLeft": Function((INT, STRING), align_left),
    "alignRight": Function((INT, STRING), align_right),
    "contains": Function(_TWO, contains),
    "hasPrefix": Function(_TWO, has_prefix),
    "hasSuffix": Function(_TWO, has_suffix),
    "indent": Function((INT, STRING), indent),
    "lower": Function(_ONE, lower),
    "nindent": Function((INT, STRING), nindent),
    "repeat": Function((INT, STRING), repeat),
    "replace": Function((STRING, STRING, STRING), replace),
    "substr": Function((INT, INT, STRING), substr),
    "title": Function(_ONE, title),
    "trim": Function(_ONE, trim_space),
    "trimAll": Function(_TWO, trim_all),
    "trimPrefix": Function(_TWO, trim_prefix),
    "trimSuffix": Function(_TWO, trim_suffix),
    "trunc": Function((INT, STRING), trunc),
    "upper": Function(_ONE, upper),
    # deprecated: the text is the first argument
    "Replace": Function((STRING, STRING, STRING, INT), replace_first),
    "ToLower": Function(_ONE, lower),
    "ToUpper": Function(_ONE, upper),
    "Trim": Function(_TWO, lambda text, characters: text.strip(_cutset(characters))),
    "TrimLeft": Function(_TWO, lambda text, characters: text.lstrip(_cutset(characters))),
    "TrimPrefix": Function(_TWO, lambda text, prefix: trim_prefix(prefix, text)),
    "TrimRight": Function(_TWO, lambda text, characters: text.rstrip(_cutset(characters))),
    "TrimSpace": Function(_ONE, trim_space),
    "TrimSuffix": Function(_TWO, lambda text, suffix: trim_suffix(suffix, text)),
}
