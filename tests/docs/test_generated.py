"""The reference pages say what the program says, and every command shows an example."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


@pytest.mark.parametrize("name", GENERATOR.PAGES)
def test_a_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == GENERATOR.PAGES[name](), "run make docs"


def test_every_command_shows_an_example() -> None:
    parts = GENERATOR.commands().split("\n## toolkit ")[1:]
    assert len(parts) >= 5
    groups = {part.split()[0] for part in parts}
    for group in groups:
        of_group = [part for part in parts if part.split()[0] == group]
        assert any("Example" in part for part in of_group), f"{group} --help has no example"
