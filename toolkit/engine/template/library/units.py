"""Loki's conversions of sizes and durations, as ``unwrap`` makes them."""

from __future__ import annotations

from toolkit.engine.template.errors import CallError
from toolkit.engine.template.values import STRING, Function
from toolkit.logql import bytesize, durations


def size(text: str) -> float:
    """Bytes: ``1.5KiB`` is 1536."""
    try:
        return float(bytesize.parse_bytes(text))
    except ValueError as error:
        raise CallError(str(error)) from None


def seconds(text: str) -> float:
    """Seconds: ``1m30s`` is 90."""
    try:
        nanoseconds = durations.parse_go(text)
    except ValueError as error:
        raise CallError(str(error)) from None
    whole, rest = divmod(abs(nanoseconds), durations.SECOND)
    # As Go's Duration.Seconds: two conversions, two roundings.
    value = whole + rest / 1e9
    return -value if nanoseconds < 0 else value


FUNCTIONS = {
    "bytes": Function((STRING,), size),
    "duration": Function((STRING,), seconds),
    "duration_seconds": Function((STRING,), seconds),
}
