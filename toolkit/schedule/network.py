"""What a scheduled run may talk to, as rules of a Kubernetes NetworkPolicy.

A policy knows no names: a service of the cluster is its namespace, an address is itself, and any
other name is every address at that port.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from toolkit.schedule.plan import Plan

_SERVICE = re.compile(r"[^.]+\.(?P<namespace>[^.]+)\.svc(\..+)?")
_NODE_LOCAL_DNS = "169.254.20.10/32"
_MAPPED = (80, 443)
_MAIL = {"starttls": 587, "implicit": 465, "none": 25}
_CHATS = ("slack", "mattermost", "teams")


def egress(plan: Plan) -> list[dict[str, Any]]:
    """The rules: DNS, the source, and each destination."""
    rules: list[dict[str, Any]] = [
        {
            "to": [_namespace("kube-system"), {"ipBlock": {"cidr": _NODE_LOCAL_DNS}}],
            "ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")],
        }
    ]
    for host, port in dict.fromkeys(_servers(plan)):
        rule = _rule(host, port)
        if rule not in rules:
            rules.append(rule)
    return rules


def _servers(plan: Plan) -> Iterator[tuple[str, int]]:
    settings = plan.settings
    source = settings.grafana if settings.source == "grafana" else settings.loki
    yield from _web(source.proxy or source.url)
    for delivery in plan.deliveries:
        if delivery.kind == "email":
            port = delivery.get("port") or _MAIL[delivery.get("tls", "starttls")]
            yield str(delivery.get("host")), int(port)
        elif delivery.kind == "grafana":
            yield from _web(settings.grafana.url)
        elif delivery.kind == "s3":
            yield from _web(delivery.get("endpoint") or "https://s3.amazonaws.com")
        elif delivery.kind == "webhook":
            yield from _web(delivery.get("url"))
        elif delivery.kind in _CHATS:
            # Where it goes is a secret; chats speak HTTPS.
            yield "chat.invalid", 443


def _web(url: str | None) -> Iterator[tuple[str, int]]:
    if url is not None:
        parts = urlsplit(url)
        yield parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _rule(host: str, port: int) -> dict[str, Any]:
    service = _SERVICE.fullmatch(host)
    if service is not None:
        return _ported({"to": [_namespace(service["namespace"])]}, port)
    if "." not in host and ":" not in host:
        # A name without a dot is a service of the same namespace.
        return _ported({"to": [{"podSelector": {}}]}, port)
    try:
        address = ipaddress.ip_address(host)
        cidrs: Sequence[str] = [f"{address}/{address.max_prefixlen}"]
    except ValueError:
        cidrs = ["0.0.0.0/0", "::/0"]
    blocks = [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]
    return {"to": blocks, "ports": [{"protocol": "TCP", "port": port}]}


def _ported(rule: dict[str, Any], port: int) -> dict[str, Any]:
    """A policy counts the pod's port; behind a service's 80 or 443 it is mostly another one."""
    if port in _MAPPED:
        return rule
    return {**rule, "ports": [{"protocol": "TCP", "port": port}]}


def _namespace(name: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
