"""docs/dependencies.md names just what pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ASKED = {
    "What the package needs": PROJECT["dependencies"],
    "What working on it needs": PROJECT["optional-dependencies"]["dev"],
    "What a notebook needs": PROJECT["optional-dependencies"]["notebook"],
}


def sections() -> dict[str, set[str]]:
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return {
        title: set(re.findall(r"^\| ([\w-]+) \| \w", body, flags=re.MULTILINE)) - {"package"}
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    }


IMPORTED_AS = {"google-re2": "re2", "pyyaml": "yaml"}
UNSEEN = {
    "httptools": "uvicorn reads HTTP requests by it",
    "tzdata": "zoneinfo reads it where the system has no time zones",
    "websockets": "uvicorn speaks WebSocket by it",
}


def test_what_the_package_needs_it_imports() -> None:
    sources = [*(ROOT / "toolkit").rglob("*.py"), *(ROOT / "dashboards").glob("*.py")]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    imported = set(re.findall(r"^ *(?:import|from) (\w+)", text, flags=re.MULTILINE))
    asked = {re.split(r"[<>=!~\[]", one)[0].strip() for one in PROJECT["dependencies"]}
    modules = {IMPORTED_AS.get(one, one.lower().replace("-", "_")) for one in asked - UNSEEN.keys()}
    assert modules <= imported
    assert UNSEEN.keys() <= asked


@pytest.mark.parametrize("title", ASKED)
def test_each_dependency_has_its_line(title: str) -> None:
    names = {re.split(r"[<>=!~]", requirement)[0].strip() for requirement in ASKED[title]}
    assert names, "no requirement was found"
    assert sections()[title] == names


def test_every_installed_package_is_pinned() -> None:
    pins = (ROOT / "constraints.txt").read_text("utf-8")
    assert "://" not in pins, "a pin must not carry an address"
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in pins.splitlines()}
    for requirements in (ASKED["What the package needs"], ASKED["What working on it needs"]):
        for requirement in requirements:
            name = re.split(r"[<>=!~]", requirement)[0].strip().lower()
            assert name in pinned, f"{name} has no pin in constraints.txt"
