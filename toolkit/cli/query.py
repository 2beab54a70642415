"""``toolkit query``: LogQL asked of whatever the settings name, printed or written to a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf, isnan
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from toolkit.cli.moments import SECOND, length, moment
from toolkit.cli.options import SOURCE, with_settings
from toolkit.errors import LogQLTypeError, SettingsError
from toolkit.results import Matrix, Result, Scalar, Streams, Vector
from toolkit.settings import Settings

HELP = """Ask LogQL of a Loki, a store, files of events or the sample cluster.

The query is LogQL, or --name one of the named queries (--list shows them). Grafana's $__range,
$__interval and $__auto stand for the time asked for and the step.

\b
Examples:
  toolkit query 'sum by (rule) (count_over_time({source="falco"}[1d]))' --since 7d
  toolkit query 'sum by (rule) (count_over_time({source="falco"}[7d]))' --instant
  toolkit query '{source="falco"} |= "shell"' --since 1d --limit 20
  toolkit query --name events_by_rule --since 7d --events falco.jsonl --format csv
"""

FORMATS = ("table", "json", "csv", "parquet")
DEFAULT_LIMIT = 100
_STEPS = [1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800]
_POINTS = 250  # as Loki chooses its own default step


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: its text, when, and at what step; ``limit`` counts lines."""

    query: str
    is_log: bool
    instant: bool
    start: int
    end: int
    step: int
    limit: int | None
    direction: str


@with_settings(SOURCE)
def query(
    settings: Settings,
    logql: Annotated[str | None, typer.Argument(help="The query.", metavar="LOGQL")] = None,
    name: Annotated[str | None, typer.Option(help="A named query instead.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the named queries.")] = False,
    since: Annotated[
        str | None, typer.Option(help="How far back, 1h by default.", metavar="TIME")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Start, inclusive.", metavar="WHEN")
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", help="End, exclusive for lines; now by default.", metavar="WHEN"),
    ] = None,
    instant: Annotated[
        bool, typer.Option("--instant", help="One moment, --to, instead of a range.")
    ] = False,
    step: Annotated[
        str | None, typer.Option(help="Between two samples of a range.", metavar="TIME")
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(
            help="Range in which a named query counts; the step, or all of it with "
            "--instant, by default.",
            metavar="TIME",
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            help="Narrow a named query: 'hostname=\"node-1\"'; repeatable.", metavar="MATCHER"
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            help=f"Lines at most, 0 for all; {DEFAULT_LIMIT} in a table, else all.",
            metavar="NUMBER",
            min=0,
        ),
    ] = None,
    forward: Annotated[bool, typer.Option("--forward", help="Oldest lines first.")] = False,
    form: Annotated[
        str, typer.Option("--format", help="One of table, json, csv, parquet.", metavar="FORMAT")
    ] = "table",
    output: Annotated[
        Path | None, typer.Option(help="File to write to instead of printing.", metavar="FILE")
    ] = None,
) -> None:
    """Asks once and prints the answer."""
    if listing:
        _list()
        return
    if form not in FORMATS:
        raise SettingsError(
            f"--format {form!r} is none of {', '.join(FORMATS)}", setting="--format"
        )
    if form == "parquet" and output is None:
        raise SettingsError("--format parquet is not for the screen", hint="add --output FILE")
    if (logql is None) == (name is None):
        raise SettingsError(
            "a query is needed, as LogQL or by --name; not both", hint="toolkit query --help"
        )
    zone = ZoneInfo(settings.timezone)
    now = time.time_ns() // SECOND * SECOND
    first, last = _range(since, start, end, now=now, zone=zone)
    chosen = length(step, "--step") if step is not None else _default_step(last - first)
    if step is None and start is None:
        # Round moments, as nobody asked for others.
        first += -first % chosen
    most = (DEFAULT_LIMIT if form == "table" else None) if limit is None else limit or None
    asked = Asked(
        "", False, instant, first, last, chosen, most, "forward" if forward else "backward"
    )
    from toolkit.sources.open import open_source

    with open_source(settings, now=now) as opened:
        _warn_of_refusals(opened.refused)
        if name is not None:
            asked = _named(asked, name, opened.schema, window, where or [])
        else:
            asked = _written(asked, str(logql))
        result, cut = _ask(opened.source, asked)
        if form == "table":
            result = _largest_first(result, asked.query)
        _deliver(result, form, output, zone)
        if _is_empty(result):
            _warn_of_other_times(opened.bounds, asked, zone)
    if cut:
        _say(f"the first {asked.limit} lines; --limit 0 shows all")


# --- what is asked --------------------------------------------------------------------------------


def _range(
    since: str | None, start: str | None, end: str | None, *, now: int, zone: ZoneInfo
) -> tuple[int, int]:
    last = now if end is None else moment(end, "--to", now=now, zone=zone)
    if start is not None:
        if since is not None:
            raise SettingsError("--since and --from both say where to begin", setting="--since")
        first = moment(start, "--from", now=now, zone=zone)
    else:
        first = last - (3600 * SECOND if since is None else length(since, "--since"))
    if first >= last:
        raise SettingsError("the time asked for ends before it begins", setting="--from")
    return first, last


def _default_step(span: int) -> int:
    """The smallest round step that gives at most about 250 moments."""
    return next(
        (one * SECOND for one in _STEPS if one * SECOND * _POINTS >= span), _STEPS[-1] * SECOND
    )


