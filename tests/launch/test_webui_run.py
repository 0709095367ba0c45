from __future__ import annotations

import json
import socket
import stat
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from shuowen.errors import AccessError, EngineError, UsageError
from shuowen.launch.probe import is_well
from shuowen.launch.webui_run import (
    WebuiRun,
    data_dir_of,
    kept_secret,
    running,
    server_command,
    wait_for_end,
)

STAND_IN = Path(__file__).with_name("stand_in_webui.py")
KEY = "sw-key"


class Handler(BaseHTTPRequestHandler):
    """A server that lists two models to those who have the key."""

    models = ("big-model", "shuowen-embedded")

    def do_GET(self) -> None:
        is_open = self.path == "/health" or self.headers["Authorization"] == f"Bearer {KEY}"
        body = json.dumps({"data": [{"id": name} for name in self.models]}).encode()
        self.send_response(200 if is_open else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


@pytest.fixture
def run(tmp_path: Path, server_url: str) -> WebuiRun:
    return WebuiRun(
        program=(sys.executable, str(STAND_IN)),
        home=tmp_path,
        port=free_port(),
        server_url=server_url,
        key=KEY,
    )


def environment_of(run: WebuiRun) -> dict[str, str]:
    found = json.loads((data_dir_of(run) / "environment.json").read_text())
    assert isinstance(found, dict)
    return found


def test_open_webui_is_wired_to_the_server_and_stopped_at_the_end(run: WebuiRun) -> None:
    told: list[str] = []
    with running(run, told.append) as children:
        assert [child.name for child in children] == ["Open WebUI"]
        assert is_well(run.browser_url())
        found = environment_of(run)
    assert not is_well(run.browser_url())
    assert found["OPENAI_API_BASE_URL"] == f"{run.server_url}/v1"
    assert found["OPENAI_API_KEY"] == KEY
    assert found["DEFAULT_MODELS"] == "big-model"  # the first that the server lists
    assert found["WEBUI_AUTH"] == "False"
    assert found["WEBUI_SECRET_KEY"] == (run.home / "secret").read_text()
    assert found["CORS_ALLOW_ORIGIN"].split(";")[0] == run.browser_url()
    assert "127.0.0.1" in found["NO_PROXY"]
    assert "log" in told[0]


def test_a_chosen_model_needs_no_list(run: WebuiRun) -> None:
    with running(replace(run, model="mine", key="other"), print):
        assert environment_of(run)["DEFAULT_MODELS"] == "mine"


def test_a_wrong_key_is_told_before_open_webui_starts(run: WebuiRun) -> None:
    with (
        pytest.raises(AccessError, match="does not take the key"),
        running(replace(run, key=""), print),
    ):
        pass
    assert not (run.home / "logs").exists()


def test_no_server_at_the_address(run: WebuiRun) -> None:
    nowhere = replace(run, server_url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(EngineError, match="No server answers"), running(nowhere, print):
        pass


def test_a_taken_port_is_told(run: WebuiRun) -> None:
    with (
        socket.create_server(("127.0.0.1", run.port)),
        pytest.raises(UsageError, match=str(run.port)),
        running(run, print),
    ):
        pass


def test_open_webui_that_dies_at_the_start(run: WebuiRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN", "die")
    with pytest.raises(EngineError, match="no such database"), running(run, print):
        pass


def test_open_webui_that_dies_later(run: WebuiRun) -> None:
    with running(run, print) as children:
        children[0].stop()
        with pytest.raises(EngineError, match="Open WebUI ended"):
            wait_for_end(children)


def test_the_server_is_started_in_either_way_of_writing_it(run: WebuiRun) -> None:
    place = ("--host", "127.0.0.1", "--port", "23333")
    assert server_command(run)[3:] == ("serve", *place)
    own = replace(run, server_arguments=("--upstream", "http://gpu"), server_port=9)
    assert server_command(own)[4:] == ("--upstream", "http://gpu", *place[:3], "9")
    seed = replace(run, server_arguments=("api_server", "OpenGVLab/InternVL3-1B"))
    place = ("--server-name", "127.0.0.1", "--server-port", "23333")
    assert server_command(seed)[4:] == ("api_server", "OpenGVLab/InternVL3-1B", *place)


def test_data_with_and_without_login_are_kept_apart(run: WebuiRun) -> None:
    assert data_dir_of(run) != data_dir_of(replace(run, login=True))
    assert data_dir_of(replace(run, data_dir=Path("/chosen"), login=True)) == Path("/chosen")


def test_the_secret_is_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    secret = kept_secret(tmp_path / "new" / "secret")
    assert len(secret) > 40
    assert kept_secret(tmp_path / "new" / "secret") == secret
    assert stat.S_IMODE((tmp_path / "new" / "secret").stat().st_mode) == 0o600


def test_where_browsers_find_it(run: WebuiRun) -> None:
    assert replace(run, host="0.0.0.0", port=80).browser_url() == "http://127.0.0.1:80"
    assert replace(run, host="::1", port=80).browser_url() == "http://[::1]:80"
    assert replace(run, host="10.0.0.2", port=80).browser_url() == "http://10.0.0.2:80"
