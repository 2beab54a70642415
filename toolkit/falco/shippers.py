"""What log shippers put before a line, and how Falco's output looks without ``json_output``."""

from __future__ import annotations

import re

# Each of these may stand before the object, also one after the other.
_PREFIX = re.compile(
    r"(?:"
    # Container runtimes (CRI), kubectl logs --timestamps
    r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) (?:(?:stdout|stderr) F )?"
    # kubectl logs --prefix
    r"|\[pod/[^]]+\] "
    # syslog, RFC 3164
    r"|(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [^:{]+: "
    r")+(?=\{)",
    re.ASCII,
)

# ``%evt.time: Priority message`` in both forms of the time; the start of every line of text output.
_TEXT_OUTPUT = re.compile(
    r"(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d\.\d{9}(?:\+0000)?: "
    r"(?:Emergency|Alert|Critical|Error|Warning|Notice|Informational|Debug) ",
    re.ASCII,
)


def without_prefix(text: str) -> str:
    """``text`` from the object on, where only a known shipper's prefix stands before it."""
    match = _PREFIX.match(text)
    return text[match.end() :] if match else text


def looks_like_text_output(text: str) -> bool:
    """Whether the line is an event that Falco wrote as text: one that cannot be counted."""
    return _TEXT_OUTPUT.match(text) is not None
