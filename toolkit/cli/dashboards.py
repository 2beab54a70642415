"""``toolkit dashboards``: check them on a source, and bring home what was changed in Grafana."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from toolkit.catalog import Catalog, load_catalog
from toolkit.cli.empty_panels import Asker, EmptyPanel, Tour
from toolkit.cli.lint import checked, version_of
from toolkit.cli.moments import length, moment
from toolkit.cli.options import GRAFANA, SOURCE, with_settings
from toolkit.errors import SettingsError
from toolkit.falco import labels
from toolkit.grafana.context import Context
from toolkit.grafana.loader import load_definitions
from toolkit.grafana.version import NEWEST
from toolkit.http import HttpClient
from toolkit.lint.board import Board
from toolkit.lint.output import as_text, counted, printable
from toolkit.publish.api import connect
from toolkit.publish.deploy import Deployment
from toolkit.publish.pulling import Pulled, pull
from toolkit.publish.rendering import render
from toolkit.publish.sources import WantedSource, resolve
from toolkit.publish.writing import write_files
from toolkit.settings import Settings, shipped
from toolkit.sources.open import open_source

app = typer.Typer(
    help="Check dashboards on a source; bring home what was changed in Grafana.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_PULL = (*(key for key in GRAFANA if key != "grafana.query_loki"), "labels.dialect")
_Queries = Annotated[
    Path | None, typer.Option(help="Folder of named queries instead of the shipped one.")
]


def _catalog(queries: Path | None) -> Catalog:
    return load_catalog(queries or shipped("queries"))


# --- check ----------------------------------------------------------------------------------------


@app.command()
@with_settings(SOURCE)
def check(
    settings: Settings,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files and folders; the shipped dashboards by default."),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Ask the source, and list panels that stay empty.")
    ] = False,
    since: Annotated[str, typer.Option(help="How far back to ask.", metavar="TIME")] = "24h",
    until: Annotated[str, typer.Option("--to", help="Up to when to ask.", metavar="WHEN")] = "now",
    var: Annotated[
        list[str] | None,
        typer.Option(help="Value of a variable; repeatable.", metavar="NAME=VALUE"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the empty panels as JSON; with --live.")
    ] = False,
    grafana_version: Annotated[
        str, typer.Option(help="Grafana that the dashboards are meant for.")
    ] = str(NEWEST),
    queries: _Queries = None,
) -> None:
    """Check dashboards as toolkit lint does or, with --live, on a source.

    With --live every panel's query is asked of the source as Grafana asks it. Panels that return
    nothing are listed with the reason: the label or value that no stream has, the stage that lets
    no line through, and the setting that would bring what is missing.

    Exits 1 for an error, or a panel that is empty because a label is missing. Panels that merely
    have nothing to show are no fault.

    Example: toolkit dashboards check --live --loki-url http://127.0.0.1:3100 --since 7d
    """
    catalog, version = _catalog(queries), version_of(grafana_version)
    if not live:
        if as_json:
            raise SettingsError("--json goes with --live", hint="or toolkit lint --format json")
        schema = settings.labels(labels.DEFAULT)
        _, report = checked(paths, Context(catalog, schema, version))
        typer.echo(as_text(report))
        if report.failed():
            raise typer.Exit(1)
        return
    now = time.time_ns()
    end = moment(until, "--to", now=now, zone=ZoneInfo(settings.timezone))
    start = end - length(since, "--since")
    given = _given(var or [])
    with open_source(settings) as opened:
        found, _ = checked(paths, Context(catalog, opened.schema, version), checks=())
        if found.problems:
            # What cannot be read is left out, and said; the rest is asked.
            typer.echo("\n".join(f"{one.location.file}: {one.summary}" for one in found.problems))
        asker = Asker(opened.source, opened.schema, catalog, start, end)
        tour = asker.tour(found.boards, given)
    typer.echo(_as_json(tour) if as_json else _as_text(tour, found.boards))
    if found.problems or any(one.is_fault for one in tour.empty):
        raise typer.Exit(1)


def _given(texts: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise SettingsError(f"--var {text!r} is not NAME=VALUE", setting="--var")
        found.setdefault(name, []).append(value)
    return found


def _as_text(tour: Tour, boards: tuple[Board, ...]) -> str:
    alike: dict[tuple[object, ...], list[EmptyPanel]] = {}
    for one in tour.empty:
        alike.setdefault((one.error, one.causes), []).append(one)
    parts = ["\n".join(_lines(panels)) for panels in alike.values()]
    faults = sum(one.is_fault for one in tour.empty)
    parts.append(
        f"{counted(tour.panels, 'panel')} of {counted(len(boards), 'dashboard')}:"
        f" {len(tour.empty)} empty, {faults} of them by fault"
    )
    return "\n\n".join(parts)


def _lines(panels: list[EmptyPanel]) -> list[str]:
    """Panels that are empty for the same reason, the query of the first, and the reason."""
    names: dict[str, list[str]] = {}
    for one in panels:
        name = printable(one.panel.title) or one.panel.kind
        names.setdefault(printable(one.board.title), []).append(f'"{name}"')
    first = panels[0]
    said = [f"{board}: {', '.join(titles)}" for board, titles in names.items()]
    if len(panels) == 1:
        said[0] += f" {_state(first)}"
    else:
        count = f"these {len(panels)}" if len(names) > 1 else f"the {len(panels)}"
        said.append(f"  {count} {_state(first, several=True)}; the first asks")
    said += [f"    {printable(query)}" for query in first.queries]
    if first.error:
        said.append(f"  {printable(first.error)}")
    for hint in dict.fromkeys(one.hint for one in first.causes):
        said += [f"  {printable(one.text)}" for one in first.causes if one.hint == hint]
        said += [f"  hint: {hint}"] if hint else []
    return said


def _state(empty: EmptyPanel, *, several: bool = False) -> str:
    if empty.error:
        return "show an error" if several else "shows an error"
    said = "are empty" if several else "is empty"
    return f"{said} for want of a label" if empty.is_fault else said


def _as_json(tour: Tour) -> str:
    data = {
        "panels": tour.panels,
        "empty": [
            {
                "file": one.board.file,
                "dashboard": one.board.title,
                "uid": one.board.uid,
                "panel": one.panel.title,
                "path": list(one.panel.path),
                "queries": list(one.queries),
                "fault": one.is_fault,
                "error": one.error or None,
                "causes": [
                    {"kind": cause.kind, "text": cause.text, "hint": cause.hint or None}
                    for cause in one.causes
                ],
            }
            for one in tour.empty
        ],
    }
    return json.dumps(data, indent=1, ensure_ascii=False)


# --- pull -----------------------------------------------------------------------------------------


@app.command("pull")
@with_settings(_PULL)
def pull_changes(
    settings: Settings,
    output: Annotated[
        Path | None, typer.Option(help="Folder to write patches and JSON to.", metavar="DIR")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Name or uid of what to pull, * and ? allowed; repeatable."),
    ] = None,
    dashboards: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of definitions instead of the shipped one; repeatable."),
    ] = None,
    queries: _Queries = None,
) -> None:
    """Bring home dashboards that are not in Grafana as their definitions say.

    Prints for each who saved it when, what is different, and a patch of its JSON. With --output the
    patches and the dashboards as they are on the server go to files. Nothing is changed in Grafana.

    Example: toolkit dashboards pull --grafana-url http://127.0.0.1:3000 --output changed
    """
    deployment = Deployment(
        folders=tuple(dashboards or [shipped("dashboards")]),
        catalog=_catalog(queries),
        schema=settings.labels(labels.DEFAULT),
        source=WantedSource(settings.datasource_uid, settings.datasource_url),
        only=tuple(only or ()),
    )
    definitions = load_definitions(deployment.folders)
    with HttpClient(settings.grafana, name="Grafana") as http:
        api = connect(http)
        source, _ = resolve(api, deployment.source)
        context = deployment.context(api.version, source)
        found = list(pull(api, render(definitions, context, only=deployment.only)))
    for one in found:
        typer.echo(printable(_changed(one)))
        if output is None:
            typer.echo(printable(one.patch))
    if not found:
        typer.echo("All is in Grafana as it is defined.")
    elif output is not None:
        files = {f"{one.uid}.patch": one.patch for one in found}
        files |= {f"{one.uid}.json": _json(one) for one in found}
        for name, what in write_files(files, output).items():
            typer.echo(f"{output / name}: {what}")


def _changed(pulled: Pulled) -> str:
    head = f"{pulled.title} ({pulled.uid}), saved by {pulled.author} at {pulled.time}"
    return "\n".join([head, *(f"  {line}" for line in pulled.diff)])


def _json(pulled: Pulled) -> str:
    return json.dumps(pulled.model, indent=2, ensure_ascii=False) + "\n"
