"""Work for a client that has left, or that takes too long, is stopped."""

from __future__ import annotations

import asyncio
import math

import anyio
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shuowen.errors import TimedOutError
from shuowen.server.answer_watch import note_left
from shuowen.server.body import has_body
from shuowen.server.middleware import Layer, is_end


class TimeLimit(Layer):
    """Gives up a request whose answer has not begun in time.

    An answer that has begun is limited by whoever writes it: the progress of a long job may be
    listened to for hours.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        super().__init__(app)
        self._seconds = seconds

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises `TimedOutError`."""
        with anyio.move_on_after(self._seconds) as limit:

            async def watched(message: Message) -> None:
                limit.deadline = math.inf
                await send(message)

            await self.app(scope, receive, watched)
        if limit.cancelled_caught:
            raise TimedOutError(
                f"There was no answer within {self._seconds:g} s, the longest a request may take.",
                "Send fewer or smaller pages, or hand them in as a job: POST /v1/documents.",
            )


class ClientWatch(Layer):
    """Cancels a request's work as soon as its client has closed the connection."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app and watch the connection meanwhile."""
        line = _Line(receive, send, has_body=has_body(Headers(scope=scope)))
        with anyio.CancelScope() as work:
            watching = asyncio.create_task(_cancel_when_left(line, work, scope))
            try:
                await self.app(scope, line.receive, line.send)
            finally:
                watching.cancel()


class _Line:
    """A request's messages; for the last, that the client left, several may wait."""

    def __init__(self, receive: Receive, send: Send, *, has_body: bool) -> None:
        self._receive = receive
        self._send = send
        self._is_empty = not has_body
        self._is_read = asyncio.Event()
        self._has_ended = asyncio.Event()
        self.is_answered = False
        if not has_body:
            self._is_read.set()

    async def receive(self) -> Message:
        """The next message, for the app."""
        if self._is_empty:
            self._is_empty = False
            return {"type": "http.request", "body": b"", "more_body": False}
        if not self._is_read.is_set():
            message = await self._receive()
            if message["type"] != "http.request" or not message.get("more_body", False):
                self._is_read.set()
            return message
        await self._has_ended.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Pass on a part of the answer."""
        if is_end(message):
            self.is_answered = True
        await self._send(message)

    async def until_ended(self) -> None:
        """Wait until the client has left, or has its answer."""
        await self._is_read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._has_ended.set()


async def _cancel_when_left(line: _Line, work: anyio.CancelScope, scope: Scope) -> None:
    await line.until_ended()
    if not line.is_answered:
        note_left(scope)
        work.cancel()
