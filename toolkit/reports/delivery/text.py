"""Text for places with a language of their own: rule names come from events and stay only text."""

from __future__ import annotations

import re
import unicodedata

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~])")
_ZERO_WIDTH = "\u200b"


def one_line(text: str) -> str:
    """Without line breaks, control characters and those that turn the direction of writing."""
    if text.isprintable():
        return text.strip()
    # Cc: controls. Cf: bidirectional overrides, zero-width marks. Zl, Zp: line separators.
    kept = (" " if c.isspace() and c not in "\u00a0\u202f" else c for c in text)
    return "".join(c for c in kept if unicodedata.category(c) not in ("Cc", "Cf")).strip()


def clipped(text: str, most: int) -> str:
    """At most that many characters, with an ellipsis where something was cut."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def escaped_markdown(text: str) -> str:
    """Text for a chat that reads Markdown: no emphasis, no link, no picture, nobody called.

    ``@all`` and a bare address mean something without any punctuation, so an invisible character
    parts them.
    """
    plain = _MARKDOWN.sub(r"\\\1", one_line(text))
    plain = plain.replace("@", f"@{_ZERO_WIDTH}").replace("://", f":{_ZERO_WIDTH}//")
    plain = re.sub(r"(?i)\bwww\\\.", lambda found: f"{found[0]}{_ZERO_WIDTH}", plain)
    return re.sub(r":(?=[a-z0-9_+\\-]+:)", f":{_ZERO_WIDTH}", plain)


def escaped_slack(text: str) -> str:
    """Text for a place where Slack reads ``<!channel>`` and ``<address|word>``."""
    return one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
