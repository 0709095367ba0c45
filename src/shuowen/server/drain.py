"""Stopping without dropping anybody: running requests end, new ones are sent away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from shuowen.errors import CapacityError
from shuowen.server.middleware import Layer
from shuowen.server.probes import PROBES

CLOSING_SECONDS = 5.0
"""How long pages at hand are waited for at the end."""
CUT_SECONDS = 0.5
"""The same when the server was told to stop twice."""


class Drain:
    """Whether the server is about to stop; methods may be called from any thread."""

    def __init__(self, seconds: float) -> None:
        """Running requests have so many seconds once it began."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._deadline: float | None = None
        self._actions: list[Callable[[], None]] = []
        self._is_cut = False

    @property
    def closing_seconds(self) -> float:
        """How long parts may take to close at the end."""
        return CUT_SECONDS if self._is_cut else CLOSING_SECONDS

    @property
    def has_begun(self) -> bool:
        """Whether no new work is taken."""
        return self._deadline is not None

    @property
    def is_overdue(self) -> bool:
        """Whether running requests had their time."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def on_begin(self, action: Callable[[], None]) -> None:
        """Do `action`, which must be quick, as soon as it begins."""
        self._actions.append(action)

    def cut(self) -> None:
        """Whoever stops the server does not want to wait."""
        self._is_cut = True

    def begin(self) -> None:
        """Take no new work; a second call changes nothing."""
        with self._lock:
            if self._deadline is not None:
                return
            self._deadline = time.monotonic() + self._seconds
        for action in self._actions:
            action()


class Draining(Layer):
    """Sends new requests away once the server is about to stop; probes still get in."""

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        super().__init__(app)
        self._drain = drain

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises `CapacityError` once the server is about to stop."""
        if scope["path"] not in PROBES and self._drain.has_begun:
            raise CapacityError("The server is about to stop.", "Ask again in a few seconds.")
        await self.app(scope, receive, send)
