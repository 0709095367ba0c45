from __future__ import annotations

import logging
import time
from typing import Any

import httpx
import pytest

from tests.server.conftest import Serve
from tests.server.paths import SECRET, failing


def test_the_log_has_a_line_for_each_request_and_no_word_of_it(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    from shuowen.server.log_lines import JsonLines

    caplog.set_level(logging.INFO, logger="shuowen")
    server = serve(paths=failing)
    url = f"{server.url}/fail/bug?password={SECRET}"
    httpx.get(url, headers={"Authorization": f"Bearer {SECRET}", "X-Request-Id": "abc"})
    httpx.post(f"{server.url}/{SECRET}.pdf", content=SECRET)
    server.server.should_exit = True
    deadline = time.monotonic() + 5
    while len(lines := request_lines(caplog)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    first, second = lines
    assert first["request_id"] == "abc"
    assert first["caller"] == "local"
    assert (first["method"], first["route"], first["status"]) == ("GET", "/fail/{kind}", 500)
    assert first["seconds"] > 0
    assert first["bytes"] > 0
    assert (second["route"], second["status"]) == ("(unmatched)", 404)
    written = "\n".join(map(JsonLines().format, caplog.records))
    assert "A bug showed" in written
    assert "paths.py" in written  # where, but not what
    assert SECRET not in written
    assert "words" not in written


def request_lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [
        record.__dict__["fields"]
        for record in caplog.records
        if record.name == "shuowen.server.requests"
    ]
