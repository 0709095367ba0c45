"""`shuowen serve` as a process of its own: starting, being told to stop, and mistakes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import httpx
import pytest

from shuowen.cli import serve_models
from shuowen.cli.app import cli
from shuowen.cli.serve import command
from shuowen.config import Limits
from shuowen.errors import MissingExtraError, UsageError
from shuowen.server import run as run_module
from shuowen.server.build import MakeModels
from shuowen.server.options import ServerOptions
from tests import made_files
from tests.cli.conftest import Run, Start
from tests.engines.model_server import running as model_server
from tests.generation.fake_engine import FakeEngine

posix = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")

Given = tuple[ServerOptions, MakeModels]


class Process:
    """A server that was started, and what it said so far."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.said: list[str] = []
        self.url = ""
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line.decode().rstrip())

    def wait_for(self, words: str) -> str:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for line in list(self.said):
                if words in line:
                    return line
            assert self.process.poll() is None, self.said
            time.sleep(0.02)
        raise AssertionError(self.said)

    def end(self) -> int:
        code = self.process.wait(30)
        self._thread.join(5)
        return code


@pytest.fixture
def start(start_python: Start) -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def begin(*arguments: str) -> Process:
        words = ("-m", "shuowen", "serve", "--port", "0", "--data-dir", "data", *arguments)
        process = Process(start_python(*words, stdout=subprocess.DEVNULL))
        started.append(process)
        process.url = process.wait_for("answers at").split(" answers at ")[1].split()[0]
        return process

    yield begin
    for each in started:
        each.process.kill()
        each.end()
        assert each.process.stderr is not None
        each.process.stderr.close()


