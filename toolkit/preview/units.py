"""Numbers as Grafana writes them, by unit.

Sources: grafana/grafana packages/grafana-data/src/valueFormats (baseFormatters.ts,
symbolFormatters.ts, arithmeticFormatters.ts, valueFormats.ts, categories.ts). Units of time are in
:mod:`toolkit.preview.moments`. Any other text is Grafana's way to write a unit of one's own: it
stands behind the number.

Texts are those of Grafana 13. Grafana 7.5 wrote some otherwise: no plural of days, no prefix for
less than one, and ``0`` with no decimals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from toolkit.preview.moments import Clock, duration_of, moment_of


@dataclass(frozen=True, slots=True)
class Written:
    """A number's text, and what stands before and behind it."""

    text: str
    prefix: str = ""
    suffix: str = ""

    def __str__(self) -> str:
        return f"{self.prefix}{self.text}{self.suffix}"


Format = Callable[[float, int | None], Written]

_SI = ("f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
_COUNTS = ("", "K", "M", "B", "T")
_SHORT = ("", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept")


def write(value: float, unit: str, decimals: int | None, clock: Clock) -> Written:
    """``value`` in ``unit``. Without ``decimals`` there are as many as Grafana finds fitting.

    ``clock`` says what time it is and in which zone times are shown.
    """
    moment = moment_of(value, unit, clock)
    if moment is not None:
        return Written(moment)
    duration = duration_of(value, unit, decimals)
    if duration is not None:
        number, suffix = duration
        return Written(fixed(number, decimals) if number is not None else "", suffix=suffix)
    return _format(unit)(value, decimals)


def fixed(value: float, decimals: int | None = None) -> str:
    """The number with so many decimals, or with as many as Grafana finds fitting."""
    if math.isinf(value):
        return "-∞" if value < 0 else "∞"
    if math.isnan(value):
        return "NaN"
    places = _fitting(value) if decimals is None else decimals
    factor = 10.0 ** max(0, places)
    # JavaScript's Math.round takes halves up, Python's round takes them to the even neighbour.
    rounded = math.floor(value * factor + 0.5) / factor
    text = _shortest(rounded)
    if "e" in text or places <= 0:
        return text
    whole, _, part = text.partition(".")
    return f"{whole}.{part.ljust(places, '0')}"


def _fitting(value: float) -> int:
    """How many decimals show about two significant digits; none for a whole number."""
    if value == int(value):
        return 0
    size = abs(value)
    places = 1 - math.floor(math.log(size) / math.log(10))
    return max(0, places + (size * 10.0**places > 2.25))


def _shortest(value: float) -> str:
    """As JavaScript writes a number: no ``.0``, an exponent only beyond 21 digits."""
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    mantissa, marker, exponent = text.partition("e")
    if not marker:
        return text
    power = int(exponent)
    if -7 < power < 0:
        return f"{value:.{max(0, -power + len(mantissa.replace('-', '').replace('.', '')) - 1)}f}"
    return f"{mantissa.removesuffix('.0')}e{power:+d}"


def _unit(name: str, *, before: bool = False) -> Format:
    if before:
        return lambda value, decimals: Written(fixed(value, decimals), prefix=name)
    suffix = f" {name}" if name else ""
    return lambda value, decimals: Written(fixed(value, decimals), suffix=suffix)


def _scaled(factor: float, names: Sequence[str], base: int = 0) -> Format:
    """In the largest of the units ``names`` that it fills; ``base`` is the unit's own place."""

    def written(value: float, decimals: int | None) -> Written:
        if math.isinf(value) or math.isnan(value):
            return Written(fixed(value))
        power = 0 if value == 0 else math.floor(math.log10(abs(value)) / math.log10(factor))
        power = min(max(power, -base), len(names) - base - 1)
        return Written(fixed(value / factor**power, decimals), suffix=names[base + power])

    return written


def _si(name: str, offset: int = 0) -> Format:
    return _scaled(1000, [f" {prefix}{name}" for prefix in _SI], _SI.index("") + offset)


def _binary(name: str, offset: int = 0) -> Format:
    return _scaled(1024, [f" {prefix}{name}" for prefix in _BINARY], offset)


def _counted(name: str) -> Format:
    return _scaled(1000, [f"{prefix} {name}" for prefix in _COUNTS])


def _currency(symbol: str) -> Format:
    scaled = _scaled(1000, _COUNTS)

    def written(value: float, decimals: int | None) -> Written:
        made = scaled(abs(value), decimals)
        return Written(made.text, f"-{symbol}" if value < 0 else symbol, made.suffix)

    return written


def _locale(value: float, decimals: int | None) -> Written:
    text = fixed(value, 3 if decimals is None else decimals)
    whole, point, part = text.partition(".")
    if not whole.removeprefix("-").isdigit():
        return Written(text)
    return Written(f"{int(whole):,}" + (point + part.rstrip("0")).rstrip("."))


def _percent(factor: float) -> Format:
    return lambda value, decimals: Written(fixed(value * factor, decimals), suffix="%")


_FORMATS: dict[str, Format] = {
    "": _unit(""),
    "none": _unit(""),
    "string": lambda value, decimals: Written(_shortest(value)),
    "short": _scaled(1000, _SHORT),
    "sishort": _si(""),
    "locale": _locale,
    "percent": _percent(1),
    "percentunit": _percent(100),
    "bytes": _binary("B"),
    "decbytes": _si("B"),
    "bits": _binary("b"),
    "decbits": _si("b"),
    "kbytes": _binary("B", 1),
    "mbytes": _binary("B", 2),
    "gbytes": _binary("B", 3),
    "binBps": _binary("B/s"),
    "Bps": _si("B/s"),
    "bps": _si("b/s"),
    "pps": _si("p/s"),
    "hertz": _si("Hz"),
    "cps": _counted("c/s"),
    "ops": _counted("ops/s"),
    "reqps": _counted("req/s"),
    "rps": _counted("rd/s"),
    "wps": _counted("wr/s"),
    "eps": _counted("evt/s"),
    "cpm": _counted("c/m"),
    "opm": _counted("ops/m"),
}
"""By Grafana's ids: what logs, counts and rates are shown in. Others are in :func:`_format`."""


def _format(unit: str) -> Format:
    known = _FORMATS.get(unit)
    if known is not None:
        return known
    kind, separator, rest = unit.partition(":")
    if separator:
        match kind:
            case "prefix":
                return _unit(rest, before=True)
            case "suffix":
                return _unit(rest)
            case "si":
                power = _SI.index(rest[0]) - _SI.index("") if rest[:1] in _SI[:5] + _SI[6:] else 0
                return _si(rest[1:] if power else rest, power)
            case "count":
                return _counted(rest)
            case "currency":
                return _currency(rest)
    return _unit(unit)
