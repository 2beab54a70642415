"""``toolkit schedule render`` from the outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import toolkit.cli as cli
from toolkit.cli.main import main

LOKI = ("--loki-url", "http://loki.loki.svc:3100")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("TOOLKIT_", "LOKI_", "GRAFANA_"))]:
        monkeypatch.delenv(name)


def render(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(["schedule", "render", *arguments])
    said = capsys.readouterr()
    return int(caught.value.code or 0), said.out, said.err


def test_it_writes_the_files_and_says_what_to_type_next(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = render(capsys, "--kind", "cronjob", *LOKI, "--timezone", "Asia/Tokyo")
    assert code == 0
    assert "created   schedule/cronjob.yaml" in out
    assert "kubectl apply -k schedule\n" in out
    assert "timeZone: Asia/Tokyo" in Path("schedule/cronjob.yaml").read_text()
    _, again, _ = render(capsys, "--kind", "cronjob", *LOKI, "--timezone", "Asia/Tokyo")
    assert "unchanged schedule/cronjob.yaml" in again


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--kind", "windows", *LOKI), "choose from cronjob, systemd, cron, github"),
        (("--kind", "cron", *LOKI, "--report", "hourly"), "choose from weekly, daily, monthly"),
        (("--kind", "cron", *LOKI, "--deliver", "mail"), "no destination 'mail'"),
        (("--kind", "cron", *LOKI, "--format", "docx"), "names docx"),
        (("--kind", "cron", *LOKI, "--fail-on", "critical"), "new-critical"),
        (("--kind", "cronjob"), "add --loki-url"),
    ],
)
def test_what_cannot_be_exits_with_2_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    code, _, err = render(capsys, *arguments)
    assert (code, words in err) == (2, True), err
    assert not Path("schedule").exists()


def test_the_rendered_entry_makes_and_delivers_a_report(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The crontab's command, run by a shell, with the settings that were rendered beside it."""
    event = {"time": "2026-11-12T10:00:00Z", "rule": "R", "priority": "Notice", "output": "o"}
    more = {"source": "syscall", "output_fields": {}, "hostname": "n", "tags": []}
    Path("events.jsonl").write_text(json.dumps(event | more) + "\n")
    Path("toolkit.toml").write_text('[deliver.share]\nkind = "folder"\npath = "share"\n')
    program = Path("toolkit").absolute()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m toolkit.cli.main "$@"\n')
    program.chmod(0o755)
    arguments = ("--events", "events.jsonl", "--deliver", "all", "--command", str(program))
    assert render(capsys, "--kind", "cron", *arguments)[0] == 0
    entry = Path("schedule/falco-report.crontab").read_text().splitlines()[-1].split(None, 5)[5]
    settings = Path("schedule/toolkit.toml")
    for place, here in (
        ("/var/lib/falco-report", str(tmp_path / "state")),
        ("/etc/falco-toolkit/toolkit.toml", str(settings.absolute())),
    ):
        entry = entry.replace(place, here)
        settings.write_text(settings.read_text().replace(place, here))
    (tmp_path / "state").mkdir()
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(cli.__file__).parents[2])}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        ["/bin/sh", "-c", entry], env=environ, cwd=elsewhere, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (made,) = (tmp_path / "share").iterdir()
    assert {path.name for path in made.iterdir()} == {"report.html", "report.md", "report.json"}
    assert (tmp_path / "state" / made.name / "report.html").exists()


@pytest.mark.parametrize("kind", ["cronjob", "systemd", "cron", "github"])
def test_the_same_settings_make_the_same_bytes(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("a", "b"):
        assert render(capsys, "--kind", kind, *LOKI, "--output", folder)[0] == 0
    texts = [
        {
            path.relative_to(folder): path.read_bytes()
            for path in Path(folder).rglob("*.*")
            if path.is_file()
        }
        for folder in ("a", "b")
    ]
    assert texts[0] == texts[1]
    assert texts[0]
