"""Paths that only tests have, and what answers have in common."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shuowen.errors import ConflictError, FieldError, ModelError
from shuowen.server.bridge import call

SECRET = "the words of a document"


class Held:
    """A path that answers when it is told to, and how many wait there."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.num_inside = 0

    def __call__(self, app: FastAPI) -> None:
        @app.post("/held")
        @app.get("/held")
        async def held(request: Request) -> Response:
            await request.body()
            self.num_inside += 1
            try:
                await call(self.let_go.wait, 20)
            finally:
                self.num_inside -= 1
            return Response("done")

    def wait_for(self, number: int) -> None:
        deadline = time.monotonic() + 10
        while self.num_inside != number:
            assert time.monotonic() < deadline
            time.sleep(0.005)


def failing(app: FastAPI) -> None:
    errors: dict[str, Exception] = {
        "bug": RuntimeError(SECRET),
        "field": FieldError("Wrong.", "Do so.", param="messages[0]"),
        "conflict": ConflictError("No."),
        "model": ModelError("Missing."),
        "memory": MemoryError(),
    }

    @app.get("/fail/{kind}")
    async def fail(kind: str) -> Response:
        raise errors[kind]

    @app.get("/half")
    async def half() -> Response:
        async def pieces() -> Any:
            yield b"half of it"
            raise RuntimeError(SECRET)

        return StreamingResponse(pieces())

    @app.post("/echo")
    async def echo(request: Request) -> Response:
        return Response(str(len(await request.body())))

    @app.get("/drip")
    async def drip() -> Response:
        async def pieces() -> Any:
            for number in range(3):
                yield f"{number} {time.monotonic()}\n"
                await call(time.sleep, 0.15)

        return StreamingResponse(pieces())


def error_of(response: httpx.Response) -> dict[str, Any]:
    body = response.json()
    assert list(body) == ["error"]
    assert set(body["error"]) == {"message", "type", "param", "code"}
    error: dict[str, Any] = body["error"]
    return error
