"""Reading the text of an output: time, priority, message, and what its pairs tell."""

from __future__ import annotations

import pytest

from toolkit.falco.output import OutputText, split_output, text_fields
from toolkit.falco.priority import Priority
from toolkit.falco.timestamps import parse_time

ISO = "2026-11-16T09:12:13.123456789+0000"


def test_the_iso_prefix() -> None:
    assert split_output(f"{ISO}: Notice Shell | process=sh") == OutputText(
        clock="09:12:13.123456789",
        time=parse_time("2026-11-16T09:12:13.123456789Z"),
        priority=Priority.NOTICE,
        message="Shell | process=sh",
    )


def test_the_clock_prefix_has_no_day() -> None:
    assert split_output("14:50:34.502309868: Critical Shell (user=root)") == OutputText(
        clock="14:50:34.502309868",
        time=None,
        priority=Priority.CRITICAL,
        message="Shell (user=root)",
    )


def test_falcos_own_messages_have_none() -> None:
    for output in ("Falco metrics snapshot", "This is a test from falcosidekick", ""):
        assert split_output(output) == OutputText(None, None, None, output)


def test_a_priority_alone_is_one_only_where_it_is_the_events() -> None:
    output = "Warning Potential drift detected"
    assert split_output(output).message == output
    assert split_output(output, Priority.ERROR).message == output
    assert split_output(output, Priority.WARNING).message == "Potential drift detected"


def test_pairs_after_a_bar() -> None:
    message = (
        "Shell | evt_type=execve user=root user_uid=0 user_loginuid=-1 process=sh"
        " proc_exepath=/bin/busybox parent=containerd-shim command=sh -c A=b ls > /tmp/x terminal=0"
        " exe_flags=EXE_WRITABLE|EXE_LOWER_LAYER container_id=4e8c9ece9d33 container_name=web"
        " container_image_repository=alpine container_image_tag=3.19 k8s_pod_name=<NA>"
        " k8s_ns_name=shop"
    )
    assert text_fields(message) == {
        "evt.type": "execve",
        "user.name": "root",
        "user.uid": "0",
        "user.loginuid": "-1",
        "proc.name": "sh",
        "proc.exepath": "/bin/busybox",
        "proc.pname": "containerd-shim",
        "proc.cmdline": "sh -c A=b ls > /tmp/x",
        "proc.tty": "0",
        "evt.arg.flags": "EXE_WRITABLE|EXE_LOWER_LAYER",
        "container.id": "4e8c9ece9d33",
        "container.name": "web",
        "container.image.repository": "alpine",
        "container.image.tag": "3.19",
        "k8s.ns.name": "shop",
    }


def test_pairs_in_brackets_with_a_repeated_suffix() -> None:
    message = (
        "Shell (user=root k8s.ns=default k8s.pod=web container=daeaaf1c0551 shell=bash parent=runc"
        " cmdline=bash -c (exit 1) terminal=34816 container_id=daeaaf1c0551"
        " image=registry:5000/web:1.2) k8s.ns=default k8s.pod=web container=daeaaf1c0551"
        " k8s.ns=default k8s.pod=web container=daeaaf1c0551"
    )
    assert text_fields(message) == {
        "user.name": "root",
        "k8s.ns.name": "default",
        "k8s.pod.name": "web",
        "shell": "bash",
        "proc.pname": "runc",
        "proc.cmdline": "bash -c (exit 1)",
        "proc.tty": "34816",
        "container.id": "daeaaf1c0551",
        "container.image.repository": "registry:5000/web",
        "container.image.tag": "1.2",
    }


def test_kubernetes_audit_pairs_have_their_own_fields() -> None:
    message = "Exec (user=admin pod=web resource=pods ns=shop action=exec command=sh -c id)"
    assert text_fields(message) == {
        "ka.user.name": "admin",
        "pod": "web",
        "ka.target.resource": "pods",
        "ka.target.namespace": "shop",
        "ka.target.subresource": "exec",
        "ka.uri.param[command]": "sh -c id",
    }


@pytest.mark.parametrize("message", ["", "no pairs here", "a = b", "x =", "=", "A=b", "(((="])
def test_a_message_without_pairs(message: str) -> None:
    assert text_fields(message) == {}
