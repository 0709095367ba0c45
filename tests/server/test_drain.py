from __future__ import annotations

import io
import signal
import threading
import time

import httpx
from PIL import Image

from tests.server.conftest import Serve
from tests.server.paths import Held, error_of


def test_draining_lets_running_requests_end_and_sends_new_ones_away(serve: Serve) -> None:
    held = Held()
    server = serve(paths=held)
    answers: list[int] = []
    with httpx.Client(base_url=server.url) as probe:
        probe.get("/health")
        thread = threading.Thread(
            target=lambda: answers.append(httpx.post(f"{server.url}/held").status_code)
        )
        thread.start()
        held.wait_for(1)
        server.parts.drain.begin()
        refused = httpx.post(f"{server.url}/v1/documents")
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) >= 1
        assert httpx.get(f"{server.url}/ready").status_code == 503
        assert httpx.get(f"{server.url}/health").status_code == 200
    held.let_go.set()
    thread.join(10)
    assert answers == [200]
    deadline = time.monotonic() + 5
    while not server.server.should_exit:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_request_that_does_not_end_in_time_is_cut(serve: Serve) -> None:
    held = Held()
    server = serve(paths=held, drain_seconds=0.3)
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.append(httpx.post(f"{server.url}/held")))
    thread.start()
    held.wait_for(1)
    server.server.handle_exit(signal.SIGTERM, None)
    thread.join(10)
    assert answers[0].status_code == 503
    assert "stopped before" in error_of(answers[0])["message"]
    held.let_go.set()


def test_listeners_and_long_jobs_do_not_hold_the_end_up(serve: Serve) -> None:
    stream = io.BytesIO()
    pages = [Image.new("RGB", (200, 200), "white") for _ in range(100)]
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    server = serve(jobs=1)
    files = {"file": ("long.tiff", stream.getvalue(), "image/tiff")}
    job = httpx.post(f"{server.url}/v1/documents", files=files).json()
    with httpx.stream("GET", f"{server.url}/v1/documents/{job['id']}/events", timeout=30) as events:
        lines = events.iter_lines()
        next(lines)
        begin = time.monotonic()
        server.server.handle_exit(signal.SIGTERM, None)
        for _ in lines:
            pass
        assert time.monotonic() - begin < 5
