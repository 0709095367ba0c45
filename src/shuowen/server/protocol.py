"""HTTP by uvicorn and h11, with patience that ends: slow or silent connections are closed.

uvicorn itself waits for ever for a request that never ends, and for a client that never reads.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol

from shuowen.server.replies import error_fields

HEADER_SECONDS = 20.0
"""Longest time from a connection's start, or a request's first byte, to the headers' end."""
BODY_SECONDS = 60.0
"""Longest time without a byte of a body that is being read."""
WRITE_SECONDS = 60.0
"""Longest time in which a client takes nothing of its answer."""
MAX_HEADER_BYTES = 64 * 1024
MAX_CONNECTIONS = 2000


class _OneLength(h11.Connection):
    """Refuses a body whose end is told twice, which h11 lets pass.

    A proxy in front may go by the other of the two and take the rest for a request of its own.
    https://www.rfc-editor.org/rfc/rfc9112#section-6.3-2.3
    """

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """What came; raises `RemoteProtocolError`."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            names = {name for name, _ in event.headers}
            if {b"content-length", b"transfer-encoding"} <= names:
                raise h11.RemoteProtocolError("Two lengths.")
        return event


class PatientProtocol(H11Protocol):
    """One connection."""

    header_seconds = HEADER_SECONDS
    body_seconds = BODY_SECONDS
    write_seconds = WRITE_SECONDS
    max_connections = MAX_CONNECTIONS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = _OneLength(h11.SERVER, MAX_HEADER_BYTES)
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless there are too many connections already."""
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            transport.abort()
            return
        self._watch_reading(self.header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._cancel(self._reading)
        self._cancel(self._writing)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in bytes; headers have one time limit for all of them, a body one for each piece."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            if self._reading is None:
                self._watch_reading(self.header_seconds)
            return
        self._cancel(self._reading)
        self._reading = None
        if self.conn.their_state is h11.SEND_BODY:
            self._watch_reading(self.body_seconds)

    def pause_writing(self) -> None:
        """The client does not take the answer as fast as it comes."""
        super().pause_writing()
        self._cancel(self._writing)
        self._writing = self.loop.call_later(self.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has taken the answer so far."""
        super().resume_writing()
        self._cancel(self._writing)

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are no request, or whose headers are too long."""
        del msg  # it says less
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()
            return
        message = f"This is no HTTP request, or its headers are over {MAX_HEADER_BYTES} bytes."
        body = msgspec.json.encode({"error": error_fields(400, message, "http")})
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        response = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        for event in (response, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Anybody may ask for another protocol, and is answered in this one; the log says less."""

    def _watch_reading(self, seconds: float) -> None:
        self._reading = self.loop.call_later(seconds, self._give_up_reading)

    def _give_up_reading(self) -> None:
        if self.conn.their_state is h11.SEND_BODY and self.flow.read_paused:
            self._watch_reading(self.body_seconds)  # it is we who do not read
        else:
            self.transport.abort()

    @staticmethod
    def _cancel(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()
