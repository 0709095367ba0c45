"""How many requests a server answers at once; more are told to come back.

Requests that bring work (a page to read, a chat) have few places. Those that only look something
up, or listen to the progress of a job, have places of their own, so that listeners cannot keep
work out nor the other way round.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from starlette.types import ASGIApp, Receive, Scope, Send

from shuowen.errors import BusyError
from shuowen.server.middleware import Layer, leaving_before_end
from shuowen.server.probes import PROBES

MAX_LOOKS = 1000
"""Requests at once that bring no work."""
_LOOKS = frozenset(("GET", "HEAD", "OPTIONS", "DELETE"))


class Admission:
    """Counts the requests that are in the house."""

    def __init__(self, max_requests: int) -> None:
        self._most = {True: max_requests, False: MAX_LOOKS}
        self._inside = {True: 0, False: 0}
        self._lock = threading.Lock()

    @property
    def num_inside(self) -> int:
        """Requests of both kinds that are being answered or wait."""
        return sum(self._inside.values())

    @contextmanager
    def enter(self, method: str) -> Iterator[None]:
        """Be in the house for as long as the block runs; raises `BusyError`."""
        is_work = method not in _LOOKS
        with self._lock:
            if self._inside[is_work] >= self._most[is_work]:
                raise BusyError(
                    "The server has as many requests as it takes at once.", "Try again soon."
                )
            self._inside[is_work] += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside[is_work] -= 1


class Admitting(Layer):
    """Lets requests in as long as there is a place; probes always."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        super().__init__(app)
        self._admission = admission

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a place for as long as the answer takes; raises `BusyError`."""
        if scope["path"] in PROBES:
            await self.app(scope, receive, send)
            return
        with ExitStack() as held:
            held.enter_context(self._admission.enter(scope["method"]))
            await self.app(scope, receive, leaving_before_end(held, send))
