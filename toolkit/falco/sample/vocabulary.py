"""The words in which the sample says what happened: texts, fields, rhythms.

The wording of the messages is this project's own; the keys of the text, the names of the fields and
their order are those of the stock rules, so that queries made for these work on the sample. In
texts ``{port}`` and ``{n}`` stand for numbers that differ from event to event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from toolkit.falco.sample.cluster import SampleNode, Workload

Rhythm = Literal["flat", "office", "builds", "night", "midnight"]
Span = Literal["always", "before the week", "until quiet"]
Value = str | int | None
Fields = dict[str, Value]
Pairs = tuple[tuple[str, str], ...]
"""Keys of the text with the output fields that they show, in the order of the text."""


def _shares(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split()))


# Thousandths of a day's events by hour, UTC.
HOURS: dict[Rhythm, tuple[int, ...]] = {
    "flat": _shares("42 42 41 41 41 41 42 42 42 42 42 42 42 42 42 42 42 42 41 41 41 41 42 42"),
    "office": _shares("2 2 1 1 2 6 22 60 96 108 104 90 56 86 100 94 72 50 20 12 8 4 2 2"),
    "builds": _shares("12 10 10 10 12 18 34 60 78 82 78 70 54 70 80 76 62 48 36 30 26 18 14 12"),
    "night": _shares("20 180 420 280 60 14 2 2 2 2 1 1 1 1 1 1 1 1 1 1 2 2 2 2"),
    "midnight": _shares("940 60 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"),
}
# Hundredths by weekday, Monday first.
WEEKDAYS: dict[Rhythm, tuple[int, ...]] = {
    "flat": (100, 100, 100, 100, 100, 100, 100),
    "office": (110, 120, 122, 118, 96, 9, 7),
    "builds": (106, 116, 120, 116, 98, 28, 20),
    "night": (100, 100, 100, 100, 100, 100, 100),
    "midnight": (100, 100, 100, 100, 100, 100, 100),
}

PROCESS: Pairs = (
    ("evt_type", "evt.type"),
    ("user", "user.name"),
    ("user_uid", "user.uid"),
    ("user_loginuid", "user.loginuid"),
    ("process", "proc.name"),
    ("proc_exepath", "proc.exepath"),
    ("parent", "proc.pname"),
    ("command", "proc.cmdline"),
    ("terminal", "proc.tty"),
)
EXECUTED: Pairs = (*PROCESS, ("exe_flags", "evt.arg.flags"))
ANCESTORS: Pairs = (
    ("gparent", "proc.aname[2]"),
    ("ggparent", "proc.aname[3]"),
    ("gggparent", "proc.aname[4]"),
)
FILE: Pairs = (("file", "fd.name"),)
CONNECTION: Pairs = (
    ("connection", "fd.name"),
    ("lport", "fd.lport"),
    ("rport", "fd.rport"),
    ("fd_type", "fd.type"),
    ("fd_proto", "fd.l4proto"),
)
OBJECT: Pairs = (
    ("user", "ka.user.name"),
    ("name", "ka.target.name"),
    ("ns", "ka.target.namespace"),
    ("resource", "ka.target.resource"),
    ("resp", "ka.response.code"),
    ("decision", "ka.auth.decision"),
    ("reason", "ka.auth.reason"),
)
REQUEST: Pairs = (
    ("user", "ka.user.name"),
    ("target", "ka.target.name"),
    ("resource", "ka.target.resource"),
    ("verb", "ka.verb"),
    ("uri", "ka.uri"),
    ("resp", "ka.response.code"),
)
EXEC: Pairs = (
    ("user", "ka.user.name"),
    ("pod", "ka.target.name"),
    ("resource", "ka.target.resource"),
    ("ns", "ka.target.namespace"),
    ("action", "ka.target.subresource"),
    ("command", "ka.uri.param[command]"),
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A rule of the catalogue, the words of its message and the pairs that follow them."""

    rule: str
    message: str
    pairs: Pairs


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that sets off a rule, ``rate`` times a day on each of the nodes.

    ``workload`` is None for what happens on the host; ``audit`` marks events of the Kubernetes
    audit log, which know neither.
    """

    phrase: Phrase
    fields: Fields
    nodes: tuple[SampleNode, ...]
    rate: float
    rhythm: Rhythm = "flat"
    workload: Workload | None = None
    span: Span = "always"
    audit: bool = False


def process(
    name: str,
    command: str,
    *,
    parent: str = "containerd-shim",
    path: str = "",
    event: str = "execve",
    user: str = "root",
    uid: int = 0,
    tty: int = 0,
    flags: str | None = None,
) -> Fields:
    """The fields of a process; with ``flags`` those of one that was just executed."""
    fields: Fields = {
        "evt.type": event,
        "user.name": user,
        "user.uid": uid,
        "user.loginuid": -1,
        "proc.name": name,
        "proc.exepath": path or f"/usr/bin/{name}",
        "proc.pname": parent,
        "proc.cmdline": command,
        "proc.tty": tty,
    }
    return fields | ({"evt.arg.flags": flags} if flags else {})


def opened(path: str) -> Fields:
    """The field of a file."""
    return {"fd.name": path}


def connection(text: str, rport: int) -> Fields:
    """The fields of a connection; ``text`` is from ``{port}`` to ``rport``."""
    return {
        "fd.name": text,
        "fd.lport": "{port}",
        "fd.rport": rport,
        "fd.type": "ipv4",
        "fd.l4proto": "tcp",
    }


def shell(command: str, parent: str, line: str) -> Fields:
    """The fields of a shell that another program started, with that program's command line."""
    return (
        process("sh", f"sh -c {command}", parent=parent, path="/bin/dash", flags=LOWER)
        | {"proc.pexe": parent, "proc.pexepath": f"/usr/bin/{parent}", "proc.pcmdline": line}
        | ancestors("containerd-shim", "systemd")
    )


