"""``toolkit lint``: mistakes in Loki dashboards, anybody's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import typer

from toolkit.catalog import load_catalog
from toolkit.cli.options import with_settings
from toolkit.errors import SettingsError
from toolkit.falco import labels
from toolkit.grafana.context import Context
from toolkit.grafana.version import NEWEST, GrafanaVersion
from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.checks import BY_CODE, CHECKS
from toolkit.lint.exclusions import NAME, NONE, Exclusions, load_exclusions
from toolkit.lint.output import as_github, as_json, as_text
from toolkit.lint.reading import Reading, read
from toolkit.lint.run import Report
from toolkit.lint.run import lint as run_checks
from toolkit.settings import Settings, shipped

HELP = """Find mistakes in Grafana dashboards for Loki.

Reads plain dashboard JSON, ConfigMaps and *.dashboard.py files, anybody's; folders are searched.
Without a path, the shipped dashboards. Each check has a page in docs/checks. Exceptions stand in a
file .lint beside the dashboards, in dashboard-linter's format.

Exits 1 if there is an error, with --strict also if there is a warning.

Example: toolkit lint --format github dashboards/ team-a/falco.json
"""


class Format(StrEnum):
    """How problems are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


_PRINTERS = {Format.TEXT: as_text, Format.JSON: as_json, Format.GITHUB: as_github}


@with_settings(["labels.dialect"])
def lint(
    settings: Settings,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files and folders; the shipped dashboards by default."),
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 for warnings, too, not only for errors.")
    ] = False,
    check: Annotated[
        list[str] | None, typer.Option(help="Run only this check; repeatable.", metavar="CODE")
    ] = None,
    exclusions: Annotated[
        Path | None,
        typer.Option(help="File of exclusions instead of the .lint beside the dashboards."),
    ] = None,
    grafana_version: Annotated[
        str, typer.Option(help="Grafana that the dashboards are meant for.")
    ] = str(NEWEST),
    queries: Annotated[
        Path | None, typer.Option(help="Folder of named queries instead of the shipped one.")
    ] = None,
    list_checks: Annotated[
        bool, typer.Option("--list", help="Print the checks instead, and run none.")
    ] = False,
) -> None:
    """Find mistakes in Grafana dashboards for Loki."""
    if list_checks:
        for one in CHECKS:
            typer.echo(f"{one.code:<32}{one.severity}")
        return
    unknown = [code for code in check or [] if code not in BY_CODE]
    if unknown:
        raise SettingsError(
            f"there is no check {unknown[0]}", setting="--check", hint="toolkit lint --list"
        )
    context = Context(
        load_catalog(queries or shipped("queries")),
        settings.labels(labels.DEFAULT),
        version_of(grafana_version),
    )
    chosen = [BY_CODE[code] for code in check] if check else CHECKS
    _, report = checked(paths, context, exclusions, chosen)
    typer.echo(_PRINTERS[output](report))
    if report.failed(strict=strict):
        raise typer.Exit(1)


def checked(
    paths: list[Path] | None,
    context: Context,
    exclusions: Path | None = None,
    checks: Sequence[Check] = CHECKS,
) -> tuple[Reading, Report]:
    """The dashboards of these files and folders, else the shipped ones, and what is wrong."""
    roots = paths or [_short(shipped("dashboards"))]
    found = read(roots, context)
    report = run_checks(found.boards, Finder(roots, exclusions).of, checks)
    return found, replace(report, problems=(*found.problems, *report.problems))


def version_of(text: str) -> GrafanaVersion:
    """The version that ``--grafana-version`` names. Raises SettingsError."""
    try:
        return GrafanaVersion.parse(text)
    except ValueError as error:
        raise SettingsError(
            f"--grafana-version {text!r}: {error}", setting="--grafana-version"
        ) from None


def _short(path: Path) -> Path:
    """``path`` from here, where it is below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


class Finder:
    """Finds each dashboard's exclusions: the nearest ``.lint`` from its folder up to the one that
    was named."""

    def __init__(self, roots: list[Path], given: Path | None) -> None:
        self._stops = {(root if root.is_dir() else root.parent).resolve() for root in roots}
        self._given = given
        self._load = lru_cache(lambda path: load_exclusions(path, frozenset(BY_CODE)))

    def of(self, board: Board) -> Exclusions:
        """The exclusions for ``board``. Raises DefinitionError for a file that is wrong."""
        if self._given is not None:
            return self._load(self._given)
        for folder in Path(board.file).resolve().parents:
            if (folder / NAME).is_file():
                return self._load(folder / NAME)
            if folder in self._stops:
                break
        return NONE
