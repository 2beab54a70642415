"""``toolkit report show`` and ``index`` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.reports.small import DATA
from toolkit.cli.main import main
from toolkit.reports.write import compose, write_report


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["report", *arguments])
    code = caught.value.code
    return code if isinstance(code, int) else 0


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    write_report(compose(DATA), tmp_path / "2026-W46", ("html", "json"))
    return tmp_path


@pytest.mark.parametrize("what", ["", "2026-W46", "2026-W46/report.json"])
def test_a_report_is_shown_by_its_file_folder_or_archive(
    root: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("show", str(root / what)) == 0
    assert "75 events in 2026-W46" in capsys.readouterr().out


def test_a_report_is_shown_without_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "few.jsonl").write_text(
        '{"time":"2026-11-10T10:00:00Z","rule":"R","priority":"Notice","output":"x",'
        '"output_fields":{},"source":"syscall","hostname":"n1"}\n',
        encoding="utf-8",
    )
    assert run("show", "weekly", "--period", "2026-W46", "--events", "few.jsonl") == 0
    assert "1 event in 2026-W46" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["few.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "none"], "there is no none"),
        (["show", "."], ". holds no report.json"),
        (["show", "foreign.json"], "foreign.json is no report that can be shown"),
        (["show", "foreign.json", "--period", "2026-W46"], "foreign.json is a report already"),
        (["index", "none"], "there is no folder none"),
        (["index", "."], "there is no report below ."),
        (["show", "weekly", "--sections", "none"], "there is no folder none"),
        (["weekly", "--sections", "none"], "there is no folder none"),
    ],
)
def test_what_cannot_be_shown_is_an_error_with_a_hint(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "foreign.json").write_text("{}", encoding="utf-8")
    assert run(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"error: {message}" in printed.err


def test_the_index_is_written_and_what_it_leaves_out_is_said(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "x").mkdir()
    (root / "x" / "report.json").write_text("{", encoding="utf-8")
    for _ in range(2):
        assert run("index", str(root)) == 0
        printed = capsys.readouterr()
        assert printed.out.strip() == str(root / "index.html")
        assert f"note: {root / 'x' / 'report.json'} is left out: it is not JSON" in printed.err
    assert sorted(path.name for path in root.iterdir()) == ["2026-W46", "index.html", "x"]


def test_a_written_report_moves_no_cursor(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = root / "2026-W46" / "report.json"
    plain = json.loads(file.read_text("utf-8"))
    plain["document"]["title"] = "x\x1b[2Jy"
    file.write_text(json.dumps(plain), encoding="utf-8")
    assert run("show", str(file)) == 0
    assert "x\ufffd[2Jy" in capsys.readouterr().out


def test_the_index_wears_the_look_of_ones_own(root: Path) -> None:
    (root / "own").mkdir()
    (root / "own" / "page.css.jinja").write_text("body { color: teal }", encoding="utf-8")
    assert run("index", str(root), "--sections", str(root / "own")) == 0
    assert "color: teal" in (root / "index.html").read_text("utf-8")


def test_own_sections_come_from_the_settings_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "few.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.section.py").write_text(
        "from toolkit.reports.content import Section\n"
        'def section(data): return Section("own", "Own?", ["It is."])\n',
        encoding="utf-8",
    )
    (tmp_path / "toolkit.toml").write_text('[report]\nsections = "own"\n', encoding="utf-8")
    assert run("weekly", "--week", "2026-W46", "--events", "few.jsonl", "--format", "json,md") == 0
    assert "## Own?" in (tmp_path / "report" / "report.md").read_text("utf-8")
    plain = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    assert "own" in [section["id"] for section in plain["document"]["sections"]]
    assert "report.md" in capsys.readouterr().out
