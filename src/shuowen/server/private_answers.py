"""Answers are for the caller alone: no cache keeps them, and no browser guesses what they are."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from shuowen.server.middleware import Layer


class PrivateAnswers(Layer):
    """Adds the two headers that say so to every answer that does not say otherwise."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, and look at its answer."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("cache-control", "no-store")
                headers.setdefault("x-content-type-options", "nosniff")
            await send(message)

        await self.app(scope, receive, marked)
