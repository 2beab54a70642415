"""The Dockerfile, as far as it can be judged without building it."""

from __future__ import annotations

import fnmatch
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from toolkit.schedule.cronjob import USER

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text("utf-8")
STEPS = [
    tuple(line.split(None, 1))
    for line in re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", TEXT)).splitlines()
    if line.strip()
]
"""Instructions with their arguments; continued lines are one."""
IGNORED = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line]


def of(name: str) -> list[str]:
    return [arguments for instruction, arguments in STEPS if instruction == name]


def last_stage() -> list[tuple[str, ...]]:
    start = max(n for n, step in enumerate(STEPS) if step[0] == "FROM")
    return STEPS[start:]


def sent(path: str) -> bool:
    """Whether a path is part of what is sent to the builder: the last rule that fits decides."""
    kept = True
    for rule in IGNORED:
        pattern = rule.removeprefix("!").removeprefix("**/")
        if rule[0] != "#" and (fnmatch.fnmatch(path, pattern) or pattern == "*"):
            kept = rule[0] == "!"
    return kept


@pytest.mark.parametrize(
    "source",
    [
        word
        for arguments in of("COPY")
        if "--from" not in arguments
        for word in shlex.split(arguments)[:-1]
    ],
)
def test_what_it_copies_is_there_and_is_sent(source: str) -> None:
    assert (ROOT / source).exists()
    assert sent(source)


@pytest.mark.parametrize("path", [".git", ".venv", "tests", "docs", "demo", "toolkit.toml"])
def test_nothing_else_is_sent(path: str) -> None:
    assert not sent(path)


def test_what_the_package_needs_to_be_built_is_copied() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    copied = {word for arguments in of("COPY") for word in shlex.split(arguments)[:-1]}
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], project["project"]["readme"], "LICENSE"}
    assert needed <= copied


def test_versions_are_the_pinned_ones() -> None:
    installs = [run for run in of("RUN") if "pip install" in run]
    assert installs
    for run in installs:
        assert "constraints.txt" in run
        assert "://" not in run
    assert all(":latest" not in image and ":" in image for image in of("FROM"))


def test_it_runs_as_nobody_in_particular() -> None:
    """By number, so that Kubernetes can see that it is not root; the CronJob's own number."""
    users = [arguments for name, arguments in last_stage() if name == "USER"]
    assert users == [f"{USER}:{USER}"]
    assert f"--uid {USER}" in TEXT
    names = [name for name, *_ in last_stage()]
    assert "ADD" not in names
    assert max(n for n, name in enumerate(names) if name == "RUN") < names.index("USER")


def test_commands_are_lists_and_no_secret_is_an_argument() -> None:
    """A shell would stand between the program and its signals (hadolint DL3025)."""
    for name in ("ENTRYPOINT", "CMD"):
        assert all(arguments.startswith("[") for arguments in of(name))
    assert of("ENTRYPOINT") == ['["toolkit"]']
    assert not re.search(r"(?i)\b(password|token|secret)\b", TEXT)
    assert not [run for run in of("RUN") if "sudo" in run or "apt-get" in run or " cd " in run]


def test_hadolint_finds_no_fault() -> None:
    if shutil.which("hadolint") is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run(["hadolint", str(ROOT / "Dockerfile")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
