"""Which queries are about Falco's events, and what those events are labelled with."""

from __future__ import annotations

from typing import Final

from toolkit.lint.matching import conditions
from toolkit.logql import ast
from toolkit.logql.visitor import find

NODE_LABELS: Final = frozenset(
    ["hostname", "hostname_extracted", "node", "node_name", "nodename", "instance", "host"]
)
NAMESPACE_LABELS: Final = frozenset(
    [
        "k8s_ns_name",
        "k8s_ns",
        "k8snsname",
        "k8s_pod_name",
        "k8s_pod",
        "k8spodname",
        "output_fields_k8s_ns_name",
        "output_fields_k8s_pod_name",
    ]
)
"""Names under which Falcosidekick's versions and ``| json`` know namespace and pod."""

_SOURCES: Final = frozenset(["syscall", "syscalls", "k8s_audit"])
_OURS: Final = NAMESPACE_LABELS | {"priority", "rule", "priority_extracted", "rule_extracted"}


def about_falco(query: ast.LogQuery) -> bool:
    """Whether a selector with its pipeline is about Falco's events, by the words it uses.

    A value that says Falco, or is the name of one of its sources, the label ``priority`` in the
    selector (nobody else but journals has it), or two of the names that Falcosidekick gives.
    """
    held = list(conditions(query))
    if any("falco" in one.value.lower() for one in held):
        return True
    if any(one.name == "source" and one.value in _SOURCES for one in held):
        return True
    if any(one.name == "priority" for one in query.selector.matchers):
        return True
    extracted = {one.label for one in find(query, ast.Extraction)}
    return len(_OURS & ({one.name for one in held} | extracted)) >= 2
