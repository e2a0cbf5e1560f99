"""Which addresses may be called: public ones, and those that configuration allows. What a name resolves to is called, not the name.

A name is resolved once, every address of it has to be allowed, and the connection goes to that very address: a name that resolves to
something else a moment later (DNS rebinding) reaches nothing. Redirects are not followed anywhere.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class NotAllowed(Exception):
    """Says what is wrong with the address; nothing was connected."""


@dataclass(frozen=True)
class Target:
    """Where to connect (`address`), and whom to talk to there."""

    scheme: str
    host: str
    port: int
    path: str
    address: str

    @property
    def url(self) -> str:
        """With the address in place of the name."""
        shown = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{shown}:{self.port}{self.path}"

    @property
    def authority(self) -> str:
        default = 443 if self.scheme == "https" else 80
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == default else f"{shown}:{self.port}"


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Raises ValueError for what is no network."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def is_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether an address may be called."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:  # an IPv4 address in disguise
            return is_allowed(inner, allowed)
    if any(address.version == network.version and address in network for network in allowed):
        return True
    return address.is_global and not address.is_multicast


def resolve(host: str, port: int) -> list[str]:
    """Addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def target(
    url: str,
    allowed: Sequence[Network] = (),
    *,
    plain: bool = False,
    resolver: Callable[[str, int], list[str]] = resolve,
) -> Target:
    """Where a webhook's URL leads.

    Args:
        plain: `http` is allowed too.

    Raises:
        NotAllowed: it is no URL that may be called.
        OSError: its name does not resolve (now).
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as fault:
        raise NotAllowed("the address is not a URL") from fault
    if parts.scheme != "https" and not (plain and parts.scheme == "http"):
        raise NotAllowed("the address has to be https")
    if not host or parts.username is not None or parts.password is not None:
        raise NotAllowed("the address needs a host and no user")
    port = port or (443 if parts.scheme == "https" else 80)
    found = resolver(host, port)
    if not found:
        raise NotAllowed("the address does not resolve")
    for text in found:
        address = ipaddress.ip_address(text.split("%")[0])
        if not is_allowed(address, allowed):
            raise NotAllowed("the address is inside a private network")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, found[0])
