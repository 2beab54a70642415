"""How one raw value of a setting, a text or a TOML value, becomes the value that the program uses.

Every function here takes what was written and returns the typed value, or raises ``ValueError``
with what was expected; :mod:`toolkit.settings.load` adds which setting it was and where it stood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from email.utils import getaddresses
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from toolkit.falco.labels import dialects

_WORDS = {"true": True, "yes": True, "on": True, "1": True} | {
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


class Secret:
    """A password or token. Only :meth:`reveal` gives it; printing it shows asterisks."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('********')"

    def __str__(self) -> str:
        return "********"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def text(raw: object) -> str:
    """A text that is not empty."""
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError("expected a text")
    return raw.strip()


def secret(raw: object) -> Secret:
    """A secret: one line, because it travels in a header."""
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError("expected a text")
    if "\n" in raw.strip() or "\r" in raw.strip():
        raise ValueError("expected one line")
    return Secret(raw.strip())


def url(raw: object) -> str:
    """An http or https address without credentials and without a closing slash."""
    value = text(raw)
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"expected an address like http://127.0.0.1:3100 ({error})") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected an address like http://127.0.0.1:3100")
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "expected an address without user name and password: they have settings of their own"
        )
    if parts.query or parts.fragment:
        raise ValueError("expected an address without ?query or #fragment")
    return value.rstrip("/")


def flag(raw: object) -> bool:
    """True or false; in the environment also yes, no, on, off, 1 and 0."""
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in _WORDS:
        return _WORDS[raw.strip().lower()]
    raise ValueError("expected true or false")


def integer(raw: object) -> int:
    """A whole number from 0."""
    if isinstance(raw, str) and raw.strip().isdecimal():
        return int(raw.strip())
    if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0:
        return raw
    raise ValueError("expected a whole number, 0 or more")


def seconds(raw: object) -> float:
    """A length of time above zero, in seconds: ``30``, ``"30s"``, ``"1m"``, ``"500ms"``."""
    if isinstance(raw, timedelta):
        raw = raw.total_seconds()
    if isinstance(raw, int | float) and not isinstance(raw, bool) and 0 < raw < float("inf"):
        return float(raw)
    match = _DURATION.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if match is None or float(match["number"]) == 0:
        raise ValueError("expected a length of time like 30s or 2m")
    return float(match["number"]) * _UNITS[match["unit"]]


def path(raw: object) -> Path:
    """A path, ``~`` expanded. Whether it is there is the business of whoever opens it."""
    if isinstance(raw, Path):
        return raw
    return Path(text(raw)).expanduser()


def texts(raw: object) -> tuple[str, ...]:
    """One text or several; in the environment parted by commas."""
    if isinstance(raw, str):
        parts: Sequence[object] = [part for part in raw.split(",") if part.strip()]
    elif isinstance(raw, Sequence):
        parts = raw
    else:
        raise ValueError("expected a text or a list of texts")
    return tuple(text(part) for part in parts)


def timezone(raw: object) -> str:
    """The name of a time zone in the IANA database, such as ``Europe/Berlin``."""
    name = text(raw)
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("expected a time zone such as UTC or Europe/Berlin") from None
    return name


def pairs(raw: object) -> tuple[tuple[str, str], ...]:
    """Names with a value each, as Falcosidekick writes its ``customfields``: ``source:falco``."""
    found = []
    for one in texts(raw):
        name, colon, value = one.partition(":")
        if not colon or not name.strip() or not value.strip():
            raise ValueError("expected name:value")
        found.append((name.strip(), value.strip()))
    return tuple(found)


def dialect(raw: object) -> str:
    """The name of a label dialect (:func:`toolkit.falco.labels.dialects`)."""
    name = text(raw)
    if name not in dialects():
        raise ValueError(f"expected one of {', '.join(dialects())}")
    return name


def one_of(*words: str) -> Callable[[object], str]:
    """One of these words."""

    def parse(raw: object) -> str:
        word = text(raw)
        if word not in words:
            raise ValueError(f"expected one of {', '.join(words)}")
        return word

    return parse


def mailbox(raw: object) -> str:
    """One mail address, with or without a name: ``Falco <falco@example.org>``."""
    found = mailboxes(raw)
    if len(found) != 1:
        raise ValueError("expected one mail address")
    return found[0]


def mailboxes(raw: object) -> tuple[str, ...]:
    """Mail addresses, each with or without a name; as one text parted by commas."""
    parts = [raw] if isinstance(raw, str) else raw
    if not isinstance(parts, Sequence) or not parts:
        raise ValueError("expected a mail address or a list of them")
    texts_given = [text(part) for part in parts]
    if any(ord(character) < 32 for one in texts_given for character in one):
        raise ValueError("expected a mail address without line breaks")
    pairs = getaddresses(texts_given)
    for _, address in pairs:
        local, at, domain = address.rpartition("@")
        if not (local and at and domain) or any(c.isspace() for c in address):
            raise ValueError("expected a mail address such as team@example.org")
    # A name is quoted, so that a comma in it parts nothing when it is read again.
    quoted = [(re.sub(r'[\\"\x00-\x1f]', "", name), address) for name, address in pairs]
    return tuple(f'"{name}" <{address}>' if name else address for name, address in quoted)


def link(raw: object) -> str:
    """An http or https address to be clicked; ``{period}`` may stand in it."""
    value = text(raw)
    parts = urlsplit(value.replace("{period}", "2026-W01"))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected an address like https://reports.example.org/{period}/")
    return value
