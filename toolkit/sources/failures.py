"""What a Loki says when it does not answer: its plain texts, read once and for all.

The texts are those of grafana/loki 2.9 (``pkg/validation``, ``pkg/logqlmodel``) and 3.8; each
pattern fits both. A limit that a smaller question may pass is :class:`Refused`; everything else
becomes the error that the caller sees, with the query in it.
"""

from __future__ import annotations

import re
from typing import NoReturn

from toolkit.errors import (
    LogQLSyntaxError,
    SourceError,
    SourceHidden,
    SourceLimit,
    SourceResponseError,
    SourceTimeout,
    Span,
)
from toolkit.http import GATEWAY_STATUSES, Response
from toolkit.logql.durations import parse_prometheus
from toolkit.sources.limits import Kind, Refused

_LIMITS: tuple[tuple[Kind, re.Pattern[str], str], ...] = (
    (
        "series",
        re.compile(r"maximum (?:number )?of series \((?P<number>\d+)\) reached"),
        "aggregate by fewer labels (sum by (rule) (...)), or ask for a shorter time",
    ),
    (
        "length",
        re.compile(r"query time range exceeds the limit \(.*limit: (?P<duration>\w+)\)"),
        "ask for a shorter time, or raise Loki's max_query_length",
    ),
    (
        "window",
        re.compile(r"\[interval\] value exceeds limit: \[\w+\] > \[(?P<duration>\w+)\]"),
        "use a shorter window [R], or raise Loki's max_query_range",
    ),
    ("points", re.compile(r"exceeded maximum resolution"), "use a longer step"),
    (
        "entries",
        re.compile(r"max entries limit per query exceeded.*\(\d+ > (?P<number>\d+)\)"),
        "raise Loki's max_entries_limit_per_query",
    ),
    (
        "cost",
        re.compile(r"would read too many bytes"),
        "ask for a shorter time or fewer streams",
    ),
    (
        # One query of Loki 2.9 over some days is split into more than its queue holds.
        "queue",
        re.compile(r"too many outstanding requests"),
        "ask for a shorter time, or raise Loki's max_outstanding_per_tenant",
    ),
)
_PARSE_ERROR = re.compile(r"parse error(?: at line (?P<line>\d+), col (?P<column>\d+))?")
_SIGN_IN = {
    "Loki": "set LOKI_USERNAME and LOKI_PASSWORD, or LOKI_BEARER_TOKEN",
    "Grafana": "set GRAFANA_TOKEN, or GRAFANA_USER and GRAFANA_PASSWORD",
}


def raise_for(response: Response, *, query: str, name: str) -> None:
    """Nothing for a success. ``name`` is who was asked: Loki or Grafana."""
    if response.ok and not response.is_html:
        return
    body = response.text.strip()
    status = response.status
    if status == 504:
        raise Refused("cost", _too_slow(body, query, response.url))
    if response.is_html:
        _refuse(response, f"{response.url} answered {status} with an HTML page", query, name)
    # Loki 2.9 answers its limit on series with 500.
    for kind, pattern, hint in _LIMITS:
        match = pattern.search(body)
        if match is not None:
            error = SourceLimit(f"{name}: {body}", query=query, url=response.url, hint=hint)
            raise Refused(kind, error, _value(match))
    if status == 400 and (match := _PARSE_ERROR.match(body)) is not None:
        raise LogQLSyntaxError(body, text=query, span=_place(query, match))
    _refuse(response, f"{name} answered {status}: {body or 'nothing'}", query, name)


def slow(error: SourceTimeout) -> Refused:
    """A time-out: a smaller question may be answered in time."""
    return Refused("cost", error)


def _refuse(response: Response, message: str, query: str, name: str) -> NoReturn:
    hint = None
    if response.status == 401:
        hint = _SIGN_IN[name]
        if "no org id" in response.text:
            hint = "this Loki has tenants: set LOKI_ORG_ID or --loki-org-id"
    elif response.status == 403:
        hint = f"{name} knows who asks, and does not permit it"
    elif response.is_html and response.status in GATEWAY_STATUSES:
        hint = f"a proxy in front of {name} finds nothing behind; does it run?"
    elif response.status == 404 or response.is_html:
        hint = f"is {response.url.split('/loki/')[0]} the address of a Loki?"
    hidden = response.is_html or response.status in GATEWAY_STATUSES
    raise (SourceHidden if hidden else SourceResponseError)(
        message,
        status=response.status,
        body=response.text[:10_000],
        query=query,
        url=response.url,
        hint=hint,
    )


def _too_slow(body: str, query: str, url: str) -> SourceError:
    return SourceTimeout(
        f"Loki gave up: {body or 'gateway timeout'}",
        query=query,
        url=url,
        hint="ask for a shorter time, or raise Loki's query_timeout",
    )


def _value(match: re.Match[str]) -> int | None:
    """The limit that the text names: a number, or a length of time in ns."""
    found = match.groupdict()
    if found.get("number"):
        return int(found["number"])
    if found.get("duration"):
        return parse_prometheus(found["duration"])
    return None


def _place(query: str, match: re.Match[str]) -> Span:
    """Loki counts columns from 1, and prints line 0 for some tokens; without a place, the start."""
    if match["line"] is None:
        return Span(0, len(query))
    lines = query.split("\n")
    line = min(max(1, int(match["line"])), len(lines))
    start = sum(len(one) + 1 for one in lines[: line - 1])
    at = min(start + max(1, int(match["column"])) - 1, len(query))
    return Span(at, min(at + 1, len(query)))
