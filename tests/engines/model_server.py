"""A loopback server that plays an OpenAI endpoint: what it answers, each test writes itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler"], None]


class ModelServer(ThreadingHTTPServer):
    """Keeps what it was sent; answers chats with `chat`, and has the models `models`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.chat: Answer = streamed(*words("Hello"))
        self.models: object = {"object": "list", "data": [{"id": "tiny", "object": "model"}]}
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.hung_up = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what these tests are about; keep their traces off the screen."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ModelServer

    def do_GET(self) -> None:
        self._note()
        self.reply(json.dumps(self.server.models).encode())

    def do_POST(self) -> None:
        self._note()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(json.loads(body))
        with suppress(OSError):
            self.server.chat(self)

    def _note(self) -> None:
        self.server.paths.append(self.path)
        self.server.headers.append(dict(self.headers))
        self.close_connection = True

    def reply(self, body: bytes, status: int = 200, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def start_stream(self, kind: str = "text/event-stream; charset=utf-8") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def send(self, data: bytes) -> None:
        """One chunk, on the wire at once."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def choice(text: str = "", index: int = 0, end: str | None = None, **more: Any) -> dict[str, Any]:
    delta = {"content": text, **more.pop("delta", {})}
    return {"choices": [{"index": index, "delta": delta, "finish_reason": end, **more}]}


def words(*texts: str, end: str = "stop", prompt_tokens: int = 300) -> list[dict[str, Any]]:
    """Events that say these texts one after the other."""
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": len(texts)}
    said = [choice(text) for text in texts]
    return [*said, choice(end=end), {"choices": [], "usage": usage}]


def event(data: object) -> bytes:
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"


def streamed(*events: object, done: bool = True) -> Answer:
    def answer(handler: Handler) -> None:
        handler.start_stream()
        for each in events:
            handler.send(event(each))
        if done:
            handler.send(b"data: [DONE]\n\n")
        handler.send(b"")

    return answer


def refused(status: int, body: object) -> Answer:
    return lambda handler: handler.reply(json.dumps(body).encode(), status)


def endless(*texts: str) -> Answer:
    """Says the texts, then says nothing until the client hangs up, which it notes."""

    def answer(handler: Handler) -> None:
        handler.start_stream()
        for text in texts:
            handler.send(event(choice(text)))
        while handler.connection.recv(1024):
            pass
        handler.server.hung_up.set()

    return answer


@contextmanager
def running() -> Iterator[ModelServer]:
    server = ModelServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
