"""Grafana's variables in queries: which there are, and what they become.

Grafana replaces them in the text of a query before Loki sees it: ``$name``, ``${name}``,
``${name:format}``, ``${name.field}`` and ``[[name]]`` of the dashboard, and the macros of its Loki
plugin such as ``$__interval`` (grafana/grafana packages/grafana-data, format registry and
``VARIABLE_REGEX``; grafana/grafana-loki-datasource, ``interpolateQueryExpr`` and
pkg/loki/parse_query.go).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote as percent_encode

from toolkit.errors import Span
from toolkit.logql.durations import DAY, HOUR, MILLISECOND, MINUTE, SECOND, YEAR

VARIABLE_PATTERN: Final = r"\$\w++|\$\{\w++(?:\.[^:}]++)?(?::[^}]++)?\}|\[\[\w++(?::\w++)?\]\]"
"""A reference, as part of another regular expression."""

_REFERENCE: Final = re.compile(
    r"\$(?P<plain>\w+)"
    r"|\$\{(?P<braced>\w+)(?:\.(?P<field>[^:}]+))?(?::(?P<format>[^}]+))?\}"
    r"|\[\[(?P<old>\w+)(?::(?P<old_format>\w+))?\]\]"
)
_REGEX_CHARACTER: Final = re.compile(r"[\\^$.*+?()\[\]{}|]")
_LOKI_CHARACTER: Final = re.compile(r"[$^*{}\[\]'+?.()|]")
_LUCENE_CHARACTER: Final = re.compile(r"[!*+\-=<>\s&|()\[\]{}^~?:\\/\"]")
_UNITS: Final = (("y", YEAR), ("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND))

MACROS: Final = frozenset(
    ["__interval", "__interval_ms", "__range", "__range_s", "__range_ms", "__auto"]
)
"""What the Loki plugin of Grafana replaces itself, in alert rules too. ``__auto`` since 10.2."""

Value = str | Sequence[str]
"""A text, or the chosen values of a variable that allows several."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A variable in a text: its name, its format and field ("" for none), and where it stands."""

    name: str
    format: str
    field: str
    text: str
    span: Span


def references(text: str) -> list[Reference]:
    """The variables in ``text``, inside of strings and outside, in order."""
    return [_reference(match) for match in _REFERENCE.finditer(text)]


def _reference(match: re.Match[str]) -> Reference:
    return Reference(
        name=match["plain"] or match["braced"] or match["old"],
        format=match["format"] or match["old_format"] or "",
        field=match["field"] or "",
        text=match[0],
        span=Span(*match.span()),
    )


def has_variable(text: str) -> bool:
    """Whether ``text`` holds a variable."""
    return _REFERENCE.search(text) is not None


def substitute(text: str, values: Mapping[str, Value]) -> str:
    """``text`` with the variables that ``values`` names replaced, the others left as they are.

    Without a format a text is put in as it is, several values as alternatives of a regular
    expression inside of a double-quoted string, as Grafana's Loki plugin does. Nothing is escaped
    beyond what Grafana escapes: the result is what Grafana would send, right or wrong.
    """

    def replacement(match: re.Match[str]) -> str:
        found = _reference(match)
        if found.name not in values or (found.name == "__auto" and found.text != "$__auto"):
            return found.text
        return format_value(found.name, values[found.name], found.format)

    return _REFERENCE.sub(replacement, text)


def macros(
    *, interval: int, range: int, step: int | None = None, instant: bool = False
) -> dict[str, str]:
    """Values for the macros, from nanoseconds.

    ``$__auto`` is the step of a range query (``interval`` unless ``step`` says otherwise) and the
    whole range of an instant query. ``$__range`` is in whole seconds, ``$__interval`` in the
    largest unit that it fills, the rest cut off.
    """
    seconds = str(int(range / SECOND + 0.5))
    return {
        "__interval": format_interval(interval),
        "__interval_ms": str(interval // MILLISECOND),
        "__range": f"{seconds}s",
        "__range_s": seconds,
        "__range_ms": str(range // MILLISECOND),
        "__auto": f"{seconds}s" if instant else format_interval(interval if step is None else step),
    }


def format_interval(nanoseconds: int) -> str:
    """A length of time as Grafana writes an interval: ``90s`` is ``1m``, at least ``1ms``."""
    for name, unit in _UNITS:
        if nanoseconds >= unit:
            return f"{nanoseconds // unit}{name}"
    return f"{max(1, nanoseconds // MILLISECOND)}ms"


def format_value(name: str, value: Value, format: str = "") -> str:
    """``value`` of the variable ``name`` in one of Grafana's formats, "" for the Loki plugin's own.

    A format that Grafana does not know is taken for ``glob``, as Grafana does.
    """
    if not format:
        return value if isinstance(value, str) else "|".join(map(_escape_for_loki, value))
    if format == "distributed":
        return f",{name}=".join(_items(value))
    if format == "queryparam":
        return "&".join(f"var-{name}={_percent(item)}" for item in _items(value))
    return _FORMATS.get(format.partition(":")[0], _glob)(value)


def _items(value: Value) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _escape_for_loki(value: str) -> str:
    # Twice: for the regular expression, and for the double quotes around it.
    return _LOKI_CHARACTER.sub(r"\\\\\g<0>", value.replace("\\", "\\\\\\\\"))


def _joined(separator: str, item: Callable[[str], str] = str) -> Callable[[Value], str]:
    return lambda value: separator.join(item(one) for one in _items(value))


def _regex(value: Value) -> str:
    escaped = [_REGEX_CHARACTER.sub(r"\\\g<0>", one) for one in _items(value)]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _glob(value: Value) -> str:
    items = _items(value)
    return items[0] if len(items) == 1 else "{" + ",".join(items) + "}"


def _lucene(value: Value) -> str:
    items = [_LUCENE_CHARACTER.sub(r"\\\g<0>", one) for one in _items(value)]
    if isinstance(value, str):
        return items[0]
    return "(" + " OR ".join(f'"{one}"' for one in items) + ")" if items else "__empty__"


def _json(value: Value) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(list(value), ensure_ascii=False, separators=(",", ":"))


def _percent(value: str) -> str:
    return percent_encode(value, safe="")


def _percent_encode(value: Value) -> str:
    return _percent(value if isinstance(value, str) else "{" + ",".join(value) + "}")


_FORMATS: Final[dict[str, Callable[[Value], str]]] = {
    "raw": _joined(","),
    "text": _joined(" + "),
    "csv": _joined(","),
    "pipe": _joined("|"),
    "regex": _regex,
    "glob": _glob,
    "json": _json,
    "lucene": _lucene,
    "html": _joined(", ", html.escape),
    "percentencode": _percent_encode,
    "singlequote": _joined(",", lambda one: "'" + one.replace("'", "\\'") + "'"),
    "doublequote": _joined(",", lambda one: '"' + one.replace('"', '\\"') + '"'),
    "sqlstring": _joined(",", lambda one: "'" + one.replace("'", "''") + "'"),
}
