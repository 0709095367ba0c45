"""Web pages of strangers, open in a browser on this machine or network, must not use the server.

A page may send simple requests anywhere, without being allowed to (cross-site request forgery), and
with a name that leads to 127.0.0.1 it may even read the answers (DNS rebinding). Browsers say who
asks in `Origin` and `Host`; nobody else sends a foreign `Origin`.
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from shuowen.server.middleware import Layer
from shuowen.server.options import ServerOptions, is_loopback
from shuowen.server.replies import status_reply

_CONTAINERS = frozenset(("host.docker.internal", "host.containers.internal"))
"""Names by which containers reach the machine that they run on."""


class ForeignPages(Layer):
    """Answers 403 to requests of foreign web pages, and 421 to names that are not the server's."""

    def __init__(self, app: ASGIApp, options: ServerOptions) -> None:
        super().__init__(app)
        self._origins = frozenset(options.cors_origins)
        self._names = frozenset(name.lower() for name in (*options.allowed_hosts, options.host))
        # A page that was brought here by a false name has no key.
        self._checks_names = options.is_local and not options.needs_keys

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at who asks, and under which name."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._checks_names and not self._is_own_name(host):
            message = (
                "This server does not answer to the name in the request's Host header."
                " Use its address, or start it with --allow-host NAME."
            )
            reply = status_reply(421, message, "wrong_host")
        elif not self._is_own_origin(headers.get("origin"), host):
            message = (
                "This server does not serve this web page."
                " Whoever runs it can allow the page with --cors-origin."
            )
            reply = status_reply(403, message, "foreign_origin")
        else:
            await self.app(scope, receive, send)
            return
        await reply(scope, receive, send)

    def _is_own_name(self, host: str) -> bool:
        name = _without_port(host)
        if name in self._names or name in _CONTAINERS or is_loopback(name):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return not name  # HTTP/1.0 needs no name, and no browser speaks it
        return True

    def _is_own_origin(self, origin: str | None, host: str) -> bool:
        if origin is None or "*" in self._origins or origin in self._origins:
            return True
        return origin.partition("://")[2].lower() == host.lower()


def _without_port(host: str) -> str:
    name = host.lower().rstrip(".")
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0]
