from __future__ import annotations

import threading

import httpx

from tests.server.conftest import Serve
from tests.server.paths import Held, error_of, failing


def test_bodies_over_the_limit_are_refused_announced_or_not(serve: Serve) -> None:
    url = f"{serve(paths=failing, max_body_bytes=1000).url}/echo"
    assert httpx.post(url, content=b"x" * 1000).text == "1000"
    for content in (b"x" * 1001, iter([b"x" * 600, b"x" * 600])):
        response = httpx.post(url, content=content)
        assert response.status_code == 413
        assert "1000 bytes" in error_of(response)["message"]


def test_a_refused_upload_is_read_to_its_end_so_that_the_answer_arrives(serve: Serve) -> None:
    url = f"{serve(paths=failing, max_body_bytes=1000).url}/echo"
    big = b"x" * 20_000_000
    for content in (big, (big[i : i + 65536] for i in range(0, len(big), 65536))):
        assert httpx.post(url, content=content).status_code == 413
    locked = serve(api_keys=("sk-1",)).url
    assert httpx.post(f"{locked}/v1/documents", content=big).status_code == 401


def test_large_bodies_of_many_requests_are_limited_together(serve: Serve) -> None:
    held = Held()
    url = f"{serve(paths=held, max_body_bytes=1000).url}/held"
    threads = [
        threading.Thread(target=lambda: httpx.post(url, content=b"x" * 900)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    held.wait_for(4)
    assert httpx.post(url, content=b"x" * 900).status_code == 429
    held.let_go.set()
    for thread in threads:
        thread.join(10)
    assert httpx.post(url, content=b"x" * 900).status_code == 200
