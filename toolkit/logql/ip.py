"""``ip("...")``: an address, a range ``a-b`` or a prefix ``a/24``, and where a text holds one.

As grafana/loki pkg/logql/log/ip.go on Go's net/netip: an IPv4 address is never the same as the IPv6
address it is mapped to, and an address with a zone lies in no range and no prefix.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from toolkit.logql.numbers import natural
from toolkit.logql.quoting import quote

# Where an address may begin: a look at the next four or five bytes.
_HINT: Final = re.compile(
    rb"(?P<four>[0-9](?:\..{2}|.\..|..\.))|(?P<six>::[0-9a-fA-F]|[0-9a-fA-F]{1,4}:)", re.DOTALL
)
_IPV4_BYTES: Final = re.compile(rb"[0-9.]*")
_IPV6_BYTES: Final = re.compile(rb"[0-9a-fA-F:.]*")
_PREFIX_LENGTH: Final = re.compile(r"0|[1-9][0-9]*")


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """An IP address: 32 or 128 bits, its number, and the zone of an IPv6 address ("" for none)."""

    bits: int
    number: int
    zone: str = ""


@dataclass(frozen=True, slots=True)
class IPPattern:
    """The addresses from ``first`` to ``last``; ``zoned`` where only the very address is meant."""

    first: Address
    last: Address
    zoned: bool = False

    def contains(self, address: Address) -> bool:
        """Whether the pattern means ``address``."""
        if address.bits != self.first.bits or (address.zone and not self.zoned):
            return False
        return self.first <= address <= self.last

    def search(self, data: bytes) -> bool:
        """Whether ``data`` holds an address that the pattern means, in whatever surroundings."""
        position = 0
        while (hint := _HINT.search(data, position)) is not None:
            start = hint.start()
            span = (_IPV4_BYTES if hint.lastgroup == "four" else _IPV6_BYTES).match(data, start)
            end = span.end() if span else start
            address = parse_address(data[start:end].decode("ascii"))
            if address is not None and self.contains(address):
                return True
            position = end + 1
        return False


def parse_ip(pattern: str) -> IPPattern:
    """The pattern of an ``ip()`` filter; ValueError in Loki's words."""
    address = parse_address(pattern)
    if address is not None:
        return IPPattern(address, address, zoned=True)
    found = _prefix(pattern) or _range(pattern)
    if found is None:
        raise ValueError(f"ip: invalid pattern: {quote(pattern)}")
    return found


def parse_address(text: str) -> Address | None:
    """``text`` as an address, None if it is none."""
    host, percent, zone = text.partition("%")
    if percent and (not zone or ":" not in host):
        return None
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return None
    return Address(parsed.max_prefixlen, int(parsed), zone)


def _prefix(pattern: str) -> IPPattern | None:
    host, _, length = pattern.rpartition("/")
    address = parse_address(host)
    if address is None or address.zone or not _PREFIX_LENGTH.fullmatch(length):
        return None
    bits = natural(length)
    if bits > address.bits:
        return None
    hosts = (1 << (address.bits - bits)) - 1
    first = address.number & ~hosts
    return IPPattern(Address(address.bits, first), Address(address.bits, first | hosts))


def _range(pattern: str) -> IPPattern | None:
    start, _, end = pattern.partition("-")
    first, last = parse_address(start), parse_address(end)
    if first is None or last is None or first.bits != last.bits or first.number > last.number:
        return None
    return IPPattern(Address(first.bits, first.number), Address(last.bits, last.number))
