"""``| unwrap``: a number out of a label (``pkg/logql/log/metrics_extraction.go``)."""

from __future__ import annotations

from collections.abc import Callable

from toolkit.engine.pipeline.caching import cached
from toolkit.logql.bytesize import parse_bytes
from toolkit.logql.durations import SECOND, parse_go
from toolkit.logql.numbers import parse_float

EXTRACTION_ERROR = "SampleExtractionErr"


def conversion(kind: str | None) -> Callable[[str], float | str]:
    """The function from a label's value to the number, or to Go's words on why it is none.

    Durations become seconds, sizes bytes.
    """
    convert = _CONVERSIONS[kind]

    @cached
    def converted(text: str) -> float | str:
        try:
            return convert(text)
        except ValueError as error:
            return str(error)

    return converted


def _seconds(text: str) -> float:
    nanoseconds = parse_go(text)
    seconds, rest = divmod(abs(nanoseconds), SECOND)
    length = seconds + rest / 1e9  # in these two steps, as Go's Duration.Seconds
    return length if nanoseconds >= 0 else -length


def _bytes(text: str) -> float:
    return float(parse_bytes(text))


_CONVERSIONS: dict[str | None, Callable[[str], float]] = {
    None: parse_float,
    "bytes": _bytes,
    "duration": _seconds,
    "duration_seconds": _seconds,
}
