from __future__ import annotations

import threading

import httpx

from tests.server.conftest import Serve
from tests.server.paths import Held, error_of, failing


def test_more_requests_than_places_are_told_to_come_back(serve: Serve) -> None:
    held = Held()
    server = serve(paths=held, max_requests=2)
    answers: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(httpx.post(f"{server.url}/held").status_code)
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    held.wait_for(2)
    refused = httpx.post(f"{server.url}/held")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert error_of(refused)["type"] == "rate_limit_error"
    for path in ("/health", "/ready", "/metrics", "/v1/documents"):
        assert httpx.get(server.url + path).status_code in (200, 503)
    held.let_go.set()
    for thread in threads:
        thread.join(10)
    assert answers == [200, 200]
    assert httpx.post(f"{server.url}/held").status_code == 200
    assert server.parts.admission.num_inside == 0


def test_a_client_that_waits_for_its_answers_always_finds_its_place_free(serve: Serve) -> None:
    server = serve(paths=failing, max_requests=1, concurrent_requests=1)
    with httpx.Client(base_url=server.url) as client:
        statuses = {client.post("/echo", content=b"x").status_code for _ in range(50)}
    assert statuses == {200}
