"""The crontab, read by another parser and run by a shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from croniter import croniter

from tests.schedule.support import SECRETS, plan
from toolkit.schedule.cron import render


def parsed(text: str) -> tuple[dict[str, str], str, str]:
    """Variables, time and command, as crontab(5) describes the file."""
    variables, entries = {}, []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if match := re.fullmatch(r"(\w+)\s*=\s*(.*)", line):
            variables[match[1]] = match[2]
        else:
            entries.append(line)
    (entry,) = entries
    *fields, command = entry.split(None, 5)
    # The first % that no backslash precedes ends the command.
    command = re.split(r"(?<!\\)%", command)[0].replace("\\%", "%")
    return variables, " ".join(fields), command


def test_the_crontab_is_one_entry_that_another_parser_reads(tmp_path: Path) -> None:
    variables, when, _ = parsed(render(plan(tmp_path)).files["falco-report.crontab"])
    assert croniter.is_valid(when)
    assert when == "0 6 * * 1"
    assert variables.pop("CRON_TZ") == "Europe/Berlin"
    assert variables.pop("SHELL") == "/bin/sh"
    assert variables == {f"{name}_FILE": f"/etc/falco-toolkit/secrets/{name}" for name in SECRETS}


def test_the_shell_calls_the_program_with_its_arguments_under_a_lock(tmp_path: Path) -> None:
    if shutil.which("flock") is None:
        pytest.skip("flock is not installed")
    program = tmp_path / "a folder" / "100% toolkit"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done > "$OUT"\n')
    program.chmod(0o755)
    made = plan(
        tmp_path / "here", command=str(program), fail_on="new-critical", allow_incomplete=True
    )
    _, _, command = parsed(render(made).files["falco-report.crontab"])
    command = command.replace("/var/lib/falco-report/.cron.lock", str(tmp_path / "lock"))
    out = tmp_path / "out"
    environ = {"OUT": str(out), "PATH": os.environ["PATH"]}
    subprocess.run(["/bin/sh", "-c", command], check=True, env=environ)
    assert out.read_text().splitlines() == made.arguments(
        "/etc/falco-toolkit/toolkit.toml", "/var/lib/falco-report"
    )
    holding = ["flock", str(tmp_path / "lock"), "/bin/sh", "-c", command]
    assert subprocess.run(holding, env=environ).returncode == 3
