from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

from shuowen.errors import AccessError, EngineError, UsageError
from shuowen.launch.probe import is_well
from tests.cli.conftest import Run, Start
from tests.launch.test_webui_install import stand_in
from tests.launch.test_webui_run import KEY, STAND_IN, free_port
from tests.launch.test_webui_run import server_url as server_url  # a fixture, by its name

SECONDS = 30


def exports(printed: str) -> dict[str, str]:
    lines = [line.removeprefix("export ") for line in printed.splitlines() if line[0] != "#"]
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that behaves like `open-webui`."""
    script = tmp_path / "open-webui"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
    script.chmod(0o755)
    return script


def test_the_environment_is_printed_and_nothing_else_is_done(run: Run, tmp_path: Path) -> None:
    ended = run("webui", "--env")
    assert ended.exit_code == 0
    found = exports(ended.stdout)
    assert found["OPENAI_API_BASE_URL"] == "http://127.0.0.1:23333/v1"
    assert found["DEFAULT_MODELS"] == "shuowen-embedded"
    assert "WEBUI_AUTH" not in found
    assert list(tmp_path.iterdir()) == []


def test_the_environment_for_docker_elsewhere(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SW_KEY", " sw-1 ")
    server = "http://host.docker.internal:23333"
    options = ("--env-format", "docker", "--server", server, "--key-env", "SW_KEY")
    ended = run("webui", "--env", *options, "--model", "mine", "--login", "--data-dir", "/d")
    found = exports(ended.stdout)
    assert "export" not in ended.stdout
    assert found["EXTERNAL_DOCUMENT_LOADER_URL"] == server
    assert found["OPENAI_API_KEYS"] == "sw-1"
    assert (found["DEFAULT_MODELS"], found["WEBUI_AUTH"], found["DATA_DIR"]) == (
        "mine",
        "True",
        "/d",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--env", "--port", "80"), "--port has no effect beside --env"),
        (("--env", "--yes", "--host", "::1"), "--host and --yes have no effect beside --env"),
        (("--env", "--", "model"), "arguments of `shuowen serve` has no effect beside --env"),
        (("--env-format", "docker"), "--env-format has no effect without --env"),
        (("--server", "http://127.0.0.1:9", "--server-port", "9"), "no effect beside --server"),
        (("--env", "--key-env", "SW_NONE"), "SW_NONE is not set"),
        (("--env", "--server", "127.0.0.1"), "is not the address of a server"),
        (("--env-format", "fish"), "fish"),
    ],
)
def test_options_that_do_not_fit_together(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ended = run("webui", *arguments)
    assert ended.exit_code == UsageError.exit_code
    assert said in ended.stderr


def test_nobody_is_surprised_by_three_gigabytes(run: Run, tmp_path: Path) -> None:
    ended = run("webui", "--home", tmp_path / "home", "--python", stand_in(tmp_path))
    assert ended.exit_code == UsageError.exit_code
    assert "about 3 GB from the network" in ended.stderr
    assert "--yes" in ended.stderr
    assert not (tmp_path / "home" / "venv").exists()


def test_it_is_installed_when_agreed_and_then_started(
    run: Run, tmp_path: Path, server_url: str
) -> None:
    options = ("--home", tmp_path / "home", "--python", stand_in(tmp_path), "--yes")
    server = ("--server", server_url, "--model", "m", "--port", free_port())
    ended = run("webui", *options, *server)
    # What the stand-in installs ends at once.
    assert ended.exit_code == EngineError.exit_code
    assert "[4/4] Open WebUI" in ended.stderr
    assert "Open WebUI ended with code" in ended.stderr
    assert "Downloading" in (tmp_path / "home" / "logs" / "install.log").read_text()


def test_a_server_that_wants_a_key(
    run: Run, program: Path, server_url: str, tmp_path: Path
) -> None:
    options = ("--home", tmp_path / "home", "--open-webui", program, "--port", free_port())
    ended = run("webui", *options, "--server", server_url)
    assert ended.exit_code == AccessError.exit_code
    assert "--key-env" in ended.stderr


def test_it_runs_until_it_is_told_to_stop(
    start_python: Start,
    program: Path,
    server_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SW_KEY", KEY)
    port = free_port()
    options = ["--open-webui", str(program), "--port", str(port), "--home", str(tmp_path / "home")]
    server = ["--server", server_url, "--key-env", "SW_KEY"]
    process = start_python("-m", "shuowen", "webui", *options, *server)
    deadline = time.monotonic() + SECONDS
    while not is_well(f"http://127.0.0.1:{port}"):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert said.decode().endswith("Stopped.\n")
    assert not is_well(f"http://127.0.0.1:{port}")
