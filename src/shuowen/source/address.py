"""Which network addresses a download may lead to: only those of the public internet.

A URL in a document list may be written by a stranger. Without this check it could make Shuowen
read the router, a database on this machine or the cloud's secrets at 169.254.169.254 (server-side
request forgery). A host is resolved once, and the address that was checked is the one connected to.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from shuowen.errors import FetchError

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], list[str]]
"""Turns a host name and a port into addresses as text; raises OSError where there are none."""

# Blocks of the IANA special-purpose registries that `is_global` lets through in some versions of
# Python, and the service for virtual machines that Azure runs at a public address.
_CLOSED_IPV4 = tuple(
    ip_network(block)
    for block in ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4", "168.63.129.16/32")
)
_CLOSED_IPV6 = tuple(ip_network(block) for block in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_UNICAST_IPV6 = ip_network("2000::/3")  # all that has been given out, RFC 4291
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: the IPv4 address is in the last 32 bits


def resolve_host(host: str, port: int) -> list[str]:
    """Ask the system's resolver; the default `Resolver`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def public_addresses(host: str, port: int, resolve: Resolver, allow_private: bool) -> list[str]:
    """Resolve a host and check all that it resolves to.

    Args:
        host: Name or address, without brackets; odd spellings of IPv4 are understood.
        port: 1 to 65535, handed to the resolver.
        resolve: Where names are looked up.
        allow_private: Whether to let every address pass.

    Returns:
        Addresses to connect to, as text, in the resolver's order; never empty.

    Raises:
        FetchError: The host is unknown, or one of its addresses is not public.
    """
    addresses = [ip_address(text.partition("%")[0]) for text in _resolve(host, port, resolve)]
    closed = [address for address in addresses if not is_public(address)]
    if closed and not allow_private:
        is_literal = str(closed[0]) == host
        leads_to = " is" if is_literal else f" leads to {closed[0]}, which is"
        raise FetchError(
            f"{host}{leads_to} not an address of the public internet.",
            "If you trust it, allow private addresses (--allow-private-urls).",
        )
    return [str(address) for address in addresses]


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, also by the IPv4 address inside it."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in block for block in _CLOSED_IPV4)
    inner = address.ipv4_mapped or address.sixtofour
    if address in _NAT64:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    if inner is not None:
        return is_public(inner)
    return address in _UNICAST_IPV6 and not any(address in block for block in _CLOSED_IPV6)


def _resolve(host: str, port: int, resolve: Resolver) -> list[str]:
    literal = _literal(host)
    if literal is not None:
        return [literal]
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise FetchError(f"The host {host} is not known.", "Check the address.") from error
    if not found:
        raise FetchError(f"The host {host} has no address.", "Check the address.")
    return found


def _literal(host: str) -> str | None:
    """The address that a host spells out; None for a name.

    What ends in a number is never a name (https://url.spec.whatwg.org/#ends-in-a-number-checker):
    `2130706433`, `0x7f.1` and `0177.0.0.1` are all 127.0.0.1.
    """
    if ":" in host:
        try:
            return str(ip_address(host.partition("%")[0]))
        except ValueError as error:
            raise FetchError(f"{host} is not an address.") from error
    last = host.rstrip(".").rpartition(".")[2].lower()
    if not last.isdigit() and not last.startswith("0x"):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))
    except (OSError, UnicodeError) as error:
        raise FetchError(f"{host} is not an address.") from error