def _written(asked: Asked, text: str) -> Asked:
    from toolkit.logql import ast
    from toolkit.logql.durations import format_prometheus
    from toolkit.logql.parser import parse
    from toolkit.logql.variables import macros, substitute

    span = asked.end - asked.start
    known = macros(interval=asked.step, range=span, instant=asked.instant)
    step = format_prometheus(asked.step)
    # Grafana cuts an interval of 90s to 1m and so loses events; here a step is what it is.
    known["__interval"] = step
    known["__auto"] = known["__range"] if asked.instant else step
    query = substitute(text, known)
    is_log = isinstance(parse(query, variables=False), ast.LogQuery)
    if is_log and asked.instant:
        raise LogQLTypeError(
            "log queries are not supported as an instant query type, "
            "please change your query to a range query type",
            text=query,
            hint="leave out --instant",
        )
    return replace(asked, query=query, is_log=is_log)


def _named(asked: Asked, name: str, schema: Any, window: str | None, where: list[str]) -> Asked:
    from toolkit.catalog import catalog
    from toolkit.logql import ast
    from toolkit.logql.durations import format_prometheus
    from toolkit.logql.parser import parse_selector

    named = catalog()[name]
    is_log = named.kind == "log"
    if window is None:
        span = asked.end - asked.start if asked.instant else asked.step
        window = format_prometheus(span)
    else:
        length(window, "--window")
    # A filter of a stream selector is read as one, so that its quotes and escapes are LogQL's.
    matchers: list[ast.Matcher] = []
    for text in where:
        matchers.extend(parse_selector("{" + text + "}").matchers)
    query = named.render(schema, window=window, where=matchers)
    return replace(asked, query=query, is_log=is_log, instant=asked.instant and not is_log)


def _ask(source: Any, asked: Asked) -> tuple[Result, bool]:
    """The answer, and whether there are more lines than were asked for."""
    if asked.is_log:
        more = None if asked.limit is None else asked.limit + 1
        streams: Streams = source.query_log(
            asked.query, start=asked.start, end=asked.end, limit=more, direction=asked.direction
        )
        if more is not None and len(streams) == more:
            return _without_last(streams), True
        return streams, False
    if asked.instant:
        one: Vector | Scalar = source.query(asked.query, time=asked.end)
        return one, False
    matrix: Matrix = source.query_range(
        asked.query, start=asked.start, end=asked.end, step=asked.step
    )
    return matrix, False


def _without_last(streams: Streams) -> Streams:
    """One line less: the last one in the direction asked."""
    at = [one.entries[-1].timestamp for one in streams.streams]
    edge = min(at) if streams.direction == "backward" else max(at)
    number = len(at) - 1 - at[::-1].index(edge)
    kept = [
        replace(one, entries=one.entries[:-1]) if i == number else one
        for i, one in enumerate(streams.streams)
    ]
    return replace(streams, streams=[one for one in kept if one.entries])


def _largest_first(result: Result, query: str) -> Result:
    """A person reads the largest first, unless the query sorts; Loki has no order for topk."""
    from toolkit.logql import ast
    from toolkit.logql.parser import parse

    expr = parse(query, variables=False)
    sorts = isinstance(expr, ast.VectorAggregation) and expr.op in ("sort", "sort_desc")
    if not isinstance(result, Vector) or sorts:
        return result
    order = sorted(result.samples, key=lambda one: inf if isnan(one.value) else -one.value)
    return replace(result, samples=order)


# --- what is shown --------------------------------------------------------------------------------


def _deliver(result: Result, form: str, output: Path | None, zone: ZoneInfo) -> None:
    if form == "parquet":
        from toolkit.frames import frame

        assert output is not None
        frame(result, timezone=str(zone)).to_parquet(output, index=False)
        return
    lines = _lines(result, form, zone)
    if output is None:
        # Not typer's echo, which takes out escape sequences when nobody looks.
        sys.stdout.writelines(f"{line}\n" for line in lines)
    else:
        with output.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)


def _lines(result: Result, form: str, zone: ZoneInfo) -> Iterator[str]:
    from toolkit.cli import tables

    writers = {"table": tables.as_table, "json": tables.as_json, "csv": tables.as_csv}
    return writers[form](result, zone)


def _list() -> None:
    from toolkit.catalog import catalog

    subject = ""
    for one in catalog():
        if one.subject != subject:
            typer.echo(f"{chr(10) if subject else ''}{one.subject}")
            subject = one.subject
        typer.echo(f"  {one.name:34}  {one.title}")


def _warn_of_refusals(refused: Any) -> None:
    if refused.count:
        reasons = ", ".join(f"{count} {reason}" for reason, count in refused.reasons.items())
        _say(f"{refused.count} lines are no events ({reasons}); the first: {refused.examples[0]}")


def _is_empty(result: Result) -> bool:
    match result:
        case Streams():
            return not result.streams
        case Matrix():
            return not result.series
        case Vector():
            return not result.samples
    return False


def _warn_of_other_times(bounds: tuple[int, int] | None, asked: Asked, zone: ZoneInfo) -> None:
    """A file is often older than the last hour, which is what is asked about by default."""
    if bounds is None or (bounds[0] < asked.end and bounds[1] >= asked.start):
        return
    first, last = (
        datetime.fromtimestamp(second, zone).strftime("%Y-%m-%dT%H:%M:%S")
        for second in (bounds[0] // SECOND, bounds[1] // SECOND + 1)
    )
    _say(f"the events are of other times; all of them: --from {first} --to {last}")


def _say(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)
