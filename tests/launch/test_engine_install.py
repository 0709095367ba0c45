from __future__ import annotations

import sys
from pathlib import Path

import pytest

from shuowen.errors import EngineError, OutputError
from shuowen.launch import engine_install
from shuowen.launch.engine_install import how_to_install, install_commands, install_engine
from shuowen.launch.engine_python import own_environment, python_of
from tests.launch.fake_engine import FakeEngine


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(engine_install, "NEEDED_BYTES", 1)


@pytest.fixture
def engine(tmp_path: Path) -> FakeEngine:
    home = tmp_path / "fake"
    home.mkdir()
    return FakeEngine(home)


def test_the_commands_make_an_environment_and_fill_it() -> None:
    venv, upgrade, install = install_commands("lmdeploy")
    assert venv == (sys.executable, "-m", "venv", str(own_environment("lmdeploy")))
    own = str(python_of(own_environment("lmdeploy")))
    assert upgrade[:4] == install[:4] == (own, "-m", "pip", "install")
    assert "lmdeploy==0.18.0" in install
    assert "vllm==0.32.0" in install_commands("vllm")[2]
    assert how_to_install("vllm").count(" && ") == 2


def test_installing_runs_them_once(engine: FakeEngine) -> None:
    ran: list[tuple[str, ...]] = []

    def run(command: tuple[str, ...]) -> int:
        ran.append(command)
        own = python_of(own_environment("lmdeploy"))
        if not own.exists():
            own.parent.mkdir(parents=True)
            own.symlink_to(engine.python)
        return 0

    python = install_engine("lmdeploy", run)
    assert python == python_of(own_environment("lmdeploy"))
    assert ran == list(install_commands("lmdeploy"))
    assert install_engine("lmdeploy", run) == python
    assert len(ran) == 3


def test_a_command_that_fails_is_named() -> None:
    with pytest.raises(EngineError, match="this failed: .* -m venv"):
        install_engine("vllm", lambda command: 1)


def test_an_installation_without_the_engine_is_told() -> None:
    with pytest.raises(EngineError, match="does not have it"):
        install_engine("vllm", lambda command: 0)


def test_too_little_room_is_told_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_install, "NEEDED_BYTES", 1 << 60)
    with pytest.raises(OutputError, match="GB are free"):
        install_engine("vllm", lambda command: pytest.fail("nothing may run"))
