"""The command line: the table of commands, and the one place that prints errors.

A command lives in a file of its own and is named here in one line. It is imported when it is run
or when its own help is asked for, so that ``toolkit --help`` loads nothing heavy.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

import toolkit
from toolkit.errors import DefinitionError, LogQLError, SourceError, ToolkitError


@dataclass(frozen=True, slots=True)
class Entry:
    """A command or group of commands. ``attribute`` of ``module`` is a Typer app or a function."""

    name: str
    module: str
    attribute: str
    help: str


COMMANDS: tuple[Entry, ...] = (
    Entry("demo", "toolkit.cli.demo", "demo", "Make everything from a sample cluster's events."),
    Entry("query", "toolkit.cli.query", "query", "Ask LogQL of Loki, a store, files or a sample."),
    Entry("report", "toolkit.cli.report", "app", "Write a trend report by rule and by node."),
    Entry("schedule", "toolkit.cli.schedule", "app", "Make reports come by themselves."),
    Entry(
        "deploy-dashboards",
        "toolkit.cli.deploy",
        "deploy_dashboards",
        "Bring dashboards and alert rules to Grafana.",
    ),
    Entry(
        "dashboards",
        "toolkit.cli.dashboards",
        "app",
        "Check dashboards on a source; pull edits home.",
    ),
    Entry("lint", "toolkit.cli.lint", "lint", "Find mistakes in Grafana dashboards for Loki."),
    Entry("rules", "toolkit.cli.rules", "app", "Test and check alert rules."),
    Entry("logql", "toolkit.cli.logql", "app", "Check, lay out and explain LogQL."),
    Entry("serve", "toolkit.cli.serve", "serve", "Answer Loki's HTTP API from an embedded store."),
    Entry("settings", "toolkit.cli.settings", "show", "Show every setting and its origin."),
)

HELP = """Falco events in Loki: dashboards, alert rules and trend reports written in code.

Every command shows its options and an example with --help.
"""


class Deferred(TyperCommand):
    """A command that is known by its name and help until somebody asks for it."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.name, help=entry.help, rich_markup_mode=None)
        self.entry = entry

    # The parameters are typer's own affair and differ between its versions.
    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Loads the command and lets it read its arguments."""
        return resolve(self.entry).make_context(*args, **kwargs)


def resolve(entry: Entry) -> TyperCommand | TyperGroup:
    """The command behind an entry, imported now."""
    module = importlib.import_module(entry.module)
    found: typer.Typer | Callable[..., Any] = getattr(module, entry.attribute)
    if isinstance(found, typer.Typer):
        app = found
    else:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(entry.name, help=getattr(module, "HELP", found.__doc__))(found)
    command = get_command(app)
    assert isinstance(command, TyperCommand | TyperGroup)
    command.name = entry.name
    return command


def application() -> TyperGroup:
    """The whole command line, with nothing loaded that was not asked for."""
    app = typer.Typer(
        name="toolkit",
        help=HELP,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    for entry in COMMANDS:
        group.add_command(Deferred(entry), entry.name)
    return group


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"falco-toolkit {toolkit.__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where in the program an error came from.")
    ] = False,
) -> None:
    """What stands before a command. ``--debug`` is read by main(), which prints the errors."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and exits: 0 fine, 1 problems found, 2 usage or settings, 3 Loki or
    Grafana out of reach.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    before = given[: given.index("--")] if "--" in given else given
    debug = "--debug" in before
    if debug:
        # Wherever it stands: who sees an error adds it at the end of the line.
        given.remove("--debug")
    try:
        application().main(args=given, prog_name="toolkit")
    except ToolkitError as error:
        _report(error, debug)
        sys.exit(error.exit_code)
    except OSError as error:
        _print(f"error: {error.strerror or error}: {error.filename or 'input or output'}")
        _trace(debug)
        sys.exit(1)
    except Exception as error:
        _print(f"error: this is a defect of the toolkit: {type(error).__name__}: {error}")
        _print("hint: please report it with what --debug prints" if not debug else "")
        _trace(debug)
        sys.exit(1)


def _report(error: ToolkitError, debug: bool) -> None:
    _print(f"error: {error_text(error)}")
    if error.hint:
        _print(f"hint: {error.hint}")
    _trace(debug)


def error_text(error: ToolkitError) -> str:
    """The message with its place: the caret in a query, the path of a file, the query asked."""
    if isinstance(error, LogQLError) and error.text:
        return error.show()
    if isinstance(error, DefinitionError) and error.path not in error.message:
        return f"{error.path}: {error.message}"
    if isinstance(error, SourceError) and error.query:
        return f"{error.message}\nquery: {error.query}"
    return error.message


def _trace(debug: bool) -> None:
    if debug:
        _print(traceback.format_exc().rstrip())


def _print(text: str) -> None:
    if text:
        typer.echo(text, err=True)


if __name__ == "__main__":
    main()
