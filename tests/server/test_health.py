from __future__ import annotations

import threading

import httpx

from tests.server.conftest import RunningServer, Serve
from tests.server.paths import error_of


def test_ready_says_what_is_missing_and_that_the_server_stops(serve: Serve) -> None:
    server = serve()
    is_there = threading.Event()
    server.parts.readiness.wait_for("the model", is_there.is_set)
    response = httpx.get(f"{server.url}/ready")
    assert response.status_code == 503
    assert "the model" in error_of(response)["message"]
    is_there.set()
    assert httpx.get(f"{server.url}/ready").status_code == 200


def test_probes_that_want_no_body_get_none(server: RunningServer) -> None:
    for path in ("/health", "/ready"):
        response = httpx.head(server.url + path)
        assert response.status_code in (200, 503)
        assert response.content == b""
