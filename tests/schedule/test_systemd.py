"""The systemd units, as systemd itself reads them."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest

from tests.schedule.support import SECRETS, SHARE, TOML, plan
from toolkit.schedule.systemd import quoted, render

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def units(folder: Path, **more: Any) -> Path:
    """The rendered folder; the program is one that is there, which systemd looks for."""
    made = render(plan(folder, command=sys.executable, **more))
    for name, text in made.files.items():
        if name != "toolkit.toml":
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def analyze(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@needs_systemd
@pytest.mark.parametrize("toml", [TOML, TOML + SHARE])
def test_systemd_finds_no_fault(tmp_path: Path, toml: str) -> None:
    folder = units(tmp_path, toml=toml)
    names = [str(folder / f"falco-report.{kind}") for kind in ("service", "timer")]
    code, said = analyze("verify", "--man=no", *names)
    said = "\n".join(line for line in said.splitlines() if "falco-report" in line)
    assert (code, said) == (0, "")


@needs_systemd
def test_systemd_would_find_a_fault(tmp_path: Path) -> None:
    service = units(tmp_path) / "falco-report.service"
    service.write_text(service.read_text().replace("ProtectProc=invisible", "ProtectProc=maybe"))
    _, said = analyze("verify", "--man=no", str(service))
    assert "Failed to parse" in said


@needs_systemd
def test_its_exposure_is_low(tmp_path: Path) -> None:
    """systemd's own mark, from 0 to 10; a service without settings has 9.6."""
    code, said = analyze(
        "security", "--offline=true", "--no-pager", str(units(tmp_path) / "falco-report.service")
    )
    if "Unknown option" in said or "unrecognized option" in said:
        pytest.skip("this systemd-analyze judges no files")
    assert code == 0
    match = re.search(r"exposure level for falco-report.service: ([\d.]+)", said)
    assert match is not None
    assert float(match[1]) <= 1.5


def service(folder: Path, **more: Any) -> str:
    return render(plan(folder, **more)).files["falco-report.service"]


def test_secrets_come_as_credentials(tmp_path: Path) -> None:
    text = service(tmp_path)
    loaded = dict(re.findall(r"^LoadCredential=(\w+):(\S+)$", text, re.MULTILINE))
    assert loaded == {name: f"/etc/falco-toolkit/secrets/{name}" for name in SECRETS}
    given = dict(re.findall(r"^Environment=(\w+)=%d/(\w+)$", text, re.MULTILINE))
    assert given == {f"{name}_FILE": name for name in SECRETS}
    steps = "\n".join(render(plan(tmp_path)).next_steps)
    assert all(f"-m 0600 FILE /etc/falco-toolkit/secrets/{name}" in steps for name in SECRETS)


def test_it_makes_up_for_missed_runs_and_tries_again_what_may_pass(tmp_path: Path) -> None:
    made = render(plan(tmp_path)).files
    timer = RawConfigParser()
    timer.read_string(made["falco-report.timer"])
    assert timer["Timer"]["OnCalendar"] == "Mon *-*-* 06:00:00 Europe/Berlin"
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"
    assert "RestartPreventExitStatus=1 2 4\n" in made["falco-report.service"]


def test_only_the_folder_it_delivers_to_can_be_written(tmp_path: Path) -> None:
    assert "ReadWritePaths" not in service(tmp_path)
    text = service(tmp_path, toml=TOML + SHARE)
    assert f'ReadWritePaths="{tmp_path}/share of reports"\n' in text


def test_homes_are_seen_only_where_settings_name_one(tmp_path: Path) -> None:
    assert "ProtectHome=yes\n" in service(tmp_path)
    toml = TOML.replace('ca = "ca.pem"', 'ca = "/home/a/ca.pem"')
    assert "ProtectHome=read-only\n" in service(tmp_path, toml=toml)


def test_a_word_of_the_command_is_what_it_was() -> None:
    """systemd unquotes as a shell does, but for ``%%`` and ``$$`` (systemd.service(5))."""
    for word in (
        "plain",
        "two words",
        'a"b',
        "a\\b",
        "100%",
        "$HOME",
        "it's",
        "x;y",
        "{period}",
        "",
    ):
        text = quoted(word).replace("%%", "%").replace("$$", "$")
        assert shlex.split(text) == [word]
    assert quoted("100%") == '"100%%"'
