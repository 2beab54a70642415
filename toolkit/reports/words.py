"""Numbers and names in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from toolkit.falco.refusal import Reason
from toolkit.sources.files import Refused

NO_HOSTNAME = "(no hostname)"
_SECOND = 10**9
_HOUR = 3600 * _SECOND


def number(value: int) -> str:
    """``12345`` as ``12 345``, with a narrow no-break space that no language reads as a point."""
    return f"{value:,}".replace(",", "\u202f")


def events(value: int) -> str:
    """``1 event``, ``12 events``."""
    return f"{number(value)} event" + ("" if value == 1 else "s")


def signed(value: int) -> str:
    """A change with its sign, and ``0`` for none."""
    return number(value) if value == 0 else ("+" if value > 0 else "\u2212") + number(abs(value))


def node(name: str | None) -> str:
    """A node's name, or what stands for none."""
    return NO_HOSTNAME if name is None else name


def listed(names: Sequence[str], most: int = 3) -> str:
    """``a``, ``a and b``, ``a, b and c``, ``a, b, c and 4 more``."""
    shown = list(names[:most])
    rest = len(names) - len(shown)
    if rest:
        shown.append(f"{number(rest)} more")
    if len(shown) < 2:
        return "".join(shown)
    return ", ".join(shown[:-1]) + " and " + shown[-1]


def comparison(now: int, before: int, period: str) -> str:
    """Two counts side by side in words, without a percentage that small numbers cannot carry."""
    if now == before:
        return f"as many as in the {period} before"
    if before == 0:
        return f"after none in the {period} before"
    way = "more" if now > before else "fewer"
    text = f"{number(abs(now - before))} {way} than in the {period} before ({number(before)})"
    if min(now, before) >= 20:
        factor = max(now, before) / min(now, before)
        if factor >= 1.5:
            times = f"{factor:.1f} times"
            text += f", {times} as many" if now > before else f", a factor of {factor:.1f} down"
    return text


def trend(word: str, low: float | None, high: float | None) -> str:
    """``surging, 2.1 to 5.3 times``; the interval says how sure the word is."""
    if word not in ("surging", "falling", "steady") or low is None or high is None:
        return word
    return f"{word}, {low:.1f} to {high:.1f} times"


def times(value: float) -> str:
    """A factor with as many digits as it deserves: ``0.45``, ``3.7``, ``217``."""
    if value >= 10:
        return number(round(value))
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def interval(low: float | None, high: float | None) -> str | None:
    """``2.1 to 5.3``; an end that is not finite is open."""
    if low is None:
        return None
    if high is None or high == float("inf"):
        return f"{times(low)} or more"
    return f"{times(low)} to {times(high)}"


def about(value: float | None) -> str:
    """A count that was expected: ``about 182``, ``less than 1``."""
    if value is None:
        return "an unknown number"
    return f"about {number(round(value))}" if value >= 1 else "less than 1"


def sentence(text: str) -> str:
    """The text with a capital at its start and a stop at its end."""
    return text[:1].upper() + text[1:].rstrip(".") + "."


def plural(value: int, one: str, many: str = "") -> str:
    """``1 rule``, ``3 rules``."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def hours(nanoseconds: int) -> str:
    """``3 hours``, ``2 days``."""
    value = round(nanoseconds / _HOUR)
    if value >= 48:
        return f"{round(value / 24)} days"
    return "an hour" if value == 1 else f"{value} hours"


def duration(nanoseconds: int) -> str:
    """``60 s``, ``1 h``, ``7 days``."""
    for unit, name in ((24 * _HOUR, "days"), (_HOUR, "h"), (_HOUR // 60, "min"), (_SECOND, "s")):
        if nanoseconds >= unit and nanoseconds % unit == 0:
            return f"{number(nanoseconds // unit)}\u00a0{name}"
    return f"{nanoseconds}\u00a0ns"


def short_day(day: date) -> str:
    """``Mon 9``."""
    return f"{day:%a} {day.day}"


def moment(iso: str) -> str:
    """``2026-11-22 23:55`` of an ISO 8601 text, in its own zone; the report names the zone once."""
    return iso[:16].replace("T", "\u00a0")


def why(refused: Refused) -> str:
    """``the line is not JSON (3) and the last line is truncated (1)``."""
    reasons = [f"{Reason(code).sentence} ({number(n)})" for code, n in refused.reasons.items()]
    return listed(reasons, most=len(reasons))
