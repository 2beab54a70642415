"""Loki over HTTP, directly or through a proxy that puts a path in front of Loki's own.

One request is asked here; how one question becomes several is the planner's business. Works with
Loki 2.9 and 3: only endpoints and parameters that both have are used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from toolkit.errors import LogQLTypeError, SourceResponseError, SourceTimeout
from toolkit.http import RETRY_STATUSES, HttpClient
from toolkit.logql import ast
from toolkit.logql.parser import parse, parse_selector
from toolkit.logql.printer import print_expr
from toolkit.results import Labels, Matrix, Scalar, Streams, Vector
from toolkit.sources.base import Direction, SourceDescription
from toolkit.sources.cache import AnswerCache
from toolkit.sources.failures import raise_for, slow
from toolkit.sources.limits import Limits, Refused
from toolkit.sources.moments import Grid
from toolkit.sources.paging import SECOND, Pager
from toolkit.sources.planner import Planner
from toolkit.sources.rewrite import reach
from toolkit.sources.wire import CATEGORIZE, decode, label_key, warnings_of

API = "/loki/api/v1"
_LONGEST_ADDRESS = 6000
"""Servers and proxies take addresses up to 8 KiB; what is longer travels in a POST form."""

# A 504 is not asked again as it was, but in a smaller piece.
_RETRY = RETRY_STATUSES - {504}

_NOT_INSTANT = (
    "log queries are not supported as an instant query type, "
    "please change your query to a range query type"
)
_NOT_LOG = "a metric query has no lines: ask for its samples"


class HttpSource:
    """A :class:`~toolkit.sources.base.LokiSource` that asks a Loki over HTTP."""

    def __init__(
        self,
        client: HttpClient,
        description: SourceDescription,
        *,
        prefix: str = "",
        cache: AnswerCache | None = None,
        limits: Limits | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._client = client
        self._description = description
        self._prefix = prefix
        self._cache = cache
        self._clock = clock
        limits = limits or Limits()
        self._limits = limits
        self._planner = Planner(self._ask_range, self._ask_instant, self._series_of, limits)
        self._pager = Pager(self._ask_log, self._series_of, limits)

    def close(self) -> None:
        """Gives the connections back."""
        self._client.close()

    # --- the protocol -----------------------------------------------------------------------------

    def describe(self) -> SourceDescription:
        """Kind and address of this source."""
        return self._description

    def query(self, query: str, *, time: int) -> Vector | Scalar:
        """A metric query at one moment; a range ``[R]`` in it reads ``(time - R, time]``."""
        expr = parse(query, variables=False)
        if isinstance(expr, ast.LogQuery):
            raise LogQLTypeError(_NOT_INSTANT, text=query, span=expr.span)
        return self._planner.instant(expr, time)

    def query_range(self, query: str, *, start: int, end: int, step: int) -> Matrix:
        """A metric query at just ``start, start + step, ... <= end`` (``step`` in ns)."""
        expr = parse(query, variables=False)
        if isinstance(expr, ast.LogQuery):
            raise LogQLTypeError(_NOT_INSTANT, text=query, span=expr.span)
        if step <= 0:
            raise LogQLTypeError(
                "zero or negative query resolution step widths are not accepted. "
                "Try a positive integer",
                text=query,
            )
        if end < start:
            raise LogQLTypeError(
                "end timestamp must not be before or equal to start time", text=query
            )
        return self._planner.range(expr, Grid(start, step, (end - start) // step + 1))

    def query_log(
        self,
        query: str,
        *,
        start: int,
        end: int,
        limit: int | None = None,
        direction: Direction = "backward",
    ) -> Streams:
        """The lines of a log query in ``[start, end)``: all of them, or the first ``limit``."""
        expr = parse(query, variables=False)
        if not isinstance(expr, ast.LogQuery):
            raise LogQLTypeError(_NOT_LOG, text=query, span=expr.span)
        return self._pager.lines(expr, start, end, limit, direction)

    def labels(self, *, start: int, end: int) -> Sequence[str]:
        """Label names present in the range, sorted."""
        return self._names(f"{API}/labels", start, end, {})

    def label_values(
        self, name: str, *, start: int, end: int, selector: str | None = None
    ) -> Sequence[str]:
        """Values of one label in the range, sorted; only of streams that ``selector`` matches."""
        params = {} if selector is None else {"query": _text(parse_selector(selector))}
        return self._names(f"{API}/label/{quote(name, safe='')}/values", start, end, params)

    def series(self, selector: str, *, start: int, end: int) -> Sequence[Labels]:
        """Label sets of the streams in the range that ``selector`` matches."""
        return self._series_of(parse_selector(selector), start, end)

    # --- one request each -------------------------------------------------------------------------

    def _ask_range(self, query: str, grid: Grid) -> Matrix:
        params = {"start": str(grid.start), "end": str(grid.last), "step": _seconds(grid.step)}
        answer = self._answer("query_range", query, params, grid.last)
        if not isinstance(answer, Matrix):
            raise _surprise(answer, query, self._client.url)
        return answer

    def _ask_instant(self, query: str, time: int) -> Vector | Scalar:
        answer = self._answer("query", query, {"time": str(time)}, time)
        if not isinstance(answer, Vector | Scalar):
            raise _surprise(answer, query, self._client.url)
        return answer

    def _ask_log(
        self, query: str, start: int, end: int, limit: int, direction: Direction
    ) -> Streams:
        params = {
            "start": str(start),
            "end": str(end),
            "limit": str(limit),
            "direction": direction,
        }
        answer = self._answer("query_range", query, params, end)
        if not isinstance(answer, Streams):
            raise _surprise(answer, query, self._client.url)
        return answer

    def _answer(self, endpoint: str, query: str, params: Mapping[str, str], newest: int) -> Any:
        """One answer of ``query`` or ``query_range``, from the cache where it is of the past."""
        params = {"query": query, **params}
        path = f"{API}/{endpoint}"
        direction = params.get("direction", "backward")
        cache = self._cache
        reads_until = newest + reach(parse(query, variables=False))[1]
        if cache is not None and not cache.settled(reads_until, self._clock(), query):
            cache = None
        if cache is not None and (kept := cache.get(path, params)) is not None:
            return decode(orjson.loads(kept), direction=direction)
        document, body = self._get(path, params, query)
        try:
            result = decode(document, direction=direction)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise self._misread(query, body, error) from None
        if result.warnings:
            # A part is never taken for the whole.
            raise SourceResponseError(
                f"{self._client.name} answered in part: {'; '.join(result.warnings)}",
                status=200,
                body="\n".join(result.warnings),
                query=query,
                url=self._client.url,
                hint="ask for a shorter time or fewer series",
            )
        if cache is not None:
            cache.put(path, params, body)
        return result

    def _get(self, path: str, params: Mapping[str, str], query: str) -> tuple[Any, bytes]:
        by_form = len(urlencode(params)) > _LONGEST_ADDRESS
        try:
            response = self._client.request(
                "POST" if by_form else "GET",
                self._prefix + path,
                params=None if by_form else params,
                form=params if by_form else None,
                headers=CATEGORIZE,
                query=query,
                idempotent=True,
                retry_on=_RETRY,
            )
        except SourceTimeout as error:
            raise slow(error) from None
        raise_for(response, query=query, name=self._client.name)
        document = response.json()
        if not isinstance(document, dict) or document.get("status") != "success":
            raise self._misread(query, response.body, "no success")
        return document, response.body

    def _misread(self, query: str, body: bytes, why: object) -> SourceResponseError:
        return SourceResponseError(
            f"{self._client.name} at {self._client.url} answered something that is no answer of "
            f"Loki's ({why})",
            status=200,
            body=body[:1000].decode("utf-8", "replace"),
            query=query,
            url=self._client.url,
            hint="is this the address of a Loki?",
        )

    # --- labels and streams -----------------------------------------------------------------------

    def _names(self, path: str, start: int, end: int, params: Mapping[str, str]) -> list[str]:
        found: set[str] = set()
        for document in self._pieces(path, start, end, params):
            # Loki leaves data out where there is nothing.
            found.update(document.get("data") or ())
        return sorted(found)

    def _series_of(self, selector: ast.Selector, start: int, end: int) -> list[Labels]:
        params = {"match[]": _text(selector)}
        found: dict[tuple[tuple[str, str], ...], Labels] = {}
        for document in self._pieces(f"{API}/series", start, end, params):
            found.update((label_key(one), one) for one in document.get("data") or ())
        return [found[key] for key in sorted(found)]

    def _pieces(
        self, path: str, start: int, end: int, params: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        """The answers for a range in pieces that ``max_query_length`` and the time-out allow.

        Loki 3.8 answers 500 to a piece of nanoseconds, and its index is coarser than seconds.
        """
        documents = []
        start -= start % SECOND
        end = max(end + -end % SECOND, start + SECOND)
        longest = end - start
        while True:
            length = min(longest, self._limits.length, end - start)
            within = {**params, "start": str(start), "end": str(start + length)}
            query = params.get("match[]") or params.get("query") or ""
            try:
                document, body = self._get(path, within, query)
            except Refused as refused:
                known = self._limits.length
                self._limits.learn(refused)
                if refused.kind in ("cost", "queue") and length > SECOND:
                    longest = max(SECOND, length // 2)
                elif self._limits.length == known:
                    raise refused.error from None
                continue
            if warnings_of(document):
                raise self._misread(query, body, "; ".join(warnings_of(document)))
            documents.append(document)
            start += length
            if start >= end:
                return documents


def _seconds(nanoseconds: int) -> str:
    """A step as Loki reads it: seconds, exact to the millisecond."""
    whole, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{whole}.{rest // 1_000_000:03d}" if rest else str(whole)


def _text(selector: ast.Selector) -> str:
    return print_expr(ast.LogQuery(selector))


def _surprise(answer: object, query: str, url: str) -> SourceResponseError:
    kind = type(answer).__name__.lower()
    return SourceResponseError(
        f"{url} answered a {kind}, which is not what such a query gives",
        status=200,
        body="",
        query=query,
        url=url,
    )
