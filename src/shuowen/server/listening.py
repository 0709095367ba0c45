"""Taking an address and a port, with plain words where that fails."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress

from shuowen.errors import ConflictError, UsageError

BACKLOG = 2048


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on every address of `host`, all on one port.

    Args:
        host: An address or a name.
        port: 0 takes a free one.

    Raises:
        ConflictError: Another program has the port.
        UsageError: The host is not one of this machine's, or the port needs more rights.
    """
    sockets: list[socket.socket] = []
    try:
        for family, address in _addresses(host, port):
            chosen = sockets[0].getsockname()[1] if sockets else port
            sockets.append(_bound(family, (address[0], chosen, *address[2:])))
    except OSError as error:
        for each in sockets:
            each.close()
        raise _refused(error, host, port) from error
    return sockets


def _addresses(host: str, port: int) -> list[tuple[int, tuple[object, ...]]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise UsageError(
            f"There is no host {host!r}.", "Use 127.0.0.1, or 0.0.0.0 for every address."
        ) from error
    return list(dict.fromkeys((int(each[0]), tuple(each[4])) for each in found))


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    # asyncio sends small pieces at once (TCP_NODELAY) only where the protocol is named; without it
    # every answer waits 40 ms for the client's acknowledgement of its headers.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share the port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            with suppress(OSError):
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def _refused(error: OSError, host: str, port: int) -> UsageError:
    if error.errno == errno.EADDRINUSE:
        return ConflictError(
            f"Another program has port {port} on {host}.",
            f"Stop it, or choose another port, such as --port {port + 1}; --port 0 takes any.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return UsageError(
            f"This user may not open port {port}.", "Choose one above 1023, such as --port 23333."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return UsageError(
            f"{host} is no address of this machine.", "Use 127.0.0.1, or 0.0.0.0 for every one."
        )
    return UsageError(f"{host}:{port} cannot be opened: {error.strerror}.", "Choose another.")
