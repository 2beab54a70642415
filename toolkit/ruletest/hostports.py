"""Hosts and ports as Go's package net tells them apart, for the templates' functions on them."""

from __future__ import annotations

import ipaddress


def split_host_port(text: str) -> tuple[str, str] | None:
    """Host and port of ``host:port`` or ``[v6]:port``; None where Go's net.SplitHostPort fails."""
    colon = text.rfind(":")
    if colon < 0:
        return None
    start = end = 0
    if text.startswith("["):
        close = text.find("]")
        if close < 0 or close + 1 != colon:
            return None
        host, start, end = text[1:close], 1, close + 1
    else:
        host = text[:colon]
        if ":" in host:
            return None
    if "[" in text[start:] or "]" in text[end:]:
        return None
    return host, text[colon + 1 :]


def join_host_port(host: str, port: str) -> str:
    """Go's net.JoinHostPort."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def strip_port(text: str) -> str:
    """The host of an address; what is no address with a port stays as it is."""
    parts = split_host_port(text)
    return text if parts is None else parts[0]


def strip_domain(text: str) -> str:
    """``web.example.com:80`` as ``web:80``; an IP address stays as it is."""
    host, port = split_host_port(text) or (text, "")
    if _is_ip(host):
        return text
    name = host.split(".")[0]
    return join_host_port(name, port) if port else name


def _is_ip(text: str) -> bool:
    # Go's net.ParseIP takes no zone and, as Python's, no leading zeros.
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text
