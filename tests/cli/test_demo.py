"""The demo makes everything from nothing, the same in any folder, and its numbers agree."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
import yaml

from toolkit.cli.demo import program
from toolkit.reports.to_json import schema

ROOT = Path(__file__).parents[2]
NOW = "2026-11-23T08:00:00Z"


def demo(folder: Path, *more: str, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "toolkit.cli.main", "demo", "--output", str(folder), *more],
        capture_output=True,
        text=True,
        env={
            "PYTHONHASHSEED": hash_seed,
            "PYTHONPATH": str(ROOT),
            "PATH": "",
            "HOME": str(folder.parent),
        },
        cwd=folder.parent,
        check=False,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo") / "made"
    done = demo(folder, "--now", NOW)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_everything_is_there(made: tuple[Path, str]) -> None:
    folder, said = made
    names = files(folder)
    assert {"events.jsonl", "preview.html", "report/report.html"} <= names.keys()
    assert {"report/report.md", "report/report.json"} <= names.keys()
    assert sum(name.startswith("dashboards/") for name in names) >= 3
    assert {"rules/grafana-alerting.yaml", "rules/loki-rules.yaml"} <= names.keys()
    for line in said.splitlines():
        if line.startswith(f"  {folder}"):
            assert Path(line.strip()).exists(), line
    assert said.rstrip().splitlines()[-1].strip().startswith("toolkit query --name top_rules")


def test_the_command_to_type_next_is_the_program_that_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """After ``make demo`` no shell finds ``toolkit`` by its name."""
    monkeypatch.setattr(sys, "argv", [".venv/bin/toolkit", "demo"])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program() == ".venv/bin/toolkit"
    (tmp_path / "toolkit").write_text("#!/bin/sh\n")
    (tmp_path / "toolkit").chmod(0o755)
    assert program() == "toolkit"


def test_two_folders_hold_the_same_bytes(made: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = made
    other = tmp_path / "quite" / "another" / "place"
    other.parent.mkdir(parents=True)
    assert demo(other, "--now", NOW, hash_seed="7").returncode == 0
    first, second = files(folder), files(other)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    for name, content in first.items():
        assert str(folder.parent).encode() not in content, name


def test_the_report_counts_the_events_that_were_written(made: tuple[Path, str]) -> None:
    folder, _ = made
    report = json.loads((folder / "report" / "report.json").read_text("utf-8"))
    jsonschema.validate(report, schema())
    assert report["period"]["week"] == "2026-W47"
    rules: Counter[str] = Counter()
    with (folder / "events.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            rule = event["rule"]
            inside = "2026-11-16" <= event["time"][:10] <= "2026-11-22"
            if inside and rule != "Test rule" and not rule.startswith("Falco internal:"):
                rules[rule] += 1
    assert report["totals"]["events"] == rules.total()
    assert {row["rule"]: row["events"] for row in report["by_rule"] if row["events"]} == rules


def test_the_report_shows_every_part(made: tuple[Path, str]) -> None:
    folder, _ = made
    report = json.loads((folder / "report" / "report.json").read_text("utf-8"))
    assert report["unanswered"] == []
    assert report["noise"]["rules_file"]
    for part in ("floods", "origins", "samples", "prevention", "gaps", "steps"):
        assert report[part], part
    assert report["out_of_pattern"]["hours"]
    assert [row["tactic"] for row in report["mitre"]["tactics"]][:1] == ["TA0002"]


def test_both_line_formats_of_falcosidekick_are_shown(made: tuple[Path, str]) -> None:
    folder, _ = made
    text, lines = (
        json.loads((folder / "falcosidekick" / f"push-{name}.json").read_text("utf-8"))["streams"]
        for name in ("text", "json")
    )
    assert [one["stream"]["rule"] for one in text] == [one["stream"]["rule"] for one in lines]
    assert all(one["stream"]["source"] == "falco" for one in text)
    assert json.loads(lines[0]["values"][0][1])["output"] == text[0]["values"][0][1]


def test_rules_and_dashboards_are_what_their_readers_take(made: tuple[Path, str]) -> None:
    folder, _ = made
    rules = yaml.safe_load((folder / "rules" / "loki-rules.yaml").read_text("utf-8"))
    assert rules["groups"][0]["rules"]
    alerting = yaml.safe_load((folder / "rules" / "grafana-alerting.yaml").read_text("utf-8"))
    assert alerting["apiVersion"] == 1
    for path in (folder / "dashboards").iterdir():
        dashboard = json.loads(path.read_text("utf-8"))
        assert dashboard["uid"] == path.stem
        assert dashboard["panels"]


def test_the_preview_stands_alone(made: tuple[Path, str]) -> None:
    page = (made[0] / "preview.html").read_text("utf-8")
    assert "<script" not in page
    assert "Fileless execution via memfd_create" in page
    assert re.findall(r"(?:src|href|action)=\"[^#]|url\(|@import", page) == []


def test_the_preview_draws_every_panel(made: tuple[Path, str]) -> None:
    """Lines of text tell no process, image or user; the sample's are JSON."""
    page = (made[0] / "preview.html").read_text("utf-8")
    assert page.count('<article class="panel') > 80
    assert "This panel needs fields" not in page


def test_the_preview_shows_the_report_s_week(made: tuple[Path, str]) -> None:
    """Whatever the clock: a total on a panel is the report's, and the silent node is seen."""
    folder = made[0].parent / "later"
    done = demo(folder, "--now", "2026-11-28T01:00:00Z")
    assert done.returncode == 0, done.stderr
    page = (folder / "preview.html").read_text("utf-8")
    report = json.loads((folder / "report" / "report.json").read_text("utf-8"))
    assert f'<div class="number">{report["totals"]["events"]:,}</div>' in page
    assert f'<div class="number">{report["totals"]["previous_events"]:,}</div>' in page
    silent = page[page.index(">Silent nodes<") :]
    assert silent.partition('<div class="number">')[2].startswith("1<")


def test_a_clock_that_is_none_is_refused(tmp_path: Path) -> None:
    done = demo(tmp_path / "made", "--now", "yesterday")
    assert done.returncode == 2
    assert "--now 'yesterday' is no moment" in done.stderr
    assert "2026-11-23T08:00:00Z" in done.stderr
