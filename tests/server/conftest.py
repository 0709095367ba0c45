"""A real server on a free port of this machine, as the tests of this folder use it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from shuowen.server.build import MakeModels, no_models, open_parts
from shuowen.server.http_server import HttpServer
from shuowen.server.listening import listen
from shuowen.server.options import ServerOptions
from shuowen.server.parts import Parts

STOP_SECONDS = 20


@dataclass(frozen=True)
class RunningServer:
    """A server that answers.

    Attributes:
        url: Its address, without a slash at the end.
        parts: What it is made of.
        server: uvicorn's side of it.
    """

    url: str
    parts: Parts
    server: HttpServer


AddPaths = Callable[[FastAPI], None]


def no_paths(app: FastAPI) -> None:
    """The app as it is."""


@contextmanager
def running(
    options: ServerOptions, make_models: MakeModels = no_models, add_paths: AddPaths = no_paths
) -> Iterator[RunningServer]:
    """A server in a thread, for as long as the block runs; `add_paths` gives it more paths."""
    with ExitStack() as stack:
        parts = stack.enter_context(open_parts(options, make_models))
        sockets = listen(options.host, options.port)
        for each in sockets:
            stack.callback(each.close)
        server = HttpServer(parts)
        app = server.config.app
        assert isinstance(app, FastAPI)
        add_paths(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": sockets})
        thread.start()
        stack.callback(_stop, server, thread)
        deadline = time.monotonic() + STOP_SECONDS
        while not server.started:
            assert thread.is_alive() and time.monotonic() < deadline, "the server did not start"
            time.sleep(0.005)
        scheme = "https" if options.tls_cert else "http"
        yield RunningServer(f"{scheme}://127.0.0.1:{sockets[0].getsockname()[1]}", parts, server)


def _stop(server: HttpServer, thread: threading.Thread) -> None:
    server.should_exit = True
    thread.join(STOP_SECONDS)
    assert not thread.is_alive(), "the server did not stop"


Serve = Callable[..., RunningServer]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers: `serve(max_requests=3)`.

    `models=` opens more than the embedded reader, `paths=` adds paths that only tests have.
    """
    with ExitStack() as stack:

        def start(
            *, models: MakeModels = no_models, paths: AddPaths = no_paths, **options: Any
        ) -> RunningServer:
            folder = tmp_path / f"data-{len(list(tmp_path.iterdir()))}"
            chosen = ServerOptions(**{"port": 0, "data_dir": folder, **options})
            return stack.enter_context(running(chosen, models, paths))

        yield start


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with defaults, shared by the tests of a module."""
    options = ServerOptions(port=0, data_dir=tmp_path_factory.mktemp("data"))
    with running(options) as started:
        yield started


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[httpx.Client]:
    """A client of the shared server."""
    with httpx.Client(base_url=server.url) as client:
        yield client
