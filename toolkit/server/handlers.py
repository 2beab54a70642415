"""The handlers of the data: push, queries, labels, sizes. Each is a function of one call."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

from toolkit.engine import parameters
from toolkit.engine.engine import Engine
from toolkit.engine.frontend import Frontend
from toolkit.engine.processed import Processed
from toolkit.errors import LogQLError
from toolkit.logql.ast import LogQuery, Matcher
from toolkit.logql.parser import parse
from toolkit.logql.pretty import format_query as pretty
from toolkit.logql.quoting import shown
from toolkit.results import Result, Streams
from toolkit.server import encode, fields, index, streams
from toolkit.server.errors import HTTPError
from toolkit.server.push import handler as pushing
from toolkit.server.tenants import Tenant

if TYPE_CHECKING:
    from toolkit.server.app import Call

_JSON = "application/json; charset=UTF-8"
_END_BEFORE_START = "end timestamp must not be before or equal to start time"
_MAX_FIELDS = 1000
_NOTHING_TO_MERGE = "merging responses requires at least one response"


def _tenant(call: Call) -> Tenant:
    return call.server.tenants.of(call.request.headers)


def _json(document: Any) -> Response:
    return Response(orjson.dumps(document) + b"\n", media_type=_JSON)


def push(call: Call) -> Response:
    """204 for a push that is stored whole; an error's text for what was refused of it."""
    try:
        refused = _store(call)
    except HTTPError as error:
        refused = error
    if refused is not None:
        raise HTTPError(refused.status, f"{refused.message}\n")
    return Response(status_code=204)


def _store(call: Call) -> HTTPError | None:
    tenant = call.server.tenants.receiving(call.request.headers, several=400)
    config, headers = call.server.config, call.request.headers
    kind, encoding = headers.get("content-type", ""), headers.get("content-encoding", "")
    block, refused = pushing.take(call.body, kind, encoding, config, tenant.admission, call.now)
    if block is not None:
        tenant.store.append_block(block)
        call.server.metrics.received(tenant.name, len(block), len(call.body))
    return refused


def query(call: Call) -> Response:
    """``query``: a metric query at one moment."""
    tenant = _tenant(call)
    asked = parameters.instant_parameters(call.form, call.now)
    started, processed = time.perf_counter(), Processed()
    result = _frontend(call, tenant, processed).instant(asked, partial=_partial(call))
    return _result(call, result, started, processed)


def query_range(call: Call) -> Response:
    """``query_range``: a metric query at steps, or the lines of a log query."""
    tenant = _tenant(call)
    asked = parameters.range_parameters(call.form, call.now)
    started, processed = time.perf_counter(), Processed()
    frontend = _frontend(call, tenant, processed)
    result = frontend.range(
        asked, categorize=encode.wants_categories(call.request.headers), partial=_partial(call)
    )
    return _result(call, result, started, processed)


def _frontend(call: Call, tenant: Tenant, processed: Processed | None = None) -> Frontend:
    limits = call.server.config.limits
    return Frontend(Engine(tenant.store.snapshot, limits, processed), limits, lambda: call.now)


def _partial(call: Call) -> bool:
    """Whether Grafana's Logs Drilldown asks, which would rather have some series than an error.

    Source: grafana/loki ``pkg/util/httpreq/tags.go``.
    """
    tags = call.request.headers.get("x-query-tags", "").split(",")
    pairs = [[part for part in tag.split("=") if part] for tag in tags]
    return any(
        pair[0].lower() == "source" and pair[1].lower() == "grafana-lokiexplore-app"
        for pair in pairs
        if len(pair) == 2
    )


def _result(call: Call, result: Result, started: float, processed: Processed) -> Response:
    body = encode.encode_result(
        result,
        processed,
        seconds=time.perf_counter() - started,
        categorize=encode.wants_categories(call.request.headers),
    )
    return Response(body, media_type=_JSON)


def _bounds(call: Call, tenant: Tenant) -> tuple[int, int]:
    return _ordered(call, tenant, *parameters.bounds(call.form, call.now))


def _ordered(call: Call, tenant: Tenant, start: int, end: int) -> tuple[int, int]:
    if end < start:
        # What Loki answers when it splits such a range into no requests at all.
        raise HTTPError(500, _NOTHING_TO_MERGE)
    return _within(call, tenant, start, end)


def _within(call: Call, tenant: Tenant, start: int, end: int) -> tuple[int, int]:
    """The range within the limits of queries; an empty one where nothing of it is left."""
    return _frontend(call, tenant).within_limits(start, end) or (end, end)


def _matchers(call: Call) -> Sequence[Matcher]:
    text = call.form.get("query")
    return streams.matchers_of(text) if text else ()


def labels(call: Call) -> Response:
    """``labels``: the label names."""
    tenant = _tenant(call)
    start, end = _bounds(call, tenant)
    snapshot = tenant.store.snapshot()
    names = streams.label_names(snapshot, _matchers(call), start, end)
    return Response(encode.encode_list(names), media_type=_JSON)


def label_values(call: Call) -> Response:
    """``label/<name>/values``."""
    tenant = _tenant(call)
    start, end = _bounds(call, tenant)
    snapshot = tenant.store.snapshot()
    name = call.request.path_params["name"]
    values = streams.label_values(snapshot, name, _matchers(call), start, end)
    return Response(encode.encode_list(values), media_type=_JSON)


def series(call: Call) -> Response:
    """``series``: the label sets of streams."""
    tenant = _tenant(call)
    texts = [*call.values.get("match", ()), *call.values.get("match[]", ())]
    start, end = parameters.bounds(call.form, call.now)
    selectors = streams.selectors_of(texts)
    start, end = _ordered(call, tenant, start, end)
    found = streams.series(tenant.store.snapshot(), selectors, start, end)
    return _json({"status": "success", "data": found})


