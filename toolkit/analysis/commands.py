"""Command lines that differ in numbers, hashes and ids only, brought to one template.

``gdb -p 6121`` and ``gdb -p 77`` are ``gdb -p <n>``. What stands for an attacker or a program stays
as it is: names, flags, paths, hosts by name. The same text always gives the same template, and a
template is its own template.
"""

from __future__ import annotations

import re
from functools import lru_cache

_B = r"(?<![A-Za-z0-9])"  # a boundary before: _ and - part words here
_E = r"(?![A-Za-z0-9])"
_CLOCK = r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?"
_SAFE = "[bcdfghjklmnpqrstvwxz2-9]"

# In this order: what is told apart first is longest. Names have no digit, so that no later line
# finds anything in a placeholder.
_FORMS = (
    ("uuid", rf"{_B}[0-9A-Fa-f]{{8}}-(?:[0-9A-Fa-f]{{4}}-){{3}}[0-9A-Fa-f]{{12}}{_E}"),
    ("time", rf"{_B}\d{{4}}-\d\d-\d\d(?:[T ]{_CLOCK}(?:Z|[+-]\d\d:?\d\d)?)?{_E}"),
    ("time", rf"{_B}{_CLOCK}{_E}"),
    ("ip", rf"{_B}(?:\d{{1,3}}\.){{3}}\d{{1,3}}{_E}"),
    ("ip", rf"{_B}(?:[0-9A-Fa-f]{{1,4}}:){{7}}[0-9A-Fa-f]{{1,4}}{_E}"),
    # A pod of a Deployment ends in a hash and five letters of Kubernetes' safe alphabet.
    ("pod", rf"(?<=-)(?={_SAFE}*\d){_SAFE}{{6,10}}-{_SAFE}{{5}}{_E}"),
    ("hex", rf"{_B}0[xX][0-9A-Fa-f]+{_E}"),
    # Ids of containers, commits and digests: seven digits or more, letters and figures mixed.
    ("hex", rf"{_B}(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{{7,}}{_E}"),
    ("hex", rf"{_B}(?=[A-F]*\d)(?=\d*[A-F])[0-9A-F]{{7,}}{_E}"),
    # Random names of temporary files: as Python and mktemp make them, letters and figures by
    # turns, or capitals, small letters and figures in one.
    ("id", rf"(?<=/tmp/tmp)[a-z0-9_]{{8}}{_E}"),
    ("id", rf"(?<=/tmp\.)[A-Za-z0-9]{{6,}}{_E}"),
    ("id", rf"{_B}(?=[A-Za-z0-9]{{8,}}{_E})(?:[A-Za-z]+\d+){{2,}}[A-Za-z]*{_E}"),
    ("id", rf"{_B}(?=[a-z0-9]*[A-Z])(?=[A-Z0-9]*[a-z])(?=[A-Za-z]*\d)[A-Za-z0-9]{{6,}}{_E}"),
    ("n", rf"{_B}\d+(?:\.\d+)*{_E}"),
    ("n", r"\d{4,}"),
)
_TOKEN = re.compile("|".join(f"({pattern})" for _, pattern in _FORMS), re.ASCII)
_PLACEHOLDER = re.compile(r"<(?:uuid|time|ip|hex|pod|id|n)>")


@lru_cache(maxsize=65536)
def template(command: str) -> str:
    """The command line with placeholders: ``<n>`` a number, ``<hex>``, ``<uuid>``, ``<ip>``,
    ``<time>``, ``<pod>`` the random end of a pod's name, ``<id>`` another random name.

    Blanks in a row become one, those at the ends go.
    """
    text = " ".join(command.split())
    return _TOKEN.sub(lambda match: f"<{_FORMS[(match.lastindex or 1) - 1][0]}>", text)


def is_literal(text: str) -> bool:
    """Whether a template has no placeholder, so that it is the command itself."""
    return _PLACEHOLDER.search(text) is None


def glob(text: str) -> str:
    """A pattern for Falco's operator ``glob`` that fits the commands of a template.

    It is fnmatch(3) without flags (falcosecurity/libs, userspace/libsinsp/utils.cpp): ``*`` crosses
    slashes. Characters special to it become ``?``, which fits them among others. A template has one
    blank for many, and so has the pattern: commands with several in a row do not fit.
    """
    parts = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        parts.append(re.sub(r"[*?\[\\]", "?", text[end : match.start()]))
        end = match.end()
    parts.append(re.sub(r"[*?\[\\]", "?", text[end:]))
    return re.sub(r"\*{2,}", "*", "*".join(parts))
