"""The running server: uvicorn, with a way to stop that drops nobody."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import FrameType

from uvicorn.config import Config

from shuowen.server.app import create_app
from shuowen.server.parts import Parts
from shuowen.server.protocol import PatientProtocol
from shuowen.server.stopping import Say, StoppingServer, say_nothing

KEEP_ALIVE_SECONDS = 65
"""How long an idle connection stays: longer than the minute of usual proxies and clients, so that
it is they who close it, and no request is sent into a closing connection."""
CLOSING_SECONDS = 3
"""How long connections may take to close once nothing is being answered."""


class HttpServer(StoppingServer):
    """Serves an app; the first signal drains, the second one stops at once."""

    def __init__(
        self, parts: Parts, on_started: Callable[[], None] = lambda: None, say: Say = say_nothing
    ) -> None:
        """Call `on_started` as soon as requests are answered; `say` tells that it stops."""
        super().__init__(_config(parts), seconds=parts.options.drain_seconds, say=say)
        self._drain = parts.drain
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self._on_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note a signal; the drain need not wait after the second."""
        super().handle_exit(sig, frame)
        if self.was_cut:
            self._drain.cut()

    def begin_to_stop(self) -> None:
        """Send new requests away."""
        self._drain.begin()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to stop, once nothing runs or its time is over."""
        must_stop = await super().on_tick(counter)
        if self._drain.has_begun and not self.server_state.tasks:
            self.should_exit = True
        elif self._drain.is_overdue:
            self.config.timeout_graceful_shutdown = 0  # what runs had its time
            self.should_exit = True
        return must_stop or self.should_exit

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, and let the app end in order too, which uvicorn leaves out where it is forced."""
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()


def _config(parts: Parts) -> Config:
    options = parts.options
    return Config(
        create_app(parts),
        http=PatientProtocol,
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=CLOSING_SECONDS,
        ssl_certfile=options.tls_cert,
        ssl_keyfile=options.tls_key,
    )
