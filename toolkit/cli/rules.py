"""``toolkit rules``: unit tests of alert rules, and checks of rule files."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, NoReturn

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
_TESTS = "*.test.yaml"

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
    tests = [one for path in files for one in _files(path, _is_test) or _nothing(_TESTS, path)]
    for path in tests:
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
    checked = [one for name in names for one in _meant(name)]
    for one in checked:
        if isinstance(one, Path):
            problems += check_file(one, interval=interval)
        else:
            problems += check_named_groups([one], definitions(schema), interval=interval)
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


def _meant(name: str) -> Sequence[Path | str]:
    """The rule files that a name stands for, or the alert group of that name."""
    path = Path(name)
    like_a_group = path.name == name and path.suffix not in _SUFFIXES
    if like_a_group and not path.exists():
        return [name]
    found = _files(path, _is_rule_file)
    if found or not like_a_group:
        return found or _nothing("rule files", path)
    # A folder may be called as a group is.
    return [name]


def _files(path: Path, wanted: Callable[[Path], bool]) -> list[Path]:
    """The file itself; of a folder the files below it that are wanted."""
    if not path.is_dir():
        return [path]
    below = (one for one in sorted(path.rglob("*")) if one.suffix in _SUFFIXES)
    return [one for one in below if one.is_file() and wanted(one)]


def _nothing(what: str, path: Path) -> NoReturn:
    raise SettingsError(f"there are no {what} below {path}")


def _is_test(path: Path) -> bool:
    return path.stem.endswith(".test")


def _is_rule_file(path: Path) -> bool:
    return not _is_test(path) and holds_rules(path)
