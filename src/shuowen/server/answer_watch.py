"""What an answer turns out to be, for those who only look on: the log and the metrics."""

from __future__ import annotations

import time

from starlette.routing import BaseRoute
from starlette.types import Message, Scope, Send

LEFT = 499
"""Status in log and metrics of a request whose client left before an answer (nginx's number)."""
CUT = 500
"""Status of a request that ended without an answer for any other reason."""
UNMATCHED = "(unmatched)"
"""The route of paths that there are not: what they are may be private, and is endless."""


class AnswerWatch:
    """Sees the messages of one answer go by.

    Attributes:
        num_bytes: Bytes of the body so far.
        is_complete: Whether the end was sent.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start = time.perf_counter()
        self._status = 0
        self.num_bytes = 0
        self.is_complete = False

    async def send(self, message: Message) -> None:
        """Passes a message on."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
        elif message["type"] == "http.response.body":
            self.num_bytes += len(message.get("body", b""))
            self.is_complete = not message.get("more_body", False)
        await self._send(message)

    @property
    def status(self) -> int:
        """The answer's status, or why there was none."""
        return self._status or (LEFT if has_left(self._scope) else CUT)

    @property
    def seconds(self) -> float:
        """Since the request came."""
        return time.perf_counter() - self._start

    @property
    def route(self) -> str:
        """The template of the path, such as "/v1/documents/{id}"."""
        return route_of(self._scope)


def route_of(scope: Scope) -> str:
    """The template of the path of a request that the router has seen."""
    route = scope.get("route")
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    return str(path) if isinstance(route, BaseRoute) and path is not None else UNMATCHED


def note_left(scope: Scope) -> None:
    """The client of this request has left."""
    scope.setdefault("state", {})["has_left"] = True


def has_left(scope: Scope) -> bool:
    """Whether the client left before the answer's end."""
    return bool(scope.get("state", {}).get("has_left"))
