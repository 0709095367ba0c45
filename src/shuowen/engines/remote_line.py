"""One HTTP exchange with a model server: sent, timed, measured, and what goes wrong put in words.

No proxy, no redirect, no retry: the key goes to the address that was given, once.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import Url

from shuowen.engines.remote_options import RemoteOptions
from shuowen.engines.remote_refusal import complaint, reason, refusal
from shuowen.errors import EngineError, UsageError
from shuowen.source.model import display_name
from shuowen.source.stop import Stop
from shuowen.source.url import host_of, port_of
from shuowen.version import __version__

_CHUNK_BYTES = 1 << 16
_MAX_ERROR_BYTES = 1 << 16


class Server:
    """Where a model server is, and how it is spoken to; safe for several threads."""

    def __init__(self, base: Url, options: RemoteOptions) -> None:
        """Takes the address below which `/chat/completions` lies."""
        self._base = base
        self._options = options
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._is_closed = False
        self.name = display_name(base.url)

    @contextmanager
    def exchange(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        stop: Stop | None = None,
        most_seconds: float = float("inf"),
    ) -> Iterator[Reply]:
        """Send a request and give its answer for as long as the block runs.

        Leaving the block, in whatever way, or setting `stop`, cuts the line: the server stops its
        work. `most_seconds` is the longest silence where `RemoteOptions` allows a longer one.

        Raises:
            UsageError: The server refuses the key, the model or a field.
            CapacityError: It is too busy, or the request is too large for it.
            EngineError: It cannot be reached, breaks off, takes longer than the limits, or `stop`
                was set.
        """
        stop = stop or Stop()
        expired = threading.Event()
        try:
            with (
                closing(self._connection(most_seconds)) as connection,
                self._watched(connection, expired, stop, most_seconds),
            ):
                self._send(connection, method, path, body)
                body = None  # it may be large, and the answer take minutes
                with closing(connection.getresponse()) as response:
                    self._check(response)
                    yield Reply(response, self.name, self._options.max_answer_bytes)
        except Exception as error:  # a line that was cut may look like any end
            if self._is_closed:
                raise _closed(self.name) from error
            if stop.is_set:
                raise EngineError(f"The request to {self.name} was broken off.") from error
            if expired.is_set():
                raise self._too_slow() from error
            if isinstance(error, HTTPError | HTTPException | OSError):
                raise _broken(self.name, error) from error
            raise

    def close(self) -> None:
        """Cut every line and open no new one; a second call does nothing."""
        with self._lock:
            self._is_closed = True
            for open_socket in self._open:
                _cut(open_socket)

    def _connection(self, most_seconds: float) -> HTTPConnection:
        host, port = host_of(self._base), port_of(self._base)
        seconds = min(self._options.connect_seconds, most_seconds)
        if self._base.scheme == "http":
            return HTTPConnection(host, port, timeout=seconds)
        context = ssl.create_default_context()
        return HTTPSConnection(host, port, timeout=seconds, ssl_context=context)

    @contextmanager
    def _watched(
        self,
        connection: HTTPConnection,
        expired: threading.Event,
        stop: Stop,
        most_seconds: float,
    ) -> Iterator[None]:
        """Connect, and cut the line when the time is up, the engine closed, or `stop` set."""
        connection.connect()
        connection.timeout = min(self._options.idle_seconds, most_seconds)
        open_socket = connection.sock  # the connection may let go of it before the answer ends
        open_socket.settimeout(connection.timeout)

        def expire() -> None:
            expired.set()
            _cut(open_socket)

        timer = threading.Timer(self._options.total_seconds, expire)
        timer.daemon = True
        with self._lock:
            if self._is_closed:
                raise _closed(self.name)
            self._open.add(open_socket)
        timer.start()
        try:
            with stop.wakes(lambda: _cut(open_socket)):
                yield
        finally:
            timer.cancel()
            with self._lock:
                self._open.discard(open_socket)

    def _send(self, connection: HTTPConnection, method: str, path: str, body: bytes | None) -> None:
        target = (self._base.path or "").rstrip("/") + path
        if self._base.query:
            target += f"?{self._base.query}"
        with suppress(BrokenPipeError):  # a server that refuses a large body answers before its end
            connection.request(
                method, target, body, headers=self._headers(body), preload_content=False
            )

    def _headers(self, body: bytes | None) -> dict[str, str]:
        headers = {
            "User-Agent": f"shuowen/{__version__}",
            "Accept": "text/event-stream, application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._options.api_key:
            headers["Authorization"] = f"Bearer {self._options.api_key}"
        return headers

    def _check(self, response: HTTPResponse) -> None:
        """Raise what a status other than 200 means."""
        status = response.status
        if status == 200:
            return
        if 300 <= status < 400:
            message = f"{self.name} points to another address, which is not followed."
            raise UsageError(message, "Name the address where the server really is.")
        code, said = complaint(response.read(_MAX_ERROR_BYTES))
        said = self._without_key(said)
        raise refusal(self.name, status, code, said)

    def _without_key(self, said: str) -> str:
        key = self._options.api_key
        return said.replace(key, "…") if key else said

    def _too_slow(self) -> EngineError:
        message = f"{self.name} took longer than {self._options.total_seconds:g} s."
        return EngineError(message, "Ask for fewer tokens, or raise total_seconds.")


@dataclass
class Reply:
    """An answer with status 200, read piece by piece.

    Attributes:
        response: What the server sends.
        name: What the server is called in errors.
        max_bytes: Most bytes that are read.
    """

    response: HTTPResponse
    name: str
    max_bytes: int
    _num_bytes: int = field(default=0, init=False)

    @property
    def is_stream(self) -> bool:
        """Whether the answer comes as server-sent events."""
        kind = self.response.headers.get("Content-Type", "")
        return kind.partition(";")[0].strip().lower() == "text/event-stream"

    def body(self) -> bytes:
        """All of it; raises `EngineError` when it is too large."""
        return b"".join(self._chunks())

    def events(self) -> Iterator[bytes]:
        """The data of each server-sent event (https://html.spec.whatwg.org/#server-sent-events).

        Raises:
            EngineError: The answer is larger than `max_bytes`.
        """
        data: list[bytes] = []
        for line in self._lines():
            if not line and data:
                yield b"\n".join(data)
                data = []
            elif line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
        if data:
            yield b"\n".join(data)

    def _lines(self) -> Iterator[bytes]:
        """Lines without their ends; only the last may lack one."""
        begun: list[bytes] = []
        for chunk in self._chunks():
            first, *others = chunk.split(b"\n")
            begun.append(first)
            for other in others:
                yield b"".join(begun).removesuffix(b"\r")
                begun = [other]
        if any(begun):
            yield b"".join(begun)

    def _chunks(self) -> Iterator[bytes]:
        while chunk := self.response.read1(_CHUNK_BYTES):
            self._num_bytes += len(chunk)
            if self._num_bytes > self.max_bytes:
                message = f"{self.name} answers with more than {self.max_bytes} bytes."
                raise EngineError(message, "Ask for fewer tokens, or raise max_answer_bytes.")
            yield chunk


def _cut(open_socket: socket.socket) -> None:
    with suppress(OSError):  # already closed by the server
        # The plain method: TLS sockets have their own, which is not safe during a read.
        socket.socket.shutdown(open_socket, socket.SHUT_RDWR)


def _broken(name: str, error: Exception) -> EngineError:
    hint = "Check the address, and that the server runs."
    return EngineError(f"{name} failed: {reason(error)}.", hint)


def _closed(name: str) -> EngineError:
    return EngineError(f"The engine for {name} is closed.", "Open it again.")
