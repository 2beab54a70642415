"""``toolkit rules``: unit tests of alert rules, and checks of rule files."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from toolkit.catalog import load_catalog
from toolkit.cli.options import with_settings
from toolkit.errors import SettingsError
from toolkit.falco import labels
from toolkit.falco.labels import LabelSchema
from toolkit.lint.output import printable
from toolkit.logql.durations import format_prometheus, parse_prometheus
from toolkit.ruletest.check import RULER_INTERVAL, check_file, check_named_groups
from toolkit.ruletest.groups import Definitions
from toolkit.ruletest.junit import junit_xml
from toolkit.ruletest.problems import Problem, errors_in
from toolkit.ruletest.rulefile import holds_rules
from toolkit.ruletest.runner import Run, run_file
from toolkit.ruletest.show import WIDTH, number, show_file, summary
from toolkit.settings import Settings, shipped

KEYS = ("labels.dialect",)
_SUFFIXES = (".yaml", ".yml")

app = typer.Typer(
    help="Test and check alert rules, without a Loki and a Prometheus.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

_Dashboards = Annotated[
    list[Path] | None,
    typer.Option(
        help="Folder of *.alertgroup.py instead of the shipped one; repeatable.", metavar="DIR"
    ),
]
_Queries = Annotated[
    Path | None,
    typer.Option(help="Folder of named queries instead of the shipped one.", metavar="DIR"),
]


@app.command("test")
@with_settings(KEYS)
def run_tests(
    settings: Settings,
    files: Annotated[
        list[Path], typer.Argument(help="Test files, or folders of *.test.yaml.", metavar="FILE...")
    ],
    run: Annotated[
        str | None,
        typer.Option(help="Only tests whose name this regular expression finds.", metavar="REGEX"),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(help="Write the results as JUnit XML, too.", metavar="FILE")
    ] = None,
    dashboards: _Dashboards = None,
    queries: _Queries = None,
) -> None:
    """Run unit tests of alert rules: log lines and series in, alerts out.

    The format is promtool's, with log entries beside its series: docs/rule-tests.md. What differs
    from what was expected is shown side by side. Exits 1 where a test fails or a file is wrong.

    Example: toolkit rules test tests/*.test.yaml --junit results.xml
    """
    found = _Folders(dashboards, queries)
    runner = Run(found.definitions, settings.labels(labels.DEFAULT), _wanted(run))
    width = min(160, shutil.get_terminal_size((WIDTH, 24)).columns)
    results = []
    for path in _below(files, _is_test, "*.test.yaml"):
        results.append(run_file(path, runner))
        for line in show_file(results[-1], width=width):
            typer.echo(printable(line))
    typer.echo(summary(results))
    if junit is not None:
        junit.write_text(junit_xml(results), encoding="utf-8", errors="replace")
    if run is not None and not any(one.cases or one.broken for one in results):
        raise SettingsError(f"no test has a name that {run!r} finds", setting="--run")
    if not all(result.passed for result in results):
        raise typer.Exit(1)


@app.command()
@with_settings(KEYS)
def check(
    settings: Settings,
    names: Annotated[
        list[str],
        typer.Argument(
            help="Rule files, folders of them, or names of alert groups.", metavar="FILE|GROUP..."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 for warnings, too.")] = False,
    evaluation_interval: Annotated[
        str,
        typer.Option(help="The ruler's own interval, for groups without one.", metavar="DURATION"),
    ] = format_prometheus(RULER_INTERVAL),
    dashboards: _Dashboards = None,
    queries: _Queries = None,
) -> None:
    """Check alert rules: what Loki would refuse, and what would not do what it says.

    Among others: rules that always or never fire, ranges with gaps, labels in annotations that the
    query does not keep, variables of dashboards, fields that Loki's ruler drops. Exits 1 where
    there is an error.

    Example: toolkit rules check rules/*.yaml falco-security
    """
    try:
        interval = parse_prometheus(evaluation_interval)
    except ValueError as error:
        raise SettingsError(str(error), setting="--evaluation-interval") from None
    if not interval:
        raise SettingsError("an interval is longer than nothing", setting="--evaluation-interval")
    schema = settings.labels(labels.DEFAULT)
    definitions = _Folders(dashboards, queries).definitions
    problems: list[Problem] = []
    checked = [
        str(one)
        for name in names
        for one in (_below([Path(name)], _is_rule_file, "rule files") if _is_path(name) else [name])
    ]
    for name in checked:
        problems += _checked(name, definitions, schema, interval)
    errors = len(errors_in(problems))
    warnings = len(problems) - errors
    if as_json:
        found = {
            "errors": errors,
            "warnings": warnings,
            "problems": [problem.to_json() for problem in problems],
        }
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        for problem in problems:
            typer.echo(printable(problem.show()))
        counted = ", ".join((number(errors, "error"), number(warnings, "warning")))
        typer.echo(f"{len(checked)} checked: {counted}")
    if errors or (strict and warnings):
        raise typer.Exit(1)


class _Folders:
    """Where alert groups and named queries are; read when a file asks for them."""

    def __init__(self, dashboards: Sequence[Path] | None, queries: Path | None) -> None:
        self._folders = tuple(dashboards or [shipped("dashboards")])
        self._queries = queries or shipped("queries")

    def definitions(self, schema: LabelSchema) -> Definitions:
        """The groups as they are for a label dialect."""
        return Definitions(self._folders, load_catalog(self._queries), schema)


def _wanted(pattern: str | None) -> Callable[[str], bool]:
    if pattern is None:
        return lambda name: True
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise SettingsError(f"--run {pattern!r}: {error}", setting="--run") from None
    return lambda name: compiled.search(name) is not None


def _is_path(name: str) -> bool:
    """Whether a file or folder is meant, not an alert group."""
    path = Path(name)
    return path.exists() or path.suffix in _SUFFIXES or len(path.parts) > 1


def _below(paths: Iterable[Path], wanted: Callable[[Path], bool], what: str) -> Iterator[Path]:
    """The files, and those in folders that are wanted."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        yaml = (one for one in sorted(path.rglob("*")) if one.suffix in _SUFFIXES)
        found = [one for one in yaml if one.is_file() and wanted(one)]
        if not found:
            raise SettingsError(f"there are no {what} below {path}")
        yield from found


def _is_test(path: Path) -> bool:
    return path.stem.endswith(".test")


def _is_rule_file(path: Path) -> bool:
    return not _is_test(path) and holds_rules(path)


def _checked(
    name: str, define: Callable[[LabelSchema], Definitions], schema: LabelSchema, interval: int
) -> list[Problem]:
    """The findings on a file or, where there is no such file, on a group."""
    if _is_path(name):
        return check_file(Path(name), interval=interval)
    return check_named_groups([name], define(schema), interval=interval)
