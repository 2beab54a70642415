"""What can be read from an event's ``output`` text, where that is all there is.

The text is the time, the priority and the rule's message (userspace/engine/formats.cpp). Messages
of the stock rules end in ``key=value`` pairs, after `` | `` since falco-rules 4 and in brackets
before. What ``append_output`` adds (container, pod, namespace) comes after that, and older Falco
repeated its own addition up to three times. Values are not quoted, so that a command line may hold
anything: what is found here is a good guess, while ``output_fields`` (``loki.format: json``) are
exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from toolkit.falco.priority import Priority
from toolkit.falco.timestamps import parse_time

_PREFIX = re.compile(
    r"(?:(?P<day>\d{4}-\d\d-\d\dT)?(?P<clock>\d\d:\d\d:\d\d\.\d{9})(?P<zone>[+-]\d{4})?: )?"
    r"(?P<priority>Emergency|Alert|Critical|Error|Warning|Notice|Informational|Debug) ",
    re.ASCII,
)
_KEY = re.compile(r"(?:^|(?<=[ (]))([a-z][a-z0-9_.]*(?:\[\d+\])?)=")
_NOTHING = ("", "<NA>", "<n/a>")

_SYSCALL_KEYS = {
    "aname[4]": "proc.aname[4]",
    "command": "proc.cmdline",
    "cmdline": "proc.cmdline",
    "connection": "fd.name",
    "container": "container.id",
    "container_id": "container.id",
    "container_image": "container.image.repository",
    "container_image_repository": "container.image.repository",
    "container_image_tag": "container.image.tag",
    "container_name": "container.name",
    "evt_res": "evt.res",
    "evt_type": "evt.type",
    "exe_flags": "evt.arg.flags",
    "fd_proto": "fd.l4proto",
    "fd_type": "fd.type",
    "file": "fd.name",
    "ggparent": "proc.aname[3]",
    "gggparent": "proc.aname[4]",
    "gparent": "proc.aname[2]",
    "group_gid": "group.gid",
    "group_name": "group.name",
    "image": "container.image.repository",
    "k8s.ns": "k8s.ns.name",
    "k8s.pod": "k8s.pod.name",
    "k8s_ns": "k8s.ns.name",
    "k8s_ns_name": "k8s.ns.name",
    "k8s_pod_name": "k8s.pod.name",
    "lport": "fd.lport",
    "parent": "proc.pname",
    "parent_exe": "proc.pexe",
    "parent_exepath": "proc.pexepath",
    "pcmdline": "proc.pcmdline",
    "proc_cwd": "proc.cwd",
    "proc_exe": "proc.exe",
    "proc_exepath": "proc.exepath",
    "proc_pcmdline": "proc.pcmdline",
    "proc_sname": "proc.sname",
    "process": "proc.name",
    "rport": "fd.rport",
    "terminal": "proc.tty",
    "user": "user.name",
    "user_loginname": "user.loginname",
    "user_loginuid": "user.loginuid",
    "user_uid": "user.uid",
}
_AUDIT_KEYS = {
    "action": "ka.target.subresource",
    "command": "ka.uri.param[command]",
    "decision": "ka.auth.decision",
    "ns": "ka.target.namespace",
    "reason": "ka.auth.reason",
    "resource": "ka.target.resource",
    "resp": "ka.response.code",
    "uri": "ka.uri",
    "user": "ka.user.name",
    "verb": "ka.verb",
}
# Only messages of the Kubernetes audit rules have one of these.
_OF_AUDIT = frozenset({"ns", "resource", "resp", "uri", "verb"})
# Within these anything may look like a pair (``env A=b``); only a key known from rules ends them.
_FREE_VALUES = frozenset({"command", "cmdline", "pcmdline", "proc_pcmdline", "parent_cmdline"})
_FIELD_CLASSES = ("container.", "evt.", "fd.", "k8s.", "proc.", "user.")


@dataclass(frozen=True, slots=True)
class OutputText:
    """An output taken apart. ``time`` (ns, UTC) is known for the ISO form alone.

    The other form is the clock of the place where Falco runs, without a day; ``clock`` has it as it
    stands. ``priority`` is None where the text does not start with time and priority.
    """

    clock: str | None
    time: int | None
    priority: Priority | None
    message: str


def split_output(output: str, priority: Priority | None = None) -> OutputText:
    """Time, priority and message of an output.

    Falco's own events and Falcosidekick's test have the message alone. A priority without a time
    before it is taken for one only where it is the event's own ``priority``: messages may start
    with "Error".
    """
    match = _PREFIX.match(output)
    found = Priority.parse(match["priority"]) if match else None
    if match is None or (match["clock"] is None and found is not priority):
        return OutputText(None, None, None, output)
    day, clock, zone = match["day"], match["clock"], match["zone"]
    time = parse_time(f"{day}{clock}{zone}") if day and zone else None
    return OutputText(clock, time, found, output[match.end() :])


def text_fields(message: str) -> dict[str, str]:
    """Output fields by Falco's names, as far as the message's ``key=value`` pairs tell them.

    A key that is not among those of the stock rules keeps its own name. Where a key comes twice,
    the first counts. Values that say nothing (``<NA>``) are left out.
    """
    pairs = _pairs(message)
    keys = _SYSCALL_KEYS if _OF_AUDIT.isdisjoint(pairs) else _AUDIT_KEYS
    if "container_id" in pairs:
        # Then ``container`` is what the rule's author made it: often the name.
        pairs.pop("container", None)
    image, colon, tag = pairs.get("image", "").rpartition(":")
    if colon and "/" not in tag:
        pairs |= {"image": image, "container_image_tag": tag}
    fields: dict[str, str] = {}
    for key, value in pairs.items():
        if value not in _NOTHING:
            fields.setdefault(keys.get(key, key), value)
    return fields


def _pairs(message: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    key, start = "", 0
    for match in _KEY.finditer(message):
        known = match[1] in _SYSCALL_KEYS or match[1].startswith(_FIELD_CLASSES)
        if key in _FREE_VALUES and not known:
            continue
        if key:
            pairs.setdefault(key, _value(message[start : match.start()]))
        key, start = match[1], match.end()
    if key:
        pairs.setdefault(key, _value(message[start:]))
    return pairs


def _value(text: str) -> str:
    text = text.rstrip(" (").removesuffix("...").rstrip()
    # The bracket that closes the list of pairs, unless the value opened one itself.
    while text.endswith(")") and text.count(")") > text.count("("):
        text = text[:-1].rstrip()
    return text