def text_of_document(url: str) -> str:
    files = {"file": ("page.png", made_files.png("Hello"), "image/png")}
    with httpx.Client(base_url=url, timeout=60) as client:
        job = client.post("/v1/documents", files=files).json()
        deadline = time.monotonic() + 30
        while client.get(f"/v1/documents/{job['id']}").json()["state"] in ("queued", "running"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return client.get(f"/v1/documents/{job['id']}/result?format=txt").text


@contextmanager
def waiting_chat(url: str) -> Iterator[socket.socket]:
    """A request whose body is not whole yet, so that it is running until it is."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
        )
        deadline = time.monotonic() + 10
        while "shuowen_requests_in_flight 2.0" not in httpx.get(f"{url}/metrics").text:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield connection


@posix
def test_a_document_goes_in_and_sigterm_lets_a_running_request_end(
    start: Callable[..., Process],
) -> None:
    server = start()
    for line in ("Models: shuowen-embedded.", "No key is needed.", "Stop with Ctrl-C."):
        server.wait_for(line)
    assert "Hello" in text_of_document(server.url)
    with waiting_chat(server.url) as connection:
        server.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        while (refused := httpx.get(f"{server.url}/v1/models")).status_code == 200:
            assert time.monotonic() < deadline
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert httpx.get(f"{server.url}/ready").status_code == 503
        server.wait_for("1 request is being answered, which may go on for 30 seconds. A second")
        connection.sendall(b"}")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400")  # it names no model
    assert server.end() == 0
    assert server.said[-1] == "Stopped."
    said = "\n".join(server.said)
    assert "traceback" not in said
    assert "Hello" not in said
    assert "page.png" not in said
    lines = [json.loads(line) for line in server.said if line.startswith("{")]
    assert all(line["level"] == "info" for line in lines), lines
    routes = {line.get("route") for line in lines}
    assert {"/v1/documents", "/v1/documents/{document_id}/result"} <= routes


@posix
def test_a_second_ctrl_c_cuts_what_runs(start: Callable[..., Process]) -> None:
    server = start()
    with waiting_chat(server.url):
        begin = time.monotonic()
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.4)
        server.process.send_signal(signal.SIGINT)
        assert server.end() == 130
        assert time.monotonic() - begin < 10
    assert server.said[-1] == "Error: Stopped."
    assert '"level":"error"' not in "".join(server.said)


@posix
def test_ctrl_c_where_nothing_runs_is_a_clean_end(start: Callable[..., Process]) -> None:
    server = start()
    server.process.send_signal(signal.SIGINT)
    assert server.end() == 0
    assert server.said[-2:] == ["Stopping.", "Stopped."]


@posix
def test_what_runs_too_long_is_cut_in_plain_words(start: Callable[..., Process]) -> None:
    server = start("--drain-time", "0.2")
    with waiting_chat(server.url) as connection:
        server.process.send_signal(signal.SIGTERM)
        assert connection.recv(65536).startswith(b"HTTP/1.1 503")
    assert server.end() == 0
    said = "".join(server.said)
    assert "Requests that were still being answered are cut: 1." in said
    assert "graceful" not in said


@posix
def test_a_signal_that_comes_twice_at_once_is_one(start: Callable[..., Process]) -> None:
    server = start()
    with waiting_chat(server.url) as connection:
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.05)  # two that wait would be one
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        connection.sendall(b"}")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400")
    assert server.end() == 0
    assert '"level":"error"' not in "".join(server.said)


def test_a_port_that_is_taken(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = run("serve", "--port", port, "--data-dir", "d")
    assert ended.exit_code == 2
    assert f"Another program has port {port} on 127.0.0.1." in ended.stderr
    assert f"--port {port + 1}" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Given]]:
    """What would be served, instead of serving it."""
    found: list[Given] = []

    def note(options: ServerOptions, models: MakeModels, *, say: Callable[[str], None]) -> None:
        found.append((options, models))

    monkeypatch.setattr(run_module, "run", note)
    for name in ("HOST", "PORT", "KEYS", "UPSTREAM", "JOBS", "DATA_DIR", "API_KEY"):
        monkeypatch.delenv(f"SHUOWEN_{name}", raising=False)
    yield found


def test_the_defaults_are_the_records_own(run: Run, given: list[Given]) -> None:
    assert run("serve").exit_code == 0
    assert given[0][0] == ServerOptions()


def test_every_option_reaches_the_record(run: Run, given: list[Given], tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    arguments = """serve --server-name 0.0.0.0 --server-port 0 --tls-cert c --tls-key k
        --cors-origin https://a.example --cors-origin https://b.example --allow-host ocr.example
        --keys keys --requests-per-minute 7 --concurrent 2 --jobs 3 --max-requests 4 --max-body 5M
        --request-time 2m --drain-time 6 --max-pages 8 --max-chat-pages 9 --max-pixels 10M
        --max-bytes 11M --fetch-seconds 12 --allow-private-urls --data-dir data --media-dir media
        --retention 7d --max-documents 13 --erase-after-read
        --tools reject --background forward --no-docs"""
    assert run(*arguments.split()).exit_code == 0
    assert given[0][0] == ServerOptions(
        host="0.0.0.0",
        port=0,
        tls_cert=Path("c"),
        tls_key=Path("k"),
        cors_origins=("https://a.example", "https://b.example"),
        allowed_hosts=("ocr.example",),
        keys_file=Path("keys"),
        requests_per_minute=7,
        concurrent_requests=2,
        jobs=3,
        max_requests=4,
        max_body_bytes=5_000_000,
        request_seconds=120,
        drain_seconds=6,
        max_pages=8,
        max_chat_pages=9,
        limits=Limits(
            max_pixels=10_000_000,
            max_bytes=11_000_000,
            fetch_seconds=12,
            allow_private_addresses=True,
        ),
        data_dir=Path("data"),
        media_dir=Path("media"),
        retention_seconds=7 * 86400,
        max_documents=13,
        erase_after_read=True,
        tools="reject",
        background="forward",
        docs=False,
    )


def test_the_environment_sets_what_is_not_given(
    run: Run, given: list[Given], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHUOWEN_PORT", "1234")
    monkeypatch.setenv("SHUOWEN_CORS_ORIGINS", "https://a.example https://b.example")
    assert run("serve", "--host", "::1").exit_code == 0
    options = given[0][0]
    assert (options.port, options.host) == (1234, "::1")
    assert options.cors_origins == ("https://a.example", "https://b.example")


def test_a_model_runs_here_and_the_first_on_the_list(
    run: Run, given: list[Given], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: dict[str, Any] = {}

    def load(name: str, **options: Any) -> FakeEngine:
        opened.update(options, name=name)
        return FakeEngine(answers=["Yes."])

    monkeypatch.setattr(serve_models, "load_model", load)
    (tmp_path / "model").mkdir()
    (tmp_path / "prm").mkdir()
    words = ("--weights", "int8", "--max-running", "4", "--critic", "./prm")
    assert run("serve", "./model", *words).exit_code == 0
    options, make = given[0]
    (model,) = make(options, None)  # type: ignore[arg-type]
    assert opened == {
        "name": "./model",
        "weights": "int8",
        "max_running": 4,
        "critic": "./prm",
    }
    assert model.kind == "engine"
    model.close()


@pytest.mark.parametrize("words", [["{url}"], ["--upstream", "{url}"]])
def test_another_server_is_asked_with_the_key_of_a_variable(
    run: Run, given: list[Given], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("UPSTREAM", "sk-secret")
    with model_server() as server:
        given_words = [word.format(url=server.url) for word in words]
        ended = run("serve", *given_words, "--upstream-key", "UPSTREAM", "--upstream-model", "tiny")
        assert ended.exit_code == 0, ended.output
        (model,) = given[0][1](given[0][0], None)  # type: ignore[arg-type]
        assert model.name == "tiny"
        assert server.headers[0]["Authorization"] == "Bearer sk-secret"
        model.close()


def opened_upstream(given: list[Given]) -> list[str]:
    options, make = given.pop()
    models = make(options, None)  # type: ignore[arg-type]
    for each in models:
        each.close()
    return [each.name for each in models]


def test_a_model_that_the_other_server_has_not_is_refused_at_the_start(
    run: Run, given: list[Given]
) -> None:
    with model_server() as server:
        run("serve", server.url, "--upstream-model", "nope")
        with pytest.raises(UsageError, match="has no model 'nope'. It has: tiny"):
            opened_upstream(given)
        server.models = {"data": [{"id": "a"}, {"id": "b"}]}
        run("serve", server.url)
        with pytest.raises(UsageError, match="2 models: a, b. .*--upstream-model"):
            opened_upstream(given)


def test_another_server_that_is_down_is_warned_of(
    run: Run, given: list[Given], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    run("serve", url, "--upstream-model", "m")
    assert opened_upstream(given) == ["m"]
    said = capsys.readouterr().err
    assert f"WARNING: {url}/v1 cannot be asked for its models now" in said
    assert "Chats with m fail until it answers" in said


def test_what_runs_a_model_is_looked_for_before_it_is_downloaded(
    run: Run, given: list[Given], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    run("serve", "OpenGVLab/InternVL3-1B")
    with pytest.raises(MissingExtraError, match="torch, which is not installed"):
        opened_upstream(given)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["./m", "--upstream", "http://a"], "exclude each other"),
        (["--weights", "int8"], "--weights is for a model that runs here"),
        (["--critic", "./prm"], "--critic is for a model that runs here"),
        (["http://a", "--device", "cuda"], "--device is for a model that runs here"),
        (["--upstream-model", "m"], "--upstream-model is for another server"),
        (["http://a", "--upstream-key", "sk-0123"], "names no environment variable"),
        (["--upstream", "gpu:8000"], "Write http://gpu:8000."),
        (["--upstream", "localhost"], "Write http://localhost."),
        (["--upstream", "ws://gpu"], "Write http:// or https://."),
        (["127.0.0.1:23401"], "Write http://127.0.0.1:23401."),
        (["http://127.0.0.1:23333"], "leads back to this server"),
        (["--host", "0.0.0.0", "--upstream", "http://localhost:23333/v1"], "leads back"),
        (["--tls-key", "k"], "no certificate"),
        (["--port", "70000"], "70000"),
        (["--retention", "soon"], "no length of time"),
        (["--tools", "forwards"], "Did you mean 'forward'?"),
        (["--media-dir", "missing"], "missing"),
        (["--max-requests", "0"], "0"),
        (["--fetch-seconds", "nan"], "no number"),
        (["--fetch-seconds", "inf"], "no number"),
        (["--drain-time", "inf"], "no number"),
        (["--retention", "9" * 400], "no length of time"),
        (["--max-bytes", "9" * 400], "no amount"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_mistakes_are_named(run: Run, given: list[Given], words: list[str], said: str) -> None:
    ended = run("serve", *words)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert "sk-0123" not in ended.stderr
    assert not given


def test_what_cannot_be_opened_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    damaged = tmp_path / "damaged.json"
    damaged.write_text("{")
    for words, code, said in (
        (["--data-dir", "file/inside"], 8, "file"),
        (["--keys", "damaged.json", "--data-dir", "d"], 3, "damaged"),
        (["--keys", "none.json", "--data-dir", "d"], 3, "does not exist"),
        (["--tls-cert", "none.pem", "--data-dir", "d"], 3, "none.pem does not exist"),
        (["--tls-cert", "damaged.json", "--data-dir", "d"], 2, "cannot be used for HTTPS"),
        (["--host", "192.0.2.1", "--data-dir", "d"], 2, "no address of this machine"),
        (["--host", "no-such-host.invalid", "--data-dir", "d"], 2, "There is no host"),
    ):
        ended = run("serve", "--port", "0", *words)
        assert (ended.exit_code, said in ended.stderr) == (code, True), (words, ended.stderr)


def test_lmdeploys_command_line_goes_to_its_own_command(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[tuple[str, ...]] = []

    @click.command("api_server", context_settings={"ignore_unknown_options": True})
    @click.argument("words", nargs=-1, type=click.UNPROCESSED)
    def other(words: tuple[str, ...]) -> None:
        got.append(words)

    module = type(sys)("shuowen.cli.serve_api_server")
    module.command = other  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shuowen.cli.serve_api_server", module)
    words = ("A/B", "--backend", "turbomind", "--tp", "2", "--chat-template", "internvl2_5")
    assert run("serve", "api_server", *words).exit_code == 0
    assert got == [words]


def test_help_says_every_option_and_comes_before_anything_heavy(run: Run) -> None:
    text = run("serve", "--help").stdout
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert parameter.opts[0] in text
    program = (
        "import sys; from shuowen.cli.app import cli\n"
        "try: cli(['serve', '-h'])\n"
        "except SystemExit: pass\n"
        "heavy = {'fastapi', 'uvicorn', 'numpy', 'cv2', 'onnxruntime', 'prometheus_client'}\n"
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL).returncode == 0
    )
    assert cli.get_command(click.Context(cli), "serve") is command
