"""Rules inside manifests of Kubernetes, as people keep them.

ConfigMaps, whose values are the rule files that a sidecar writes down; ``AlertingRule`` and
``RecordingRule`` of Loki's operator (grafana/loki operator/apis/loki/v1); ``PrometheusRule``, which
Alloy's ``loki.rules.kubernetes`` brings to Loki. Other manifests beside them are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import yaml

from toolkit.ruletest.places import Source
from toolkit.ruletest.yamlreader import Reader, compose, only_one

_WITH_GROUPS: Final = ("AlertingRule", "RecordingRule", "PrometheusRule")
_GROUPS: Final = re.compile(r"^ *groups:", re.MULTILINE)
_VERSION: Final = re.compile(r"^ *apiVersion:", re.MULTILINE)
_ENDINGS: Final = (".yaml", ".yml")


def is_manifest(node: yaml.Node) -> bool:
    """Whether a document is one of Kubernetes."""
    return {"apiVersion", "kind"} <= _values(node).keys()


def grafanas_version(node: yaml.Node) -> yaml.Node | None:
    """The ``apiVersion`` of a file for Grafana's provisioning; None for any other document."""
    values = _values(node)
    return values.get("apiVersion") if "kind" not in values else None


def looks_like_rules(node: yaml.Node) -> bool:
    """Whether a document has groups of rules, or is a manifest that may hold some for Loki."""
    values = _values(node)
    kind = values.get("kind")
    if not is_manifest(node):
        return "groups" in values and "apiVersion" not in values
    if isinstance(kind, yaml.ScalarNode) and kind.value == "ConfigMap":
        texts = [one.value for one in _values(values.get("data", node)).values()]
        return any(
            isinstance(text, str) and _GROUPS.search(text) and not _VERSION.search(text)
            for text in texts
        )
    return isinstance(kind, yaml.ScalarNode) and kind.value in _WITH_GROUPS


def rule_parts(reader: Reader, nodes: Sequence[yaml.Node]) -> list[tuple[Reader, yaml.Node]]:
    """What holds ``groups`` in these documents, each with its reader.

    What is wrong is reported, and that there is nothing.
    """
    found = [part for node in nodes for part in _parts(reader, node)]
    if not found:
        hint = f"they are in a ConfigMap (name.yaml: | ...) or in {', '.join(_WITH_GROUPS)}"
        reader.error(nodes[0], "no manifest here holds rules", hint)
    return [part for part in found if part is not None]


def _parts(reader: Reader, node: yaml.Node) -> Iterator[tuple[Reader, yaml.Node] | None]:
    """The parts of one manifest; None for one that is wrong."""
    values = _values(node)
    kind = values.get("kind")
    name = kind.value if isinstance(kind, yaml.ScalarNode) else ""
    spec = values.get("spec")
    if name in _WITH_GROUPS and isinstance(spec, yaml.MappingNode):
        # What else there is, such as a tenant, is the operator's.
        groups = [pair for pair in spec.value if pair[0].value == "groups"]
        yield reader, yaml.MappingNode("", groups, node.start_mark, node.end_mark)
    elif name == "ConfigMap" and "data" in values:
        for key, value in _values(values["data"]).items():
            if key.endswith(_ENDINGS) and isinstance(value, yaml.ScalarNode):
                yield _inside(reader, value, key)
    elif name.endswith("List"):
        for item in reader.items(values.get("items"), "items"):
            yield from _parts(reader, item)


def _inside(reader: Reader, node: yaml.ScalarNode, key: str) -> tuple[Reader, yaml.Node] | None:
    """The document that a block of a ConfigMap is.

    All other lines are blanked, so that everything in it has the place that it has in the manifest.
    """
    if node.style != "|":
        hint = f"write it as a block, so that its lines can be told: {key}: |"
        reader.error(node, f"{key} is no block of lines", hint)
        return None
    first, last = node.start_mark.line + 1, node.end_mark.line
    lines = reader.source.text.split("\n")
    blanked = ["" for _ in lines[:first]] + lines[first : max(first, last)]
    source = Source(reader.source.path, "\n".join(blanked))
    inner = Reader(source, reader.report)
    documents = compose(source, reader.report)
    if documents == []:
        reader.error(node, f"{key} is empty")
    return only_one(inner, documents) if documents else None


def _values(node: yaml.Node) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
