"""Clients that leave, and answers that take too long."""

from __future__ import annotations

import logging
import socket
import threading
import time
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shuowen.server.bridge import call, in_thread, stop_of_thread
from tests.server.conftest import RunningServer, Serve


class Work:
    """Paths whose work lasts until it is stopped, and whether it was."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.was_stopped = threading.Event()
        self.was_done = threading.Event()

    def _until_stopped(self) -> None:
        wake = threading.Event()
        with stop_of_thread().wakes(wake.set):
            self.has_begun.set()
            if wake.wait(20):
                self.was_stopped.set()

    def __call__(self, app: FastAPI) -> None:
        @app.post("/read")
        async def read(request: Request) -> Response:
            await request.body()
            await call(self._until_stopped)
            return Response()

        @app.get("/look")
        async def look() -> Response:
            await call(self._until_stopped)
            return Response()

        @app.get("/stream")
        async def stream() -> Response:
            def pieces() -> Any:
                yield b"first"
                self._until_stopped()
                yield b"last"

            return StreamingResponse(in_thread(pieces))

        @app.get("/after")
        async def after() -> Response:
            async def later() -> None:
                await call(time.sleep, 0.3)
                self.was_done.set()

            return Response("ok", background=BackgroundTask(later))


def connect(server: RunningServer) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /look HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody",
        b"POST /read HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_work_stops_when_its_client_leaves(
    serve: Serve, request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="shuowen.server.requests")
    work = Work()
    server = serve(paths=work)
    with connect(server) as connection:
        connection.sendall(request_bytes)
        assert work.has_begun.wait(10)
    assert work.was_stopped.wait(5)
    deadline = time.monotonic() + 5
    while not caplog.records or server.parts.admission.num_inside:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    fields = caplog.records[-1].__dict__["fields"]
    assert fields["ended"] == "client left"
    assert fields["status"] == (200 if b"/stream" in request_bytes else 499)


def test_work_after_the_answer_is_not_stopped(serve: Serve) -> None:
    work = Work()
    assert httpx.get(f"{serve(paths=work).url}/after").text == "ok"
    assert work.was_done.wait(5)


def test_an_answer_that_does_not_begin_in_time_is_given_up(serve: Serve) -> None:
    work = Work()
    response = httpx.post(f"{serve(paths=work, request_seconds=1).url}/read", timeout=10)
    assert response.status_code == 504
    assert "1 s" in response.json()["error"]["message"]
    assert work.was_stopped.wait(5)


def test_an_answer_that_has_begun_may_take_its_time(serve: Serve) -> None:
    def slow(app: FastAPI) -> None:
        @app.get("/slow")
        async def answer() -> Response:
            def pieces() -> Any:
                yield b"a"
                time.sleep(1.5)
                yield b"b"

            return StreamingResponse(in_thread(pieces))

    assert httpx.get(f"{serve(paths=slow, request_seconds=1).url}/slow").text == "ab"


def test_a_client_that_leaves_in_the_middle_of_its_body_costs_nothing(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="shuowen")
    server = serve(paths=Work())
    with connect(server) as connection:
        connection.sendall(b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nbo")
        time.sleep(0.1)
    deadline = time.monotonic() + 5
    while not caplog.records:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert caplog.records[0].__dict__["fields"]["status"] == 499
