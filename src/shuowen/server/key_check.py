"""Asking every request for its key, and holding the key to its limits."""

from __future__ import annotations

from contextlib import ExitStack

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from shuowen.server.keys import KeyRing
from shuowen.server.middleware import Layer, leaving_before_end
from shuowen.server.probes import OPEN, PROBES
from shuowen.server.rates import Rates

_SCHEMES = frozenset(("bearer", "token"))


class KeyCheck(Layer):
    """Finds the caller by the key; without a good one a request goes no further."""

    def __init__(self, app: ASGIApp, keys: KeyRing, rates: Rates) -> None:
        super().__init__(app)
        self._keys = keys
        self._rates = rates

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises `AccessError`, and `BusyError` for a key that asks too often."""
        if scope["path"] in OPEN:
            await self.app(scope, receive, send)
            return
        granted = self._keys.check(key_in(Headers(scope=scope)))
        scope.setdefault("state", {})["caller"] = granted.caller
        if scope["path"] in PROBES:
            await self.app(scope, receive, send)
            return
        with ExitStack() as held:
            held.enter_context(self._rates.use(granted.caller.id, granted.allowance))
            await self.app(scope, receive, leaving_before_end(held, send))


def key_in(headers: Headers) -> str | None:
    """The key that a request carries, in any of the ways that clients have."""
    scheme, _, key = headers.get("authorization", "").strip().partition(" ")
    if key and scheme.lower() in _SCHEMES:
        return key.strip()
    return headers.get("x-api-key")
