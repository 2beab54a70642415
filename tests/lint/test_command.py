"""``toolkit lint`` as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lint.support import model
from toolkit.cli.main import Entry, resolve
from toolkit.errors import SettingsError
from toolkit.lint.checks import BY_CODE

WRONG = {"panels": [{"title": "Events", "targets": [{"expr": '{app="x"}', "step": 10}]}]}
DOUBTFUL = {"dashboard": {"editable": True}}


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("boards").mkdir()


def run(*arguments: str) -> int:
    """Runs the command and gives its exit status; errors of ours come through."""
    command = resolve(Entry("lint", "toolkit.cli.lint", "lint", ""))
    with pytest.raises(SystemExit) as exit_:
        command.main(args=list(arguments), standalone_mode=True)
    return int(exit_.value.code or 0)


def write(case: dict[str, object], name: str = "boards/a.json") -> None:
    Path(name).write_text(json.dumps(model(case), indent=1))


def test_an_error_exits_1_and_shows_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    write(WRONG)
    assert run("boards") == 1
    said = capsys.readouterr().out
    assert "boards/a.json:" in said
    assert "step is the number 10" in said
    assert said.endswith("1 error, 0 warnings in 1 dashboard\n")


def test_a_warning_exits_1_with_strict_only(capsys: pytest.CaptureFixture[str]) -> None:
    write(DOUBTFUL)
    assert run("boards") == 0
    assert "0 errors, 1 warning in 1 dashboard" in capsys.readouterr().out
    assert run("--strict", "boards") == 1


def test_without_a_path_the_shipped_dashboards_and_their_exclusions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("--strict") == 0
    assert capsys.readouterr().out == "0 errors, 0 warnings in 9 dashboards, 1 excluded\n"


def test_exclusions_beside_the_dashboards_above_them_and_by_name(tmp_path: Path) -> None:
    write(WRONG)
    excluded = "exclusions: {step-not-text: {reason: r}}"
    assert run("boards") == 1
    Path("boards/.lint").write_text(excluded)
    assert run("boards") == run("boards/a.json") == 0
    Path("boards/.lint").rename(".lint")
    # Of a folder above only when that one was named.
    assert run("boards") == 1
    assert run(".") == run("--exclusions", ".lint", "boards") == 0


def test_json_and_github(capsys: pytest.CaptureFixture[str]) -> None:
    write(WRONG)
    assert run("--format", "json", "boards") == 1
    data = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in data["problems"]] == ["step-not-text"]
    assert run("--format", "github", "boards") == 1
    assert capsys.readouterr().out.startswith("::error file=boards/a.json,line=")


def test_one_check_alone(capsys: pytest.CaptureFixture[str]) -> None:
    write({**WRONG, **DOUBTFUL})
    assert run("--check", "uneditable-dashboard", "boards") == 0
    assert "0 errors, 1 warning" in capsys.readouterr().out


def test_the_list_of_checks(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--list") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(BY_CODE)


def test_a_dashboard_meant_for_an_older_grafana(capsys: pytest.CaptureFixture[str]) -> None:
    write({"panels": [{"targets": [{"expr": 'sum(rate({app="x"}[$__auto]))'}]}]})
    assert run("boards") == 0
    assert run("--grafana-version", "9.4", "boards") == 1
    assert "Grafana 9.4 does not replace $__auto" in capsys.readouterr().out


def test_one_run_shows_what_cannot_be_read_and_the_rest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(WRONG)
    Path("boards/b.json").write_text("{")
    assert run("boards") == 1
    said = capsys.readouterr().out
    assert "boards/b.json: error: line 1: Expecting property name" in said
    assert said.endswith("2 errors, 0 warnings in 1 dashboard\n")


@pytest.mark.parametrize("arguments", [["--check", "nothing"], ["--grafana-version", "new"]])
def test_what_is_typed_wrongly_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SettingsError):
        resolve(Entry("lint", "toolkit.cli.lint", "lint", "")).main(
            args=arguments, standalone_mode=True
        )
