"""The workflow, against GitHub's own schema."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.schedule.support import SECRETS, TOML, plan
from toolkit.errors import SettingsError
from toolkit.schedule.github import render

WORKFLOW = ".github/workflows/falco-report.yml"


def rendered(folder: Path, monkeypatch: pytest.MonkeyPatch, **more: Any) -> dict[str, str]:
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    return render(plan(folder, **more)).files


def schema_says(path: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    done = subprocess.run(
        [*command, "vendor.github-workflows", str(path)], capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_githubs_schema_takes_the_workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = rendered(tmp_path, monkeypatch)[WORKFLOW]
    path = tmp_path / "workflow.yml"
    path.write_text(text)
    code, said = schema_says(path)
    assert code == 0, said
    path.write_text(text.replace("runs-on:", "runs_on:"))
    assert schema_says(path)[0] == 1


def test_it_may_read_the_repository_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = rendered(tmp_path, monkeypatch)[WORKFLOW]
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    steps = workflow["jobs"]["report"]["steps"]
    assert "permissions" not in workflow["jobs"]["report"]
    used = [step["uses"] for step in steps if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z/-]+@v\d+", name) for name in used)
    assert steps[0]["with"] == {"persist-credentials": False}
    env = {name: value for step in steps for name, value in step.get("env", {}).items()}
    assert env == {name: f"${{{{ secrets.{name} }}}}" for name in SECRETS}
    # A value of an expression inside of a script could become part of it.
    assert not [step for step in steps if "${{" in step.get("run", "")]


def test_what_is_kept_is_kept_whatever_the_report_exits_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = yaml.safe_load(rendered(tmp_path, monkeypatch)[WORKFLOW])
    steps = {
        step["uses"].split("@")[0]: step
        for step in workflow["jobs"]["report"]["steps"]
        if "uses" in step
    }
    for name in ("actions/cache/save", "actions/upload-artifact"):
        assert steps[name]["if"] == "${{ !cancelled() }}"
    saved, restored = steps["actions/cache/save"]["with"], steps["actions/cache/restore"]["with"]
    assert saved["key"] == restored["key"]
    assert saved["key"].startswith(restored["restore-keys"])
    assert saved["path"] == restored["path"] == "falco-report"


def test_it_runs_in_utc_not_before_the_local_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """06:00 in Berlin is 05:00 UTC in winter and 04:00 in summer."""
    workflow = yaml.safe_load(rendered(tmp_path, monkeypatch)[WORKFLOW])
    # YAML 1.1 reads a bare "on" as true; it is quoted here, so that every reader finds it.
    assert workflow["on"]["schedule"] == [{"cron": "0 5 * * 1"}]


def test_a_file_beside_the_settings_is_found_from_where_they_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = rendered(tmp_path, monkeypatch)[".github/falco-report.toml"]
    assert 'ca = "../ca.pem"' in text
    with pytest.raises(SettingsError, match="not in this repository"):
        toml = TOML.replace('"ca.pem"', '"/etc/ssl/ca.pem"')
        rendered(tmp_path / "other", monkeypatch, toml=toml)
