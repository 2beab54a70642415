"""The functions of alert templates (prometheus/prometheus template/template.go).

What a query answers in a template is a list of samples, each with ``.Labels`` and ``.Value``.
``ConvertToFloat`` and the ``humanize`` family follow prometheus/common helpers/templates/time.go.
Differences: ``safeHtml`` answers a plain text (``%T`` of it shows), and a pointer prints its type
without the asterisk.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

from toolkit.engine.template import (
    ANY,
    STRING,
    CallError,
    Function,
    Slice,
    Struct,
)
from toolkit.engine.template.floats import format_float
from toolkit.engine.template.library.letters import lower, upper
from toolkit.engine.template.library.regexes import replace_all
from toolkit.engine.template.times import DURATION, SECOND, TIME, Duration, Time
from toolkit.engine.template.values import Context, GoType, JsonMap, Value, type_of
from toolkit.engine.template.zones import UTC
from toolkit.logql import regex
from toolkit.logql.durations import parse_prometheus
from toolkit.logql.numbers import parse_float
from toolkit.logql.quoting import encode
from toolkit.ruletest.hostports import strip_domain, strip_port
from toolkit.ruletest.titlecase import title

SAMPLE: Final = GoType("*template.sample", "pointer")
RESULT: Final = GoType("template.queryResult", "slice")

Ask = Callable[[str, int], list[tuple[Mapping[str, str], float]]]
"""Runs a query at a time (ns); raises :class:`CallError` in the ruler's words."""

