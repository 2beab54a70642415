"""``toolkit report``: what changed by rule and by node, in every format."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli import showing
from toolkit.cli.delivering import failing, session
from toolkit.cli.options import REPORT, with_settings
from toolkit.cli.run_options import EXIT_STATUS, Run, with_run
from toolkit.reports.formats import DEFAULT, FORMATS, parse_formats
from toolkit.settings import Settings

if TYPE_CHECKING:
    from toolkit.analysis.periods import Kind

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=f"""Trend reports of Falco's events: by rule, by node, against the period before.

Without a source the sample cluster is reported on.

Example: toolkit report weekly --loki-url http://127.0.0.1:3100 --output report

Every Monday: toolkit report weekly --catch-up --output 'reports/{{period}}' --deliver mail

{EXIT_STATUS}""",
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
@with_settings(REPORT)
@with_run
def weekly(
    settings: Settings,
    run: Run,
    week: Annotated[str | None, typer.Option(help="An ISO week, such as 2026-W46.")] = None,
    output: Output = Path("report"),
    formats: Format = DEFAULT,
) -> None:
    _report(settings, "week", week, output, formats, run)


@app.command("daily", help="A day: yesterday, or --day 2026-11-12.")
@with_settings(REPORT)
@with_run
def daily(
    settings: Settings,
    run: Run,
    day: Annotated[str | None, typer.Option(help="A day, such as 2026-11-12.")] = None,
    output: Output = Path("report"),
    formats: Format = DEFAULT,
) -> None:
    _report(settings, "day", day, output, formats, run)


@app.command("monthly", help="A month: the last complete one, or --month 2026-10.")
@with_settings(REPORT)
@with_run
def monthly(
    settings: Settings,
    run: Run,
    month: Annotated[str | None, typer.Option(help="A month, such as 2026-10.")] = None,
    output: Output = Path("report"),
    formats: Format = DEFAULT,
) -> None:
    _report(settings, "month", month, output, formats, run)


def _report(
    settings: Settings, kind: Kind, name: str | None, output: Path, formats: str, run: Run
) -> None:
    from toolkit.analysis import periods
    from toolkit.reports.make import make
    from toolkit.sources.open import open_source

    wanted = parse_formats(formats)
    now = time.time_ns()
    if name is None:
        latest = periods.last_complete(kind, now, settings.timezone)
    else:
        latest = periods.named(kind, name, settings.timezone)
    with failing(), session(run, settings, output) as made:
        todo = made.periods(latest, named=name is not None)
        if todo:
            with open_source(settings) as opened:
                for period in todo:
                    made.finish(make(settings, opened, period, now=now), wanted)
    if made.status:
        raise typer.Exit(made.status)


app.command("show", help=showing.SHOW)(showing.show)
app.command("index", help=showing.INDEX)(showing.index)