def exec_request(user: str, pod: str, namespace: str, command: str) -> Fields:
    """The fields of a request to run a command in a pod."""
    return {
        "ka.user.name": user,
        "ka.target.name": pod,
        "ka.target.resource": "pods",
        "ka.target.namespace": namespace,
        "ka.target.subresource": "exec",
        "ka.uri.param[command]": command,
    }


def ancestors(*names: str) -> Fields:
    """The grandparent and those before it; None where there are no more."""
    padded = (*names, None, None, None)
    return {f"proc.aname[{place + 2}]": name for place, name in enumerate(padded[:3])}


def audit(user: str, name: str, namespace: str, resource: str, code: str = "201") -> Fields:
    """The fields of a request for an object to the Kubernetes API."""
    return {
        "ka.user.name": user,
        "ka.target.name": name,
        "ka.target.namespace": namespace,
        "ka.target.resource": resource,
        "ka.response.code": code,
        "ka.auth.decision": "allow",
        "ka.auth.reason": "RBAC: allowed by ClusterRoleBinding",
    }


API_SERVER = "10.43.0.1:443"
LOWER = "EXE_WRITABLE|EXE_LOWER_LAYER"
UPPER = "EXE_WRITABLE|EXE_UPPER_LAYER"

CONTACT = Phrase(
    "Contact K8S API Server From Container",
    "Connection from a container to the Kubernetes API server",
    (*CONNECTION, *PROCESS),
)
SHELL = Phrase(
    "Run shell untrusted",
    "A program that should not start shells started one",
    (
        ("parent_exe", "proc.pexe"),
        ("parent_exepath", "proc.pexepath"),
        ("pcmdline", "proc.pcmdline"),
        *ANCESTORS,
        *EXECUTED,
    ),
)
TERMINAL = Phrase(
    "Terminal shell in container", "A shell with a terminal was started in a container", EXECUTED
)
SENSITIVE = Phrase(
    "Read sensitive file untrusted",
    "A sensitive file was opened by a program that is not known to need it",
    (*FILE, *ANCESTORS, *PROCESS),
)
NEW_BINARY = Phrase(
    "Drop and execute new binary in container",
    "A binary that is not part of the image was executed",
    (("proc_exe", "proc.exe"), ("proc_cwd", "proc.cwd"), *EXECUTED),
)
KEYS = Phrase(
    "Search Private Keys or Passwords", "Private keys or passwords were searched for", EXECUTED
)
AWS = Phrase(
    "Find AWS Credentials",
    "AWS credentials were searched for",
    (("proc_pcmdline", "proc.pcmdline"), ("proc_cwd", "proc.cwd"), *EXECUTED),
)
REDIRECT = Phrase(
    "Redirect STDOUT/STDIN to Network Connection in Container",
    "Standard input or output was connected to the network",
    (*ANCESTORS, *CONNECTION, *PROCESS),
)
LOGS = Phrase("Clear Log Activities", "A log file was emptied", (*FILE, *PROCESS))
TRACED = Phrase(
    "PTRACE attached to process",
    "A process attached itself to another one",
    (("proc_pcmdline", "proc.pcmdline"), *PROCESS),
)
PACKETS = Phrase(
    "Packet socket created in container",
    "A packet socket was opened in a container",
    (("socket_info", "evt.args"), *CONNECTION, *PROCESS),
)
CLIMB = Phrase(
    "Directory traversal monitored file read",
    "A watched file was read by a path that climbs",
    (*FILE, ("fileraw", "fd.nameraw"), *ANCESTORS, *PROCESS),
)
SSH = Phrase(
    "Disallowed SSH Connection Non Standard Port",
    "An SSH connection to an unusual port",
    (*CONNECTION, *PROCESS),
)
LOGIN = Phrase("System user interactive", "A system user started something at a terminal", EXECUTED)
MEMORY = Phrase(
    "Fileless execution via memfd_create",
    "A program was executed from memory, without a file",
    (("proc_cwd", "proc.cwd"), ("evt_res", "evt.res"), *EXECUTED),
)
SECRET = Phrase("K8s Secret Get Successfully", "A secret was read", OBJECT)
CONFIG = Phrase("K8s ConfigMap Created", "A config map was created", OBJECT)
DEPLOYMENT = Phrase("K8s Deployment Created", "A deployment was created", OBJECT)
ACCOUNT = Phrase("K8s Serviceaccount Created", "A service account was created", OBJECT)
NAMESPACE = Phrase("K8s Namespace Created", "A namespace was created", OBJECT)
ATTACH = Phrase("Attach/Exec Pod", "Someone ran a command in a pod", EXEC)
STRANGER = Phrase("Disallowed K8s User", "A user that is not expected used the API", REQUEST)
