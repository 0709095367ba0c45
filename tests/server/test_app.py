from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.server.conftest import RunningServer, Serve
from tests.server.paths import failing


def test_streams_are_not_held_back(serve: Serve) -> None:
    with httpx.stream("GET", f"{serve(paths=failing).url}/drip") as response:
        came = [(time.monotonic(), float(line.split()[1])) for line in response.iter_lines()]
    assert len(came) == 3
    assert all(received - sent < 0.14 for received, sent in came)


def test_no_cache_keeps_an_answer_and_no_browser_guesses_what_it_is(server: RunningServer) -> None:
    for path in ("/v1/models", "/nowhere", "/"):
        headers = httpx.get(server.url + path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


def test_nothing_is_recorded_for_open_telemetry(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry")
    variables = {
        "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
    }
    asked = subprocess.run(
        (sys.executable, "-c", _RECORDS, str(tmp_path)),
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    assert asked.stdout == "200 0\n", asked.stderr
    assert "telemetry" not in asked.stderr


_RECORDS = """
import sys
from pathlib import Path
import httpx
from opentelemetry import trace

num_spans = 0

class Provider(trace.TracerProvider):
    def get_tracer(self, *args, **kwargs):
        global num_spans
        num_spans += 1
        return trace.NoOpTracer()

trace.set_tracer_provider(Provider())
from shuowen.server.options import ServerOptions
from tests.server.conftest import running

with running(ServerOptions(port=0, data_dir=Path(sys.argv[1]))) as server:
    print(httpx.get(f"{server.url}/v1/models").status_code, num_spans)
"""
