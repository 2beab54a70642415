"""Durations as integer nanoseconds, read and written as Prometheus and as Go do.

LogQL knows both: Prometheus' form (``1d12h``: whole numbers, units from years to milliseconds in
falling order) in ranges, and that or Go's (``1.5h``, ``-100us``) elsewhere. Loki writes ranges in
Prometheus' form and all others in Go's. A day has 24 hours, a week 7 days, a year 365 days.
"""

from __future__ import annotations

import re
from typing import Final

from toolkit.logql.numbers import natural
from toolkit.logql.quoting import encode, quote

MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
YEAR: Final = 365 * DAY

_PROMETHEUS_UNITS: Final = {
    "y": YEAR,
    "w": WEEK,
    "d": DAY,
    "h": HOUR,
    "m": MINUTE,
    "s": SECOND,
    "ms": MILLISECOND,
}
_GO_UNITS: Final = {
    "ns": 1,
    "us": MICROSECOND,
    "µs": MICROSECOND,  # the micro sign
    "μs": MICROSECOND,  # the Greek letter
    "ms": MILLISECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_PROMETHEUS_PART: Final = re.compile(r"([0-9]+)([^0-9]+)")
_GO_PART: Final = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^.0-9]*)")
_LIMIT: Final = 1 << 63


def parse_prometheus(text: str) -> int:
    """Nanoseconds of ``text``; ValueError in the words of Prometheus' model.ParseDuration."""
    if text == "0":
        return 0
    if text == "":
        raise ValueError("empty duration string")
    wrong = f"not a valid duration string: {quote(text)}"
    total, position, last = 0, 0, YEAR + 1
    while position < len(text):
        part = _PROMETHEUS_PART.match(text, position)
        if part is None or natural(part[1]) >= 1 << 64:
            raise ValueError(wrong)
        if part[2] not in _PROMETHEUS_UNITS:
            raise ValueError(f"unknown unit {quote(part[2])} in duration {quote(text)}")
        unit = _PROMETHEUS_UNITS[part[2]]
        if unit >= last:
            raise ValueError(wrong)
        last, position = unit, part.end()
        count = natural(part[1])
        total += count * unit
        if count > _LIMIT // unit or total >= _LIMIT:
            raise ValueError("duration out of range")
    return total


def parse_go(text: str) -> int:
    """Nanoseconds of ``text``; ValueError in the words of Go's time.ParseDuration."""
    body = text[1:] if text[:1] in ("-", "+") else text
    sign = -1 if text[:1] == "-" else 1
    if body == "0":
        return 0
    wrong = f"time: invalid duration {_quote_go(text)}"
    if not body:
        raise ValueError(wrong)
    total, position = 0, 0
    while position < len(body):
        part = _GO_PART.match(body, position)
        if part is None or not (part[1] or part[2]):
            raise ValueError(wrong)
        whole = natural(part[1])
        if whole > _LIMIT:
            raise ValueError(wrong)
        if not part[3]:
            raise ValueError(f"time: missing unit in duration {_quote_go(text)}")
        if part[3] not in _GO_UNITS:
            place = f"{_quote_go(part[3])} in duration {_quote_go(text)}"
            raise ValueError(f"time: unknown unit {place}")
        unit = _GO_UNITS[part[3]]
        if whole > _LIMIT // unit:
            raise ValueError(wrong)
        total += whole * unit + _fraction(part[2] or "", unit)
        if total > _LIMIT:
            raise ValueError(wrong)
        position = part.end()
    if total == _LIMIT and sign > 0:
        raise ValueError(wrong)
    return sign * total


def _fraction(digits: str, unit: int) -> int:
    """``0.digits`` of ``unit``, truncated; digits that no int64 holds are dropped, as Go does."""
    value, scale = 0, 1.0
    for digit in digits:
        larger = value * 10 + int(digit)
        if value > (_LIMIT - 1) // 10 or larger > _LIMIT:
            break
        value, scale = larger, scale * 10
    return int(float(value) * (float(unit) / scale)) if value else 0


def _quote_go(text: str) -> str:
    """``text`` in the plain quotes of Go's package time: every byte beyond ASCII as ``\\xHH``."""
    return '"' + "".join(map(_quoted_byte, encode(text))) + '"'


def _quoted_byte(byte: int) -> str:
    if byte < 0x20 or byte > 0x7F:
        return f"\\x{byte:02x}"
    return f"\\{chr(byte)}" if chr(byte) in '"\\' else chr(byte)


def parse(text: str) -> int:
    """Nanoseconds of a duration outside a range: Prometheus' form if it is one, else Go's."""
    try:
        return parse_prometheus(text)
    except ValueError:
        return parse_go(text)


def format_prometheus(nanoseconds: int) -> str:
    """Prometheus' form, in milliseconds at the finest: ``90m`` is ``1h30m``, ``14d`` is ``2w``."""
    rest = abs(nanoseconds) // MILLISECOND
    if not rest:
        return "0s"
    out = "-" if nanoseconds < 0 else ""
    for name, length in _PROMETHEUS_UNITS.items():
        unit = length // MILLISECOND
        # Years and weeks only where nothing remains: 90d is easier to read than 12w6d.
        if rest >= unit and (name not in "yw" or rest % unit == 0):
            out += f"{rest // unit}{name}"
            rest %= unit
    return out


def format_go(nanoseconds: int) -> str:
    """Go's form: ``24h0m0s``, ``1.5s``, ``250ms``, ``0s``."""
    length = abs(nanoseconds)
    sign = "-" if nanoseconds < 0 else ""
    if not length:
        return "0s"
    for name, unit in (("ns", 1), ("µs", MICROSECOND), ("ms", MILLISECOND)):
        if length < unit * 1000:
            return f"{sign}{_decimal(length, unit)}{name}"
    minutes, rest = divmod(length, MINUTE)
    seconds = f"{_decimal(rest, SECOND)}s"
    if not minutes:
        return sign + seconds
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}h{minutes}m{seconds}" if hours else f"{sign}{minutes}m{seconds}"


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    digits = f"{rest:0{len(str(unit)) - 1}d}".rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)
