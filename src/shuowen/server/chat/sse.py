"""Server-sent events: written as they come, with a sign of life where nothing comes.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PING_SECONDS = 15.0
"""Longest silence; proxies and load balancers cut lines after 30 to 60 seconds of it."""

DONE = b"data: [DONE]\n\n"
"""How OpenAI's streams end."""

_HEADERS = MappingProxyType(
    {
        "cache-control": "no-cache",
        "x-accel-buffering": "no",  # nginx would keep small pieces back
    }
)
_T = TypeVar("_T")


class EventStream(Response):
    """An answer of events; the generator is closed in the end, however that comes."""

    media_type = "text/event-stream"

    def __init__(self, pieces: AsyncGenerator[bytes, None]) -> None:
        """Takes the pieces of the body."""
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        async with aclosing(self._pieces) as pieces:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def data_event(value: Any, name: str = "") -> bytes:
    """An event with a value of JSON, which has no line breaks."""
    head = f"event: {name}\n" if name else ""
    return b"".join((head.encode(), b"data: ", msgspec.json.encode(value), b"\n\n"))


def comment(text: str) -> bytes:
    """A line that clients pass over; `text` is a single line."""
    return f": {text}\n\n".encode()


async def paced(
    items: AsyncGenerator[_T, None], seconds: float = PING_SECONDS
) -> AsyncGenerator[_T | None, None]:
    """Items as they come, and None whenever none has come for so long.

    Closing it closes `items`.
    """
    waiting: asyncio.Future[_T] | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(items))
            done, _ = await asyncio.wait({waiting}, timeout=seconds)
            if not done:
                yield None
                continue
            come, waiting = waiting, None
            try:
                item = come.result()
            except StopAsyncIteration:
                return
            yield item
    finally:
        if waiting is None:
            await items.aclose()
        else:  # `items` is being run, and ends where it waits
            waiting.add_done_callback(_look_at)
            waiting.cancel()


def _look_at(waiting: asyncio.Future[Any]) -> None:
    """Let nobody complain that an error was not looked at."""
    if not waiting.cancelled():
        waiting.exception()
