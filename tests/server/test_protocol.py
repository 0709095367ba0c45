"""Clients that are slow on purpose."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shuowen.server.protocol import PatientProtocol
from tests.server.conftest import RunningServer, Serve


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("header_seconds", "body_seconds", "write_seconds"):
        monkeypatch.setattr(PatientProtocol, name, 0.4)


def paths(app: FastAPI) -> None:
    @app.post("/echo")
    async def echo(request: Request) -> Response:
        return Response(str(len(await request.body())))

    @app.get("/flood")
    async def flood() -> Response:
        async def pieces() -> Any:
            for _ in range(4000):
                yield b"x" * 65536

        return StreamingResponse(pieces())


@pytest.fixture
def server(serve: Serve) -> RunningServer:
    return serve(paths=paths)


@pytest.fixture
def connection(server: RunningServer) -> Iterator[socket.socket]:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        yield connection


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(65536) == b""
    except ConnectionResetError:
        return True


def send_slowly(connection: socket.socket, data: bytes) -> bytes:
    """What comes back of bytes that are sent one by one, every 50 ms."""
    for index in range(len(data)):
        try:
            connection.sendall(data[index : index + 1])
        except OSError:
            return b""
        time.sleep(0.05)
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""


def test_a_connection_that_says_nothing_is_closed(connection: socket.socket) -> None:
    start = time.monotonic()
    assert is_closed(connection)
    assert 0.3 < time.monotonic() - start < 3


def test_headers_that_drip_in_are_not_waited_for(connection: socket.socket) -> None:
    assert send_slowly(connection, b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n") == b""


def test_headers_of_a_second_request_are_not_waited_for_either(connection: socket.socket) -> None:
    connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert send_slowly(connection, b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n") == b""


def test_a_body_may_drip_but_not_stand_still(connection: socket.socket) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n"
    connection.sendall(head)
    assert send_slowly(connection, b"x" * 12).endswith(b"12")
    connection.sendall(head + b"half")
    assert is_closed(connection)


def test_an_answer_that_nobody_takes_is_cut(
    server: RunningServer, connection: socket.socket
) -> None:
    connection.sendall(b"GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n")
    deadline = time.monotonic() + 5
    while not server.parts.admission.num_inside:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    while server.parts.admission.num_inside:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_client_that_waits_between_requests_keeps_its_connection(server: RunningServer) -> None:
    with httpx.Client() as client:
        for _ in range(2):
            assert client.get(f"{server.url}/health").status_code == 200
            time.sleep(0.6)
        assert len(server.server.server_state.connections) == 1


def test_there_are_only_so_many_connections(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientProtocol, "max_connections", 1)
    with httpx.Client() as client:
        assert client.get(f"{server.url}/health").status_code == 200
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{server.url}/health")
        assert client.get(f"{server.url}/health").status_code == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000,
        b"GET /health HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
        b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_what_is_no_request_gets_the_nested_error_too(
    server: RunningServer, request_bytes: bytes
) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request_bytes)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["error"]["type"] == "invalid_request_error"


def test_who_asks_for_another_protocol_gets_this_one_and_no_line_in_the_log(
    server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"connection": "upgrade", "upgrade": "websocket"}
    assert httpx.get(f"{server.url}/health", headers=headers).status_code == 200
    assert not [each for each in caplog.records if each.levelname == "WARNING"]
