"""The command line as a whole: what it loads, how it fails, and with which status."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from toolkit.cli import main as cli
from toolkit.errors import (
    DefinitionError,
    LogQLSyntaxError,
    PublishError,
    SettingsError,
    SourceResponseError,
    SourceUnavailable,
    Span,
    StoreError,
    ToolkitError,
)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line: exit status, what it printed, what it printed as errors."""

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            cli.main(arguments)
        printed = capsys.readouterr()
        return int(caught.value.code or 0), printed.out, printed.err

    return call


HEAVY = ["numpy", "pandas", "pyarrow", "requests", "grafanalib", "jinja2", "starlette", "rich"]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["settings"]])
def test_nothing_heavy_is_loaded_that_was_not_asked_for(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom toolkit.cli.main import main\n"
        f"try: main({arguments!r})\nexcept SystemExit as end: assert not end.code, end.code\n"
        f"print('LOADED', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.splitlines()[-1] == "LOADED"


def test_every_command_is_listed_with_its_help(run: Run) -> None:
    status, out, _ = run("--help")
    assert status == 0
    for entry in cli.COMMANDS:
        assert f"  {entry.name} " in out
        assert entry.help in out


def commands() -> list[list[str]]:
    """Every command that does something, with the group it is in."""
    found = []
    for entry in cli.COMMANDS:
        inner = getattr(cli.resolve(entry), "commands", None)
        found += [[entry.name]] if inner is None else [[entry.name, name] for name in inner]
    return found


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_explains_itself_with_an_example(command: list[str], run: Run) -> None:
    """Its own, or that of the group it is in."""
    status, out, _ = run(*command, "--help")
    assert status == 0
    assert f"Usage: toolkit {' '.join(command)}" in out
    if "xample" not in out:
        _, out, _ = run(command[0], "--help")
    assert f"toolkit {command[0]}" in out.partition("xample")[2]


def test_the_version(run: Run) -> None:
    assert run("--version")[:2] == (0, "falco-toolkit 0.1.0\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["qery"], "Did you mean 'query'"),
        (["query", "--sinse", "7d"], "No such option: --sinse"),
        (["settings", "--loki-timeout"], "requires an argument"),
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str], words: str, run: Run) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert words in err


# --- errors ---------------------------------------------------------------------------------------


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Makes ``toolkit fail`` a command that raises."""

    def arrange(error: Exception) -> None:
        module = type(sys)("toolkit_failing")

        def fail() -> None:
            """Fails."""
            raise error

        module.fail = fail  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "toolkit_failing", module)
        entry = cli.Entry("fail", "toolkit_failing", "fail", "Fails.")
        monkeypatch.setattr(cli, "COMMANDS", (entry,))

    return arrange


def logql_error() -> ToolkitError:
    return LogQLSyntaxError("syntax error: unexpected x", text="sum(\n  x)", span=Span(7, 8))


@pytest.mark.parametrize(
    ("error", "status", "shown"),
    [
        (SettingsError("no such zone", hint="UTC"), 2, "error: no such zone\nhint: UTC\n"),
        (
            logql_error(),
            1,
            "error: syntax error: unexpected x\n  x)\n  ^\n",
        ),
        (
            SourceUnavailable("Loki cannot be reached", query='{a="b"}', hint="port-forward"),
            3,
            'error: Loki cannot be reached\nquery: {a="b"}\nhint: port-forward\n',
        ),
        (
            SourceResponseError("Loki answered 500: no", status=500, body="no", query="q"),
            1,
            "error: Loki answered 500: no\nquery: q\n",
        ),
        (DefinitionError("bad", path="queries/x.yaml:3"), 1, "error: queries/x.yaml:3: bad\n"),
        (StoreError("locked"), 1, "error: locked\n"),
        (PublishError("refused"), 1, "error: refused\n"),
        (
            PermissionError(13, "Permission denied", "/x/report.html"),
            1,
            "error: Permission denied: /x/report.html\n",
        ),
    ],
)
def test_an_error_is_told_in_words_with_its_status(
    error: Exception, status: int, shown: str, failing: Any, run: Run
) -> None:
    failing(error)
    assert run("fail") == (status, "", shown)


def test_an_unexpected_error_is_called_a_defect(failing: Any, run: Run) -> None:
    failing(ZeroDivisionError("division by zero"))
    status, _, err = run("fail")
    assert status == 1
    assert "defect of the toolkit: ZeroDivisionError: division by zero" in err
    assert "--debug" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [["--debug", "fail"], ["fail", "--debug"]])
def test_debug_shows_where(arguments: list[str], failing: Any, run: Run) -> None:
    failing(SettingsError("no such zone"))
    status, _, err = run(*arguments)
    assert status == 2
    assert err.startswith("error: no such zone\nTraceback")


def test_a_command_chooses_its_own_status(failing: Any, run: Run) -> None:
    failing(typer.Exit(1))
    assert run("fail") == (1, "", "")


# --- settings -------------------------------------------------------------------------------------


def test_settings_are_shown_with_their_origin_and_without_secrets(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toolkit.toml").write_text('timezone = "Europe/Berlin"\n')
    monkeypatch.setenv("LOKI_USERNAME", "me")
    monkeypatch.setenv("LOKI_PASSWORD", "hunter2")
    status, out, _ = run("settings", "--loki-url", "http://loki:3100")
    assert status == 0
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert lines["loki.url"].endswith("http://loki:3100  from --loki-url")
    assert lines["loki.password"].endswith("********  from LOKI_PASSWORD")
    assert lines["timezone"].endswith("Europe/Berlin  from toolkit.toml, timezone")
    assert "hunter2" not in out


def test_two_sources_exit_with_2(run: Run) -> None:
    status, _, err = run("settings", "--sample", "--loki-url", "http://loki:3100")
    assert status == 2
    assert "--loki-url and --sample each name a source" in err