_ABOVE: Final = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
_BELOW: Final = ("", "m", "u", "n", "p", "f", "a", "z", "y")
_BINARY: Final = ("", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
_INT64: Final = 1 << 63


class _TimePointer(Time):
    """A *time.Time: everything a time is, but no number."""

    __slots__ = ()


class _DurationPointer(Duration):
    """A *time.Duration."""

    __slots__ = ()


# --- numbers --------------------------------------------------------------------------------------


def to_float(value: Value) -> float:
    """A number, the text of one, or a duration in seconds."""
    kind = type(value)
    if kind is float:
        return float(value)
    if kind is str:
        try:
            return parse_float(value)
        except ValueError as error:
            raise CallError(str(error)) from None
    if value is None:
        raise CallError("can't convert <nil> to float")
    if kind is Duration:
        return int(value) / SECOND
    type_ = type_of(value)
    if isinstance(value, _TimePointer | _DurationPointer):
        raise CallError(f"can't convert *{type_} to float")
    if type_.name in ("int", "uint", "int64", "uint64"):
        return float(value)
    raise CallError(f"can't convert {type_} to float")


def _short(value: float) -> str:
    """Go's ``%.4g``."""
    return format_float(value, "g", 4)


def _scaled(value: float, base: float, names: tuple[str, ...]) -> tuple[float, str]:
    """Divided by ``base`` until it is below it, and the name of the unit then."""
    name = ""
    for name in names:
        if abs(value) < base or name == names[-1]:
            break
        value /= base
    return value, name


def _small(value: float) -> tuple[float, str]:
    name = ""
    for name in _BELOW:
        if abs(value) >= 1 or name == _BELOW[-1]:
            break
        value *= 1000
    return value, name


def _plain(value: float) -> bool:
    return value == 0 or math.isnan(value) or math.isinf(value)


def humanize(given: Value) -> str:
    """``1234567`` as ``1.235M``."""
    value = to_float(given)
    if _plain(value):
        return _short(value)
    value, name = _scaled(value, 1000, _ABOVE) if abs(value) >= 1 else _small(value)
    return _short(value) + name


def humanize_1024(given: Value) -> str:
    """``1048576`` as ``1Mi``."""
    value = to_float(given)
    if abs(value) <= 1 or _plain(value):
        return _short(value)
    value, name = _scaled(value, 1024, _BINARY)
    return _short(value) + name


def humanize_percentage(given: Value) -> str:
    """``0.25`` as ``25%``."""
    return _short(to_float(given) * 100) + "%"


def humanize_duration(given: Value) -> str:
    """Seconds: ``93784`` as ``1d 2h 3m 4s``, ``0.5`` as ``500ms``."""
    value = to_float(given)
    if _plain(value):
        return _short(value) + ("s" if value == 0 else "")
    if abs(value) < 1:
        value, name = _small(value)
        return f"{_short(value)}{name}s"
    sign, value = ("-", -value) if value < 0 else ("", value)
    whole = _int64(value)
    units = [("d", 86400, 0), ("h", 3600, 24), ("m", 60, 60), ("s", 1, 60)]
    parts = [
        (math.trunc(_cut(whole, size)) if not wrap else _rest(_cut(whole, size), wrap), name)
        for name, size, wrap in units
    ]
    while parts and not parts[0][0] and len(parts) > 1:
        parts.pop(0)
    if len(parts) == 1:
        return f"{sign}{_short(value)}s"
    return sign + " ".join(f"{number}{name}" for number, name in parts)


def _int64(value: float) -> int:
    """Go's int64(value): what does not fit becomes the smallest one."""
    return int(value) if -_INT64 <= value < _INT64 else -_INT64


def _cut(value: int, unit: int) -> int:
    return value // unit if value >= 0 else -(-value // unit)


def _rest(value: int, size: int) -> int:
    return value - _cut(value, size) * size


# --- times ----------------------------------------------------------------------------------------


def to_time(given: Value) -> Time:
    """Seconds since the epoch as a time, in UTC and whole milliseconds."""
    value = to_float(given)
    if math.isnan(value) or math.isinf(value):
        raise CallError("value is NaN or Inf")
    return _time(value)


def _time(value: float) -> Time:
    nanoseconds = value * 1e9
    if nanoseconds > _INT64 or nanoseconds < -_INT64:
        raise CallError(
            f"{format_float(value, 'g')} cannot be represented as a nanoseconds timestamp since it"
            " overflows int64"
        )
    total = _cut(_int64(nanoseconds), 10**6) * 10**6
    return _TimePointer(total // SECOND, total % SECOND, UTC)


def humanize_timestamp(given: Value) -> str:
    """``1435065584.128`` as ``2015-06-23 13:19:44.128 +0000 UTC``."""
    value = to_float(given)
    if math.isnan(value) or math.isinf(value):
        return _short(value)
    return str(_time(value))


def to_duration(given: Value) -> Duration:
    """Seconds as a duration."""
    value = to_float(given) * SECOND
    return _DurationPointer(-_INT64 if math.isnan(value) else _int64(value))


def parse_duration(text: str) -> float:
    """Seconds of ``1h30m``, which may be negative."""
    sign = -1 if text[:1] == "-" else 1
    try:
        return sign * parse_prometheus(text[1:] if sign < 0 else text) / SECOND
    except ValueError as error:
        raise CallError(str(error)) from None


def _now(context: Context) -> float:
    """The time of the evaluation, in seconds; the ruler knows it in milliseconds."""
    return context.timestamp // 10**6 / 1000


# --- texts ----------------------------------------------------------------------------------------


def _matches(pattern: str, text: str) -> bool:
    try:
        return regex.compile(pattern).search(text) is not None
    except ValueError as error:
        raise CallError(str(error)) from None


def _replace(pattern: str, replacement: str, text: str) -> str:
    try:
        return replace_all(pattern, text, replacement)
    except CallError as error:
        # Go's MustCompile panics, and the panic's text names the pattern once more.
        shown = f"`{pattern}`" if "`" not in pattern else f'"{pattern}"'
        raise CallError(f"regexp: Compile({shown}): {error}") from None


def _escaped(text: str) -> str:
    return quote_plus(encode(text))


def _link(tab: int) -> Callable[[str], str]:
    return lambda expr: f"/graph?g0.expr={_escaped(expr)}&g0.tab={tab}"


def _arguments(*values: Value) -> JsonMap:
    return JsonMap({f"arg{index}": value for index, value in enumerate(values)})


# --- queries --------------------------------------------------------------------------------------


def _sample(labels: Mapping[str, str], value: float) -> Struct:
    made = Struct(SAMPLE.name, {"Labels": dict(labels), "Value": value})
    made.go_type = SAMPLE
    return made


def _querying(ask: Ask) -> Callable[[Context, str], Slice]:
    def run(context: Context, query: str) -> Slice:
        answer = ask(query, context.timestamp)
        return Slice(RESULT.name, [_sample(labels, value) for labels, value in answer])

    return run


def _first(result: Slice) -> Struct:
    if not result.items:
        raise CallError("first() called on vector with no elements")
    found: Struct = result.items[0]
    return found


def _fields(sample: Struct | None) -> Mapping[str, Any]:
    if sample is None:
        raise CallError("runtime error: invalid memory address or nil pointer dereference")
    return sample.fields


def _label(name: str, sample: Struct | None) -> str:
    return str(_fields(sample)["Labels"].get(name, ""))


def _sorted_by_label(name: str, result: Slice) -> Slice:
    key = lambda sample: encode(_label(name, sample))  # noqa: E731
    return Slice(RESULT.name, sorted(result.items, key=key))


def functions(ask: Ask, external_url: str) -> dict[str, Function]:
    """The functions that templates of alerts have besides Go's own."""
    return {
        **_PURE,
        "query": Function((STRING,), _querying(ask), context=True),
        "externalURL": Function((), lambda: external_url),
        "pathPrefix": Function((), lambda: urlsplit(external_url).path),
    }


_PURE: Final[dict[str, Function]] = {
    "args": Function((), _arguments, ANY),
    "first": Function((RESULT,), _first),
    "graphLink": Function((STRING,), _link(0)),
    "humanize": Function((ANY,), humanize),
    "humanize1024": Function((ANY,), humanize_1024),
    "humanizeDuration": Function((ANY,), humanize_duration),
    "humanizePercentage": Function((ANY,), humanize_percentage),
    "humanizeTimestamp": Function((ANY,), humanize_timestamp),
    "label": Function((STRING, SAMPLE), _label),
    "match": Function((STRING, STRING), _matches),
    "now": Function((), _now, context=True),
    "parseDuration": Function((STRING,), parse_duration),
    "reReplaceAll": Function((STRING, STRING, STRING), _replace),
    "safeHtml": Function((STRING,), str),
    "sortByLabel": Function((STRING, RESULT), _sorted_by_label),
    "stripDomain": Function((STRING,), strip_domain),
    "stripPort": Function((STRING,), strip_port),
    "strvalue": Function((SAMPLE,), lambda sample: _label("__value__", sample)),
    "tableLink": Function((STRING,), _link(1)),
    "title": Function((STRING,), title),
    "toDuration": Function((ANY,), to_duration),
    "toLower": Function((STRING,), lower),
    "toTime": Function((ANY,), to_time),
    "toUpper": Function((STRING,), upper),
    "urlQueryEscape": Function((STRING,), _escaped),
    "value": Function((SAMPLE,), lambda sample: _fields(sample)["Value"]),
}

NAMES: Final = frozenset({*_PURE, "query", "externalURL", "pathPrefix"})
"""What templates of alerts may call besides Go's own functions."""

__all__ = ["DURATION", "NAMES", "TIME", "Ask", "functions"]
