"""Moments as Go prints them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def go_time_seconds(nanoseconds: int) -> str:
    """RFC 3339 in whole seconds, UTC: ``2026-11-23T07:50:00Z``."""
    try:
        moment = _EPOCH + timedelta(seconds=nanoseconds // 1_000_000_000)
    except OverflowError:
        return f"{nanoseconds} ns"
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def go_time(nanoseconds: int) -> str:
    """Go's ``Time.String`` in UTC: ``2026-11-23 07:50:00.5 +0000 UTC``."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return f"{nanoseconds} ns"
    decimals = f".{fraction:09d}".rstrip("0") if fraction else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{decimals} +0000 UTC"