def index_stats(call: Call) -> Response:
    """``index/stats``: streams, entries and bytes."""
    tenant = _tenant(call)
    asked = parameters.range_parameters(call.form, call.now)
    start, end = _within(call, tenant, asked.start, asked.end)
    matchers = streams.matchers_of(asked.query)
    return _json(index.stats(tenant.store.snapshot(), matchers, start, end))


def index_volume(call: Call) -> Response:
    """``index/volume``: bytes by label set."""
    tenant = _tenant(call)
    most = _volume_limit(tenant)
    form = index.volume_form(call.form)
    asked = parameters.instant_parameters(form, call.now)
    by_labels = index.by_labels(form)
    start, end = parameters.bounds(form, call.now)
    if end < start:
        raise HTTPError(400, _END_BEFORE_START)
    # asked for in whole seconds, which shows in what a refusal says
    length = end // parameters.SECOND - start // parameters.SECOND
    _frontend(call, tenant).check_length(length * parameters.SECOND)
    start, end = _within(call, tenant, start, end)
    wanted = index.volume_query(form, asked.limit, by_labels, most)
    found = index.volumes(tenant.store.snapshot(), wanted, start, end)
    return _volume([(key, [(end, size)]) for key, size in found.items()])


def index_volume_range(call: Call) -> Response:
    """``index/volume_range``: bytes by label set and step."""
    tenant = _tenant(call)
    most = _volume_limit(tenant)
    form = index.volume_form(call.form)
    asked = parameters.range_parameters(form, call.now)
    by_labels = index.by_labels(form)
    # each step is asked for alone, and that is what has to be within the limits
    length = min(asked.step, asked.end - asked.start)
    _frontend(call, tenant).check_length(length - parameters.SECOND)
    wanted = index.volume_query(form, asked.limit, by_labels, most)
    snapshot = tenant.store.snapshot()
    found = index.volume_ranges(snapshot, wanted, asked.start, asked.end, asked.step)
    return _volume(list(found.items()))


def _volume_limit(tenant: Tenant) -> int:
    limits = tenant.engine.limits
    if not limits.volume_enabled:
        raise HTTPError(404, "not found")
    return limits.volume_max_series


def _volume(found: Sequence[tuple[index.Pairs, Sequence[tuple[int, int]]]]) -> Response:
    """A matrix, or a vector where no label set has more than one point."""
    kind = "matrix" if any(len(points) > 1 for _, points in found) else "vector"
    rows: list[dict[str, Any]] = []
    for key, points in found:
        values = [[encode.seconds_of(at), str(size)] for at, size in points]
        shown = {"values": values} if kind == "matrix" else {"value": values[0]}
        rows.append({"metric": dict(key), **shown})
    return _json({"status": "success", "data": {"resultType": kind, "result": rows}})


def detected_labels(call: Call) -> Response:
    """``detected_labels``: labels and how many values each has."""
    tenant = _tenant(call)
    start, end = parameters.bounds(call.form, call.now)
    if end < start:
        raise HTTPError(400, _END_BEFORE_START)
    start, end = _within(call, tenant, start, end)
    snapshot = tenant.store.snapshot()
    return _json(streams.detected_labels(snapshot, _matchers(call), start, end))


def _fields(call: Call) -> tuple[Streams, int]:
    """The lines whose fields are asked for, and how many fields or values."""
    tenant = _tenant(call)
    start, end = parameters.bounds(call.form, call.now)
    if end < start:
        raise HTTPError(400, _END_BEFORE_START)
    lines = parameters.parse_limit(call.form.get("line_limit", ""))
    text = call.form.get("limit") or call.form.get("field_limit", "")
    most = parameters.parse_limit(text, _MAX_FIELDS)
    parameters.parse_step(call.form, start, end)
    expr = parse(call.form.get("query", ""), variables=False)
    if not isinstance(expr, LogQuery):
        raise HTTPError(400, "only log selector is supported")
    frontend = _frontend(call, tenant)
    frontend.check_entries(lines)
    frontend.check_required(expr)
    start, end = _within(call, tenant, start, end)
    answer = tenant.engine.log(expr, start=start, end=end, limit=lines, categorize=True)
    return answer, most


def detected_fields(call: Call) -> Response:
    """``detected_fields``: the fields of the newest lines."""
    answer, most = _fields(call)
    return _json(fields.fields_answer(fields.detect_fields(answer), most))


def detected_field_values(call: Call) -> Response:
    """``detected_field/<name>/values``: the values of one of them."""
    answer, most = _fields(call)
    found = fields.values_of(answer, call.request.path_params["name"], most)
    return _json(fields.values_answer(found, most))


def patterns(call: Call) -> Response:
    """``patterns``: none, for no pattern ingester runs here; the query is checked all the same."""
    _tenant(call)
    asked = parameters.range_parameters(call.form, call.now)
    parse(asked.query, variables=False, stages=False)
    return _json({"status": "success", "data": []})


def format_query(call: Call) -> Response:
    """``format_query``: the query in Loki's own layout."""
    try:
        text = pretty(parse(call.form.get("query", ""), variables=False, stages=False))
    except LogQLError as error:
        body = orjson.dumps({"status": "invalid-query", "error": shown(error.message)}) + b"\n"
        return Response(body, 400, media_type="application/json; charset=utf-8")
    body = orjson.dumps({"status": "success", "data": text}) + b"\n"
    return Response(body, media_type="application/json; charset=utf-8")
