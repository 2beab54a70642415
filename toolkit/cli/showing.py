"""``toolkit report show`` and ``toolkit report index``: reports on the screen, and all of them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolkit.cli.options import REPORT, with_settings
from toolkit.errors import SettingsError
from toolkit.settings import Settings

if TYPE_CHECKING:
    from toolkit.analysis.periods import Kind, Period
    from toolkit.reports.content import Document

SHOW = """Print a report on the terminal.

WHAT is a report that was written: its folder, its report.json, or a folder of reports, of which the
newest is shown. Or it is weekly, daily or monthly: such a report is made now and written nowhere.

\b
Examples:
  toolkit report show
  toolkit report show reports/2026-W46
  toolkit report show weekly --period 2026-W46 --loki-url http://127.0.0.1:3100
"""
INDEX = """Write an archive's page, DIR/index.html, over all reports below DIR.

It lists every report.json found, the newest first, with links to its formats and the trend over the
periods. Run it after every report; a file that is no report is named and left out.

Example: toolkit report index reports
"""
_KINDS: dict[str, Kind] = {"weekly": "week", "daily": "day", "monthly": "month"}


@with_settings(REPORT)
def show(
    settings: Settings,
    what: Annotated[
        str, typer.Argument(help="Folder, file, weekly, daily or monthly.", metavar="WHAT")
    ] = "report",
    name: Annotated[
        str | None,
        typer.Option("--period", help="The week, day or month; the last complete one."),
    ] = None,
) -> None:
    from rich.console import Console

    from toolkit.reports.terminal import print_document

    if what in _KINDS:
        document = _made(settings, _KINDS[what], name)
    elif name is not None:
        raise SettingsError(
            f"{what} is a report already",
            setting="--period",
            hint=f"toolkit report show weekly --period {name}",
        )
    else:
        document = _read(Path(what))
    print_document(document, Console(highlight=False, emoji=False, markup=False))


def _made(settings: Settings, kind: Kind, name: str | None) -> Document:
    from toolkit.analysis import periods
    from toolkit.reports import custom
    from toolkit.reports.document import document
    from toolkit.reports.make import make
    from toolkit.sources.open import open_source

    own = custom.load(settings.sections)
    now = time.time_ns()
    period: Period
    if name is None:
        period = periods.last_complete(kind, now, settings.timezone)
    else:
        period = periods.named(kind, name, settings.timezone)
    with open_source(settings) as opened:
        return document(make(settings, opened, period, now=now), own)


def _read(path: Path) -> Document:
    from toolkit.reports.index import REPORT as FILE
    from toolkit.reports.index import find
    from toolkit.reports.shown import shown
    from toolkit.reports.stored import from_plain

    file = path / FILE if path.is_dir() else path
    if path.is_dir() and not file.is_file():
        kept, _ = find(path)
        if kept:
            file = path / kept[0].place / FILE
    if not file.is_file():
        raise SettingsError(
            f"{path} holds no {FILE}" if path.is_dir() else f"there is no {path}",
            setting="WHAT",
            hint="toolkit report weekly writes one; toolkit report show weekly only shows it",
        )
    try:
        plain: Any = json.loads(file.read_text("utf-8"))
        # Whoever wrote the file: nothing in it may move the cursor.
        return shown(from_plain(plain["document"], 0))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(
            f"{file} is no report that can be shown: {type(error).__name__}: {error}",
            setting="WHAT",
            hint="make it again: toolkit report weekly",
        ) from None


@with_settings(("report.sections",))
def index(
    settings: Settings,
    folder: Annotated[Path, typer.Argument(help="Folder of reports.", metavar="DIR")],
) -> None:
    from toolkit.reports import custom
    from toolkit.reports.index import find, render_index
    from toolkit.reports.write import write

    if not folder.is_dir():
        raise SettingsError(
            f"there is no folder {folder}",
            setting="DIR",
            hint=f"toolkit report weekly --output '{folder}/{{period}}' makes one",
        )
    templates = custom.load(settings.sections).templates
    kept, skipped = find(folder)
    for one in skipped:
        typer.echo(f"note: {one.path} is left out: {one.why}", err=True)
    if not kept:
        raise SettingsError(
            f"there is no report below {folder}",
            setting="DIR",
            hint=f"toolkit report weekly --output '{folder}/{{period}}' writes one",
        )
    page = render_index(kept, skipped, folder, templates)
    typer.echo(write(folder / "index.html", page.encode("utf-8")))
