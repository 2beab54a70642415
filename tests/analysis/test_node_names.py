"""A file of node names is read as people write it, and refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.analysis.node_names import load_node_names, parse_node_names
from toolkit.errors import DefinitionError


def test_names_are_texts_whatever_they_look_like(tmp_path: Path) -> None:
    path = tmp_path / "nodes.yaml"
    path.write_text("nodes:\n  falco-x7k2p: worker-1\n  123456789012: 42\n  yes: worker-1\n")
    assert load_node_names(path) == {
        "falco-x7k2p": "worker-1",
        "123456789012": "42",
        "yes": "worker-1",
    }


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "n.yaml:1: the file has to hold one mapping, nodes"),
        ("- a", "n.yaml:1: the file has to hold one mapping, nodes"),
        ("nodes: [a]", "n.yaml:1: the file has to hold one mapping, nodes"),
        ("nodes: {a: b}\nmore: 1", "n.yaml:1: the file has to hold one mapping, nodes"),
        ("nodes:\n  a: b\n  a: c", "n.yaml:3: a is given twice"),
        ("nodes:\n  a: [b]", "n.yaml:2: a hostname has one node"),
        ("nodes:\n  a:", "n.yaml:2: a hostname and a node are texts that are not empty"),
        ("nodes: {", "n.yaml:1: not YAML"),
    ],
)
def test_what_is_none_is_refused_with_its_line(text: str, fault: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_node_names(text, "n.yaml")
    assert caught.value.message.startswith(fault)
    assert "falco-x7k2p: worker-1" in (caught.value.hint or "")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"none\.yaml cannot be read"):
        load_node_names(tmp_path / "none.yaml")
