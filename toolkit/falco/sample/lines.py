"""Falco's JSON lines, prepared once for each activity and place, so that making one is cheap.

A prepared line is a ``%`` format with the names ``iso`` (date and time with nine digits), ``clock``
(the time of it), ``ns``, ``port`` and ``n``.
"""

from __future__ import annotations

import re

from toolkit.falco.event import INTERNAL_SOURCE
from toolkit.falco.jsontext import JSONValue, encode
from toolkit.falco.kinds import DROP_RULE
from toolkit.falco.priority import Priority
from toolkit.falco.rules import catalogue
from toolkit.falco.sample.cluster import SampleNode
from toolkit.falco.sample.vocabulary import Activity, Fields, Value

_CONTAINER = (
    ("container_id", "container.id"),
    ("container_name", "container.name"),
    ("container_image_repository", "container.image.repository"),
    ("container_image_tag", "container.image.tag"),
    ("k8s_pod_name", "k8s.pod.name"),
    ("k8s_ns_name", "k8s.ns.name"),
)
_SLOT = re.compile(r'"\{(ns|port|n)\}"|\{(iso|clock|ns|port|n)\}')


def event_format(activity: Activity, node: SampleNode, seed: int, moment: int) -> str:
    """The line of an activity on a node, with the pod that runs at that moment."""
    rule = catalogue()[activity.phrase.rule]
    fields: Fields = dict(activity.fields)
    pairs = " ".join(f"{key}={_shown(fields[name])}" for key, name in activity.phrase.pairs)
    if activity.audit:
        text = f"{activity.phrase.message} ({pairs})"
    else:
        container = _container(activity, node, seed, moment)
        fields |= container
        ending = " ".join(f"{key}={_shown(container[name])}" for key, name in _CONTAINER)
        text = f"{activity.phrase.message} | {pairs} {ending}"
    fields["evt.time.iso8601" if node.iso_time else "evt.time"] = "{ns}"
    prefix = "{iso}+0000" if node.iso_time else "{clock}"
    return _format(
        {
            "hostname": node.name,
            "output": f"{prefix}: {rule.priority} {text}",
            "output_fields": dict(fields),
            "priority": rule.priority.label,
            "rule": rule.name,
            "source": rule.source,
            "tags": list(rule.tags),
            "time": "{iso}Z",
        }
    )


def internal_format(
    node: SampleNode, rule: str, priority: Priority, output: str, fields: dict[str, JSONValue]
) -> str:
    """The line of an event of Falco itself: no tags, no time in the output."""
    return _format(
        {
            "hostname": node.name,
            "output": output,
            "output_fields": fields,
            "priority": priority.label,
            "rule": rule,
            "source": INTERNAL_SOURCE,
            "time": "{iso}Z",
        }
    )


def drop_format(node: SampleNode, missed: int) -> str:
    """The line that tells of missed system calls (userspace/falco/event_drops.cpp)."""
    buffer = missed * 9 // 10
    fields: dict[str, JSONValue] = {
        "ebpf_enabled": "1",
        "n_drops": str(missed),
        "n_drops_buffer_clone_fork_exit": "0",
        "n_drops_buffer_close_exit": str(buffer // 2),
        "n_drops_buffer_connect_exit": str(buffer // 20),
        "n_drops_buffer_dir_file_exit": "0",
        "n_drops_buffer_execve_exit": str(buffer // 50),
        "n_drops_buffer_open_exit": str(buffer // 3),
        "n_drops_buffer_other_interest_exit": "0",
        "n_drops_buffer_proc_exit": "0",
        "n_drops_buffer_total": str(buffer),
        "n_drops_bug": "0",
        "n_drops_page_faults": str(missed - buffer),
        "n_drops_scratch_map": "0",
        "n_evts": str(missed * 7),
    }
    output = f"{DROP_RULE}. {missed} system calls dropped in last second."
    return internal_format(node, DROP_RULE, Priority.DEBUG, output, fields)


# What Falcosidekick's /test sends (handlers.go), in the order of its members: not a line of
# Falco's.
TEST_FORMAT = (
    '{"output":"This is a test from falcosidekick","source":"debug","priority":"Debug",'
    '"hostname":"falcosidekick","rule":"Test rule","time":"%(iso).19sZ",'
    '"output_fields":{"proc.name":"falcosidekick","user.name":"falcosidekick"},'
    '"tags":["test","example"]}'
)


def _container(activity: Activity, node: SampleNode, seed: int, moment: int) -> Fields:
    workload = activity.workload
    if workload is None:
        return {
            "container.id": "host",
            "container.name": "host",
            "container.image.repository": "",
            "container.image.tag": "",
            "k8s.pod.name": None,
            "k8s.ns.name": None,
        }
    return {
        "container.id": workload.container_id(seed, node.name, moment),
        "container.name": workload.name,
        "container.image.repository": workload.image,
        "container.image.tag": workload.tag,
        "k8s.pod.name": workload.pod(seed, node.name, moment),
        "k8s.ns.name": workload.namespace or None,
    }


def _shown(value: Value) -> str:
    return "<NA>" if value is None else str(value)


def _format(members: dict[str, JSONValue]) -> str:
    """The encoded members, with every slot as a place of a ``%`` format."""
    text = encode(members).replace("%", "%%")
    # A slot that is a whole value is a number; in a text it is a part of that.
    return _SLOT.sub(lambda slot: f"%({slot[1] or slot[2]})s", text)
