"""The names of nodes behind hostnames that are none: a pod's name, a container's id.

A YAML file, ``nodes: {falco-x7k2p: worker-1, 3f9c1e7ab2d4: build-host}``. Several hostnames may be
one node: a pod has a new name after each restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from toolkit.errors import DefinitionError

_SHAPE = "write it like nodes: {falco-x7k2p: worker-1}"


def load_node_names(path: Path) -> dict[str, str]:
    """Hostnames with the names of their nodes. Raises :class:`DefinitionError`, with the line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{path} cannot be read: {error}", path=str(path)) from None
    return parse_node_names(text, str(path))


def parse_node_names(text: str, path: str) -> dict[str, str]:
    """The same of a text; ``path`` is what errors call it."""
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _refusal(path, line, f"not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise _refusal(path, 1, f"not YAML: {error}") from None
    names: dict[str, str] = {}
    for key, value in _nodes(root, path):
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
            raise _refusal(path, line, "a hostname has one node")
        hostname, node = key.value.strip(), value.value.strip()
        if not hostname or not node:
            raise _refusal(path, line, "a hostname and a node are texts that are not empty")
        if hostname in names:
            raise _refusal(path, line, f"{hostname} is given twice")
        names[hostname] = node
    return names


def _nodes(root: yaml.Node | None, path: str) -> list[tuple[yaml.Node, yaml.Node]]:
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    found: Mapping[str, yaml.Node] = {key.value: value for key, value in pairs}
    if set(found) != {"nodes"} or not isinstance(found["nodes"], yaml.MappingNode):
        raise _refusal(path, 1, "the file has to hold one mapping, nodes")
    pairs_of_nodes: list[tuple[yaml.Node, yaml.Node]] = found["nodes"].value
    return pairs_of_nodes


def _refusal(path: str, line: int, fault: str) -> DefinitionError:
    return DefinitionError(f"{path}:{line}: {fault}", path=path, hint=_SHAPE)
