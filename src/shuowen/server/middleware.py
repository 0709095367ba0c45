"""What stands around the app: layers of pure ASGI, one for each concern."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Layer(ABC):
    """A layer that only looks at requests.

    Attributes:
        app: What is inside of it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to `handle`, anything else to the app."""
        if scope["type"] == "http":
            await self.handle(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    @abstractmethod
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it, or raise a `ShuowenError`."""


def is_end(message: Message) -> bool:
    """Whether a message is the last one of an answer."""
    return message["type"] == "http.response.body" and not message.get("more_body", False)


def leaving_before_end(held: ExitStack, send: Send) -> Send:
    """A `send` that leaves `held` just before it sends an answer's end.

    A client that has its whole answer may ask again at once: its place must be free by then.
    """

    async def watched(message: Message) -> None:
        if is_end(message):
            held.close()
        await send(message)

    return watched
