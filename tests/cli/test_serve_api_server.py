"""`shuowen serve api_server`: LMDeploy's command line, with and without an engine behind it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
import urllib3

from shuowen.cli.app import cli
from shuowen.cli.serve_api_server_run import _model_here
from shuowen.errors import CapacityError, EngineError, MissingExtraError, UsageError
from shuowen.launch.decide import RunsHere
from shuowen.launch.flags import FLAGS
from shuowen.launch.parse import parse
from shuowen.server.options import ServerOptions
from tests.cli.conftest import Run
from tests.launch.fake_engine import FakeEngine, is_alive, wait_until

MODEL = "OpenGVLab/InternVL3-14B-Instruct"
TUTORIAL = (
    f"serve api_server {MODEL} --backend turbomind --server-port 23333 --tp 2"
    " --chat-template internvl2_5"
)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No graphics card, no engine, no model and no variables of the person who runs the tests."""
    for name in [each for each in os.environ if each.startswith(("SHUOWEN_", "HF_", "CUDA_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


def words(text: str) -> list[str]:
    return text.split()


def test_the_tutorials_command_is_understood_word_for_word(run: Run) -> None:
    ended = run(*words(TUTORIAL), "--dry-run")
    assert (ended.exit_code, ended.stderr) == (0, "")
    for part in ("LMDeploy 0.18.0", "--tp 2", "internvl2_5.lmdeploy.json", "127.0.0.1:23333/v1"):
        assert part in ended.stdout


def test_help_names_every_flag_and_what_becomes_of_it(run: Run) -> None:
    for asked in ("--help", "-h"):
        ended = run("serve", "api_server", MODEL, asked)
        assert ended.exit_code == 0
    shown = " ".join(ended.stdout.split())
    for name in FLAGS:
        assert re.search(rf"{name}\b", ended.stdout), name
    for part in ("Examples:", "--backend turbomind", "LMDeploy:", "vLLM:", "Shuowen itself:"):
        assert part in shown


def test_help_after_the_dashes_is_the_engines(run: Run) -> None:
    ended = run(*words(f"serve api_server {MODEL} --dry-run -- --help"))
    assert "Engine: LMDeploy" in ended.stdout


@pytest.mark.parametrize(
    ("given", "code", "part"),
    [
        ("", UsageError.exit_code, "No model is named"),
        (f"{MODEL} --tpp 2", UsageError.exit_code, "Did you mean --tp?"),
        (f"{MODEL} --role Decode --backend pytorch --dry-run", UsageError.exit_code, "--role"),
        (f"{MODEL} --enable-metrics", UsageError.exit_code, "/metrics"),
        (f"{MODEL} --ssl --dry-run", UsageError.exit_code, "SSL_CERTFILE"),
        (f"{MODEL} --fallback none", MissingExtraError.exit_code, "NVIDIA"),
        (f"{MODEL} --engine-python /no/python", MissingExtraError.exit_code, "/no/python"),
        (f"{MODEL} --port 0 --media-dir /no/folder", UsageError.exit_code, "/no/folder"),
        (f"{MODEL} --port 0 --keys=", UsageError.exit_code, "--keys names nothing"),
        ("no/such/folder", 5, "no/such/folder"),
    ],
)
def test_slips_and_lacks_end_with_one_sentence(run: Run, given: str, code: int, part: str) -> None:
    ended = run("serve", "api_server", *words(given))
    assert (ended.exit_code, ended.stdout) == (code, "")
    assert part in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_variables_of_the_server_count_and_flags_over_them(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHUOWEN_PORT", "4567")
    monkeypatch.setenv("SHUOWEN_MAX_REQUESTS", "9")
    shown = run(*words(f"serve api_server {MODEL} --dry-run")).stdout
    assert "127.0.0.1:4567" in shown
    assert "at most 9 requests" in shown
    shown = run(*words(f"serve api_server {MODEL} --dry-run --server-port 1234")).stdout
    assert "127.0.0.1:1234" in shown


def test_documentation_can_be_checked_without_running_anything() -> None:
    with click.Context(cli, info_name="shuowen") as context:
        name, command, rest = cli.resolve_command(context, words(TUTORIAL))
        assert command is not None
        made = command.make_context(name, rest, parent=context)
        assert made.params["request"].value("--tp") == 2
        with pytest.raises(UsageError):
            command.make_context(name, ["api_server", MODEL, "--tpp"], parent=context)


def test_installing_an_engine_is_only_done_when_asked_for(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[str] = []
    monkeypatch.setattr("shuowen.cli.serve_api_server_run.install_engine", installed.append)
    for words_given, expected in (
        ("--fallback none", []),
        ("--install-engine --dry-run", []),
        ("--install-engine --fallback none", ["lmdeploy"]),
        ("--install-engine --fallback none --backend vllm", ["lmdeploy", "vllm"]),
    ):
        run("serve", "api_server", MODEL, *words(words_given))
        assert installed == expected


def engines_here(words_given: str, options: dict[str, Any]) -> list[str]:
    """Names of the models that would be served, their engine being Shuowen's own."""
    request = parse([MODEL, *words(words_given)])
    make = _model_here(request, RunsHere(model=MODEL, options=options))
    return [model.name for model in make(ServerOptions(), None)]  # type: ignore[arg-type]


def test_a_model_that_does_not_fit_leaves_the_reader_unless_it_must_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = "shuowen.cli.serve_api_server_run"
    given: dict[str, Any] = {}

    def load(model: str, **options: Any) -> object:
        given.update(options, model=model)
        if options.get("weights") == "bf16":
            raise CapacityError("It does not fit.")
        return object()

    monkeypatch.setattr(f"{module}.load_model", load)
    monkeypatch.setattr(f"{module}.bring_missing", lambda model: None)
    assert engines_here("--model-name eye", {"max_running": 3}) == ["eye"]
    assert given == {"max_running": 3, "model": MODEL}
    assert engines_here("", {"weights": "bf16"}) == []
    assert "ONLY THE EMBEDDED READER ANSWERS" in capsys.readouterr().err
    for strict in ("--fallback none", "--backend shuowen"):
        with pytest.raises(CapacityError):
            engines_here(strict, {"weights": "bf16"})


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from click.testing import CliRunner; from shuowen.cli.app import cli;"
        "ended = CliRunner().invoke(cli, ['serve', 'api_server', '--help']);"
        "assert ended.exit_code == 0, ended.output;"
        "print(*sorted({'numpy', 'PIL', 'onnxruntime', 'urllib3', 'uvicorn'} & set(sys.modules)))"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True
    )
    assert (ended.stdout, ended.stderr) == ("\n", "")


def test_flags_are_completed() -> None:
    with click.Context(cli, info_name="shuowen") as context:
        name, command, _ = cli.resolve_command(context, words(TUTORIAL))
        assert command is not None
        made = command.make_context(name, ["api_server"], parent=context, resilient_parsing=True)
        found = [each.value for each in made.command.shell_complete(made, "--server")]
    assert found == ["--server-name", "--server-port"]


class Started:
    """A running `shuowen`: what it says, and its address once it says so."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []
        self.url = ""
        self._heard = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def wait_for_address(self) -> None:
        assert self._heard.wait(60), self.said
        assert self.url, self.said

    def request(self, method: str, path: str, **more: Any) -> urllib3.BaseHTTPResponse:
        with urllib3.PoolManager(retries=False, timeout=20) as pool:
            return pool.request(method, f"{self.url}{path}", **more)

    def chat(self, model: str, key: str) -> urllib3.BaseHTTPResponse:
        body = {"model": model, "messages": [{"role": "user", "content": "Hello"}]}
        headers = {"Authorization": f"Bearer {key}"}
        return self.request("POST", "/v1/chat/completions", json=body, headers=headers)

    def end(self) -> int:
        code = self.process.wait(60)
        self._thread.join()
        return code

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line.rstrip())
            found = re.search(r"answers at (\S+) \(for", line)
            if found:
                self.url = found[1]
                self._heard.set()
        self._heard.set()


@contextmanager
def shuowen(*arguments: str, cwd: Path) -> Iterator[Started]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-m", "shuowen", *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env=environ,
        cwd=cwd,
    ) as process:
        started = Started(process)
        try:
            yield started
        finally:
            process.kill()
            started.end()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """Two graphics cards and an LMDeploy, none of them real."""
    if sys.platform != "linux":
        pytest.skip("looks into /proc")
    home = tmp_path / "engine"
    home.mkdir()
    driver = tmp_path / "driver" / "nvidia-smi"
    driver.parent.mkdir()
    driver.write_text("#!/bin/sh\necho 'GPU 0: H100 (UUID: GPU-a)'\necho 'GPU 1: H100'\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", f"{driver.parent}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    engine = FakeEngine(home, says=["Loading 14B"])
    monkeypatch.setenv("SHUOWEN_LMDEPLOY_PYTHON", str(engine.python))
    return engine


def test_the_engine_is_fronted_survived_and_stopped(machine: FakeEngine, tmp_path: Path) -> None:
    command = TUTORIAL.replace("23333", "0")
    with shuowen(*words(command), "--api-keys", "sk-one", cwd=tmp_path) as started:
        started.wait_for_address()
        assert started.request("GET", "/v1/models").status == 401
        headers = {"Authorization": "Bearer sk-one"}
        listed = started.request("GET", "/v1/models", headers=headers).json()["data"]
        assert [each["id"] for each in listed] == [MODEL, "shuowen-embedded"]
        answer = started.chat(MODEL, "sk-one").json()
        assert answer["choices"][0]["message"]["content"] == "The engine answers."
        wait_until(lambda: started.request("GET", "/ready").status == 200, 60)

        machine.behave(seconds=600)  # from now on it never gets well again
        os.kill(machine.starts()[0]["pid"], signal.SIGKILL)
        wait_until(lambda: started.request("GET", "/ready").status == 503)
        refused = started.chat(MODEL, "sk-one")
        assert refused.status == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert "started again" in refused.json()["error"]["message"]
        assert started.chat("shuowen-embedded", "sk-one").status == 200
        assert started.request("GET", "/health").status == 200

        wait_until(lambda: len(machine.starts()) == 2)
        started.process.send_signal(signal.SIGTERM)
        assert started.end() == 0
    assert not any(is_alive(pid) for pid in machine.pids())
    assert "[lmdeploy] Loading 14B" in started.said
    assert any("internvl2_5: LMDeploy no longer has it" in line for line in started.said)
    key = machine.starts()[0]["key"]
    assert not any(key in line or "sk-one" in line for line in started.said)
    sent = machine.starts()[0]["words"]
    assert sent[sent.index("--tp") + 1] == "2"


def test_an_engine_that_cannot_start_ends_the_command(machine: FakeEngine, tmp_path: Path) -> None:
    machine.behave(num_failures=99, last_words="RuntimeError: CUDA out of memory")
    given = words(f"serve api_server {MODEL} --port 0 --startup-seconds 1")
    with shuowen(*given, cwd=tmp_path) as started:
        assert started.end() == EngineError.exit_code
    assert "CUDA out of memory" in started.said[-1]
    assert "--tp" in started.said[-1]
    assert machine.starts()


def test_a_port_that_is_taken_is_found_out_before_the_engine_loads(
    machine: FakeEngine, run: Run
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ended = run("serve", "api_server", MODEL, "--port", other.getsockname()[1])
    assert ended.exit_code == UsageError.exit_code
    assert "Another program has port" in ended.stderr
    assert not machine.starts()


def test_without_cards_the_reader_answers_and_says_so(tmp_path: Path) -> None:
    command = TUTORIAL.replace("23333", "0")
    with shuowen(*words(command), "--log-level", "ERROR", cwd=tmp_path) as started:
        started.wait_for_address()
        listed = json.loads(started.request("GET", "/v1/models").data)["data"]
        assert [each["id"] for each in listed] == ["shuowen-embedded"]
        started.process.send_signal(signal.SIGINT)
        assert started.end() == 0
    assert started.said[-2:] == ["Stopping.", "Stopped."]
    assert any("ONLY THE EMBEDDED READER ANSWERS" in line for line in started.said)
    assert not any(line.startswith("{") for line in started.said)  # the log of requests
