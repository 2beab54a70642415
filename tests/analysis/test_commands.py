"""Commands that differ in numbers and ids only have one template; others keep what tells them."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from toolkit.analysis.commands import glob, is_literal, template


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("gdb -p 6121", "gdb -p <n>"),
        ("sh -c uptime", "sh -c uptime"),
        ("cat  /etc/shadow ", "cat /etc/shadow"),
        ("cat /proc/4711/environ", "cat /proc/<n>/environ"),
        ("nc -w 2 127.0.0.1 3333", "nc -w <n> <ip> <n>"),
        ("curl https://10.43.0.1:443/api", "curl https://<ip>:<n>/api"),
        ("tar xf /backup/2026-11-12T03:00:00Z.tgz", "tar xf /backup/<time>.tgz"),
        ("date -s 12:30:01", "date -s <time>"),
        ("kill -9 0x1f", "kill -<n> <hex>"),
        ("mount 3f2504e0-4f89-11d3-9a0c-0305e82c3301", "mount <uuid>"),
        ("kubectl exec web-7d9f8b6c5d-x2x4z -- sh", "kubectl exec web-<pod> -- sh"),
        (
            "runc delete 734c7523764d8bd2d68983b8945e9058897e789b00e2ca4a9e34eb921d873c5c",
            "runc delete <hex>",
        ),
        # From falcosecurity/event-generator: a random name, a random number, a Python tempfile.
        (
            "sh -c /dev/shm/falco-event-generator-syscall-ExecutionFromDevShm-cIY2gi.sh",
            "sh -c /dev/shm/falco-event-generator-syscall-ExecutionFromDevShm-<id>.sh",
        ),
        ("shred -u /tmp/bulk-1037392393", "shred -u /tmp/bulk-<n>"),
        ("gcc -c /tmp/tmpwcmqmdk5/tmph3kfi3ke.c", "gcc -c /tmp/tmp<id>/<id>.c"),
    ],
)
def test_what_varies_becomes_a_placeholder(command: str, expected: str) -> None:
    assert template(command) == expected


@pytest.mark.parametrize(
    "command",
    [
        "base64 -d payload",
        "sha256sum /etc/passwd",
        "ls /lib/x86_amd64 k8s ipv4 mp3",
        "deadbeef facade decade",
        "find / -iname id_rsa",
        "redis-server *:default",
    ],
)
def test_names_with_figures_stay(command: str) -> None:
    assert template(command) == command
    assert is_literal(template(command))


PLAIN = st.sampled_from(["cat", "-n", "x[1]", "a*b", "c?", "\\d", "ü", "[...]", "<n>"])
VARYING = st.sampled_from(
    ["7", "4096", "/tmp/a1b2c3d4", "10.0.0.1", "2026-11-12", "deadbeef01", "web-7d9f8b6c5d-x2x4z"]
)
WORDS = PLAIN | VARYING
COMMANDS = st.lists(WORDS | st.text(max_size=12), max_size=6).map(" ".join)


@given(COMMANDS)
@example("<n>")
def test_a_template_is_its_own_template(command: str) -> None:
    once = template(command)
    assert template(once) == once


@given(COMMANDS)
def test_the_pattern_fits_every_command_of_the_template(command: str) -> None:
    assert fnmatchcase(" ".join(command.split()), glob(template(command)))


def test_a_pattern_fits_others_of_the_template_and_nothing_else() -> None:
    pattern = glob(template("gdb -p 6121"))
    assert pattern == "gdb -p *"
    assert fnmatchcase("gdb -p 77", pattern)
    assert not fnmatchcase("gdb --pid 77", pattern)
    assert not fnmatchcase("sudo gdb -p 77", pattern)
