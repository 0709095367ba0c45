"""Stands between Open WebUI and a server, hands everything on and keeps what went through."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3

_HOP_BY_HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


@dataclass(kw_only=True)
class Call:
    """One request with its answer; `seconds` are from the request to the answer's first byte."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    status: int = 0
    answer: bytes = field(default=b"", repr=False)
    seconds: float = 0.0


class Recorder(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1 and hands requests on to `upstream`."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.calls: list[Call] = []
        self.pool = urllib3.PoolManager(retries=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def calls_of(self, method: str, path: str) -> list[Call]:
        """Those so far, in order."""
        return [call for call in self.calls if (call.method, call.path) == (method, path)]


@contextmanager
def recording(upstream: str) -> Iterator[Recorder]:
    with Recorder(upstream) as recorder:
        thread = threading.Thread(target=recorder.serve_forever, daemon=True)
        thread.start()
        try:
            yield recorder
        finally:
            recorder.shutdown()
            thread.join()
            recorder.pool.clear()


class _Handler(BaseHTTPRequestHandler):
    server: Recorder

    def do_GET(self) -> None:
        self._hand_on()

    def do_POST(self) -> None:
        self._hand_on()

    def do_PUT(self) -> None:
        self._hand_on()

    def _hand_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = Call(method=self.command, path=self.path, headers=dict(self.headers), body=body)
        self.server.calls.append(call)
        start = time.monotonic()
        answer: Any = self.server.pool.request(
            self.command,
            self.server.upstream + self.path,
            body=body,
            headers=_without_hops(call.headers),
            preload_content=False,
        )
        call.status, call.seconds = answer.status, time.monotonic() - start
        self.send_response(answer.status)
        for name, value in _without_hops(dict(answer.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            while piece := answer.read1():
                call.answer += piece
                self.wfile.write(piece)
                self.wfile.flush()
        except ConnectionError:
            pass  # Open WebUI went away; the server is told by closing the answer
        finally:
            answer.close()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _without_hops(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}
