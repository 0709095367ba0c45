import shlex
import sys
from pathlib import Path

import pytest

from shuowen.errors import MissingExtraError, UsageError
from shuowen.evals.engines import EngineSettings, open_engine

SETTINGS = EngineSettings(effort="fast", timeout=60)


@pytest.mark.parametrize(
    ("name", "effort"),
    [("shuowen", "fast"), ("shuowen-normal", "normal"), ("shuowen-max", "max")],
)
def test_our_own_efforts(name: str, effort: str) -> None:
    engine = open_engine(name, SETTINGS)
    assert engine.name == name
    assert f"effort={effort}," in engine.identity


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def read(path):\n    return path\n")
    engine = open_engine(f"python:{file}", SETTINGS)
    assert engine.name == f"python:{file}"
    assert not engine.answers_questions
    engine.close()


def test_a_server_and_its_model() -> None:
    engine = open_engine("url:http://localhost:1/v1#a/b", SETTINGS)
    assert engine.answers_questions
    assert "http://localhost:1/v1 a/b" in engine.identity
    engine.close()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("rapidocrr", "Did you mean 'rapidocr'"),
        ("", "There are: shuowen"),
        ("python:/nowhere.py", "function read"),
        ("url:ftp://x", "http"),
    ],
)
def test_what_is_no_engine_is_refused(name: str, complaint: str) -> None:
    with pytest.raises(UsageError) as raised:
        open_engine(name, SETTINGS)
    assert complaint in str(raised.value)


@pytest.fixture
def bare_python(tmp_path: Path) -> str:
    """A Python that has no packages installed, whatever this one has."""
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S -E "$@"\n')
    script.chmod(0o755)
    return str(script)


@pytest.mark.parametrize("name", ["rapidocr", "rapidocr-no-cls", "docling", "mineru"])
def test_a_missing_peer_is_named_with_how_to_get_it(name: str, bare_python: str) -> None:
    with pytest.raises(MissingExtraError) as raised:
        open_engine(name, EngineSettings(peer_python=bare_python))
    assert f"{name} is not installed" in raised.value.message
    assert "pip install" in raised.value.hint


def test_tesseract_is_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingExtraError, match="tesseract is not installed") as raised:
        open_engine("tesseract", SETTINGS)
    assert "chi_sim" in raised.value.hint


def test_a_python_that_is_none_is_a_wrong_option(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be started") as raised:
        open_engine("rapidocr", EngineSettings(peer_python=str(tmp_path / "none")))
    assert "--peer-python" in raised.value.hint
