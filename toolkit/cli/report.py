"""``toolkit report``: what changed by rule and by node, in every format."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.options import SOURCE, with_settings
from toolkit.reports.formats import DEFAULT, FORMATS, parse_formats
from toolkit.settings import Settings

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="""Trend reports of Falco's events: by rule, by node, against the period before.

Without a source the sample cluster is reported on.

Example: toolkit report weekly --loki-url http://127.0.0.1:3100 --output report
""",
)

Output = Annotated[
    Path,
    typer.Option(
        help="Folder to write to; {period} in it becomes the period's name.", metavar="DIR"
    ),
]
Format = Annotated[
    str,
    typer.Option("--format", help=f"Some of {','.join(FORMATS)}, or all.", metavar="LIST"),
]


@app.command("weekly", help="An ISO week: the last complete one, or --week 2026-W46.")
@with_settings(SOURCE)
def weekly(
    settings: Settings,
    week: Annotated[str | None, typer.Option(help="An ISO week, such as 2026-W46.")] = None,
    output: Output = Path("report"),
    formats: Format = DEFAULT,
) -> None:
    _report(settings, "week", week, output, formats)


@app.command("daily", help="A day: yesterday, or --day 2026-11-12.")
@with_settings(SOURCE)
def daily(
    settings: Settings,
    day: Annotated[str | None, typer.Option(help="A day, such as 2026-11-12.")] = None,
    output: Output = Path("report"),
    formats: Format = DEFAULT,
) -> None:
    _report(settings, "day", day, output, formats)


@app.command("monthly", help="A month: the last complete one, or --month 2026-10.")
@with_settings(SOURCE)
def monthly(
    settings: Settings,
    month: Annotated[str | None, typer.Option(help="A month, such as 2026-10.")] = None,
    output: Output = Path("report"),
    formats: Format = DEFAULT,
) -> None:
    _report(settings, "month", month, output, formats)


def _report(settings: Settings, kind: str, name: str | None, output: Path, formats: str) -> None:
    from toolkit.analysis import periods
    from toolkit.catalog import catalog
    from toolkit.reports import archive
    from toolkit.reports.collect import Asker, collect
    from toolkit.reports.document import document
    from toolkit.reports.write import write_report
    from toolkit.sources.open import open_source

    wanted = parse_formats(formats)
    named: dict[str, Callable[[str, str], periods.Period]] = {
        "week": periods.week,
        "day": periods.day,
        "month": periods.month,
    }
    now = time.time_ns()
    if name is None:
        period = periods.last_complete(kind, now, settings.timezone)  # type: ignore[arg-type]
    else:
        period = named[kind](name, settings.timezone)
    with open_source(settings) as opened:
        asker = Asker(opened.source, opened.schema, catalog())
        data = collect(
            asker,
            period,
            now=now,
            refused=opened.refused,
            not_sent=opened.not_sent(period.start, period.end),
        )
    for sentence in document(data).sections[0].sentences:
        typer.echo(sentence)
    for reason in (*data.incomplete, *data.refused.examples):
        typer.echo(f"note: {reason}", err=True)
    for path in write_report(data, archive.folder(output, period), wanted):
        typer.echo(path)
