"""``toolkit logql``: format, check and explain queries, without a server."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Annotated

import typer

from toolkit.cli.logql_files import (
    STANDARD_INPUT,
    File,
    Held,
    NotYaml,
    held_queries,
    read,
    replaced,
)
from toolkit.cli.logql_findings import RENDERERS, Finding, Format, findings, text_of
from toolkit.errors import Location, LogQLError
from toolkit.logql.explain import explain as explain_query
from toolkit.logql.layout import layout
from toolkit.logql.lexer import tokenize
from toolkit.logql.parser import parse
from toolkit.logql.pretty import format_query

app = typer.Typer(
    help="Format, check and explain LogQL queries, without a server.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILES|FOLDERS|-]...",
        help="Files with queries, or folders of *.logql, *.yaml and *.yml: LogQL text, or YAML "
        "with queries under the key expr. - or nothing reads standard input.",
        show_default=False,
    ),
]


@app.command()
def fmt(
    files: _Files = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 if something would change.")
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="Change the files in place.")] = False,
    loki: Annotated[
        bool,
        typer.Option(
            "--loki", help="Print what Loki's format_query answers, which may mean another query."
        ),
    ] = False,
) -> None:
    """Print queries in their usual form, or bring files into it.

    Queries keep their meaning. One with comments between its words stays as it
    is, and so does one in YAML that is no block scalar (expr: |).

    Example: toolkit logql fmt --write queries/*.yaml
    """
    if check + write + loki > 1:
        raise typer.BadParameter("--check, --write and --loki exclude each other")
    shape = (lambda text: format_query(parse(text, stages=False))) if loki else _formatted
    wrong = False
    printed: list[str] = []
    for file in read(files or []):
        changes, errors = _reshaped(file, shape)
        wrong |= bool(errors)
        for error in errors:
            typer.echo(text_of(error), err=True)
        changed = [(held, text) for held, text in changes if text != held.text]
        if check:
            wrong |= bool(changed)
            for held, _ in changed:
                typer.echo(f"{file.name}:{held.location(Location(1, 1))}: would be formatted")
        elif write and file.name != STANDARD_INPUT:
            if changed:
                file.write(replaced(file.text, changed))
                typer.echo(f"{file.name}: formatted")
        else:
            printed += [text for _, text in changes]
    if printed:
        typer.echo("\n\n".join(printed))
    if wrong:
        raise typer.Exit(1)


@app.command()
def check(
    files: _Files = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 for warnings, too, not only for errors.")
    ] = False,
    loki: Annotated[
        bool, typer.Option("--loki", help="Take no Grafana variables: what Loki itself takes.")
    ] = False,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
) -> None:
    """Check queries: whether Loki would take them, and whether they may mean something else.

    Exits 1 if a query is wrong. Works as a pre-commit hook.

    Example: echo 'rate({app="x"}[5])' | toolkit logql check
    """
    found: list[Finding] = []
    count = 0
    for file in read(files or []):
        queries, problem = _queries(file)
        found += problem
        for held in queries:
            count += 1
            found += findings(file.name, held, variables=not loki)
    if text := RENDERERS[output](found, count):
        typer.echo(text)
    if any(strict or one.severity == "error" for one in found):
        raise typer.Exit(1)
    typer.echo(f"{count} {'query' if count == 1 else 'queries'} checked", err=True)


@app.command()
def explain(
    query: Annotated[str, typer.Argument(help="A LogQL query; - reads standard input.")],
) -> None:
    """Say in words what a query does: what it reads, stage by stage, over which window.

    Example: toolkit logql explain 'sum(rate({app="x"} |= "error" [5m]))'
    """
    text = sys.stdin.read().strip() if query == STANDARD_INPUT else query
    typer.echo(explain_query(parse(text), text))


def _queries(file: File) -> tuple[list[Held], list[Finding]]:
    """The queries of ``file``, or what is wrong with it as a whole."""
    try:
        return held_queries(file.name, file.text), []
    except NotYaml as error:
        return [], [Finding.of_problem(file.name, file.text, error.span, error.summary)]


def _reshaped(
    file: File, shape: Callable[[str], str]
) -> tuple[list[tuple[Held, str]], list[Finding]]:
    """Each query of ``file`` with its new text, and what is wrong with those that have none."""
    queries, errors = _queries(file)
    changes = []
    for held in queries:
        if held.problem:
            errors += findings(file.name, held, variables=True)
            continue
        try:
            text = shape(held.text)
        except LogQLError as error:
            errors.append(Finding.of_error(file.name, held, error))
            continue
        changes.append((held, text if held.whole_lines else held.text))
    return changes, errors


def _formatted(text: str) -> str:
    """The usual form of a query; comments before and after it stay where they are."""
    expr = parse(text, stages=False)
    tokens = list(tokenize(text))
    start, end = tokens[0].start, tokens[-1].end
    gaps = (text[a.end : b.start] for a, b in pairwise(tokens))
    if any(gap.strip() for gap in gaps):
        return text
    return text[:start] + layout(expr) + text[end:].rstrip()
