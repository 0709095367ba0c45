"""Bodies of requests: not larger than allowed, and read to the end even where nobody wants them."""

from __future__ import annotations

import asyncio
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shuowen.errors import BusyError, TooLargeError
from shuowen.server.middleware import Layer, is_end

LINGER_SECONDS = 3.0
LINGER_BYTES = 64 * 1024**2
"""How long, and for how many bytes, a refused upload is still taken in."""


MAX_LARGEST_TOGETHER = 4
"""Bodies of all requests together may have as many bytes as so many of the largest."""


class BodyLimit(Layer):
    """Refuses bodies that say that they are too large, and stops those that turn out to be.

    Bodies may be in memory for as long as their request runs, so all together are limited too.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        super().__init__(app)
        self._max_bytes = max_bytes
        self._bytes_together = 0

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the body; raises `TooLargeError` and `BusyError`."""
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > self._max_bytes:
            raise self._error()
        num_bytes = 0

        async def counted() -> Message:
            nonlocal num_bytes
            message = await receive()
            size = len(message.get("body", b""))
            num_bytes += size
            self._bytes_together += size
            if num_bytes > self._max_bytes:
                raise self._error()
            if self._bytes_together > MAX_LARGEST_TOGETHER * self._max_bytes:
                raise BusyError(
                    "The server has as many uploads as it takes at once.", "Try again soon."
                )
            return message

        try:
            await self.app(scope, counted, send)
        finally:
            self._bytes_together -= num_bytes

    def _error(self) -> TooLargeError:
        return TooLargeError(
            f"The request's body is larger than {self._max_bytes} bytes.",
            "Send less at a time, or start the server with a larger --max-body.",
        )


class UnreadBody(Layer):
    """Takes in the rest of a refused upload before the answer ends.

    A connection that is closed with bytes unread is reset, and a reset throws away the answer that
    the client has not read yet. https://www.rfc-editor.org/rfc/rfc9112#section-9.6
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and let the client finish sending before the answer ends."""
        headers = Headers(scope=scope)
        if not has_body(headers) or "expect" in headers:
            await self.app(scope, receive, send)
            return
        is_read = False

        async def watched_receive() -> Message:
            nonlocal is_read
            message = await receive()
            is_read = not message.get("more_body", False)
            return message

        async def watched_send(message: Message) -> None:
            if is_end(message) and not is_read:
                await send({**message, "more_body": True})
                await _take_in(receive)
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        await self.app(scope, watched_receive, watched_send)


def has_body(headers: Headers) -> bool:
    """Whether a request says that a body follows."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


async def _take_in(receive: Receive) -> None:
    deadline = time.monotonic() + LINGER_SECONDS
    num_bytes, more = 0, True
    while more and num_bytes <= LINGER_BYTES:
        try:
            message = await asyncio.wait_for(receive(), max(0.0, deadline - time.monotonic()))
        except asyncio.TimeoutError:
            return
        num_bytes += len(message.get("body", b""))
        more = message.get("more_body", False)
