"""What a rule's name and a hostname say."""

from __future__ import annotations

import pytest

from toolkit.falco import kinds
from toolkit.falco.hostnames import HostnameKind, hostname_kind
from toolkit.falco.kinds import Kind


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("Terminal shell in container", Kind.SECURITY),
        ("Test rule", Kind.TEST),
        ("Test rule 2", Kind.SECURITY),
        ("test rule", Kind.SECURITY),
        ("Falco internal: metrics snapshot", Kind.HEARTBEAT),
        ("Falco internal: syscall event drop", Kind.DROP),
        ("Falco internal: timeouts notification", Kind.INTERNAL),
        ("Falco internals", Kind.SECURITY),
    ],
)
def test_kinds(rule: str, kind: Kind) -> None:
    assert kinds.kind_of(rule) is kind
    assert kinds.is_test(rule) == (kind is Kind.TEST)
    assert kinds.is_heartbeat(rule) == (kind is Kind.HEARTBEAT)
    assert kinds.is_drop(rule) == (kind is Kind.DROP)
    assert kinds.is_internal(rule) == (kind in (Kind.HEARTBEAT, Kind.DROP, Kind.INTERNAL))


@pytest.mark.parametrize(
    ("hostname", "kind"),
    [
        # Hostnames met in real events.
        ("falco-xczjd", HostnameKind.POD),
        ("falco-k8saudit-eks-96d7f6f99-vwjgc", HostnameKind.POD),
        ("5824be88342f", HostnameKind.CONTAINER_ID),
        ("k8-worker-1", HostnameKind.NODE),
        ("my-pool-1-node-921b61", HostnameKind.NODE),
        ("test-falco-hostname", HostnameKind.NODE),
        ("sherlock-ThinkBook-15-G2-ITL", HostnameKind.NODE),
        ("x86", HostnameKind.NODE),
        # And what machine pools and other releases make of names.
        ("pool1-5d6b7c8f9-x2v8k", HostnameKind.NODE),
        ("ip-10-0-1-5.eu-west-1.compute.internal", HostnameKind.NODE),
        ("security-falco-7xk2p", HostnameKind.POD),
        ("falco-worker-1", HostnameKind.NODE),
        ("5824be88342fa", HostnameKind.NODE),
        ("5824BE88342F", HostnameKind.NODE),
        ("", HostnameKind.MISSING),
        (None, HostnameKind.MISSING),
    ],
)
def test_hostnames(hostname: str | None, kind: HostnameKind) -> None:
    assert hostname_kind(hostname) is kind
    assert kind.reliable == (kind is HostnameKind.NODE)
