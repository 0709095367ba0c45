"""From a request to an engine that answers."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from shuowen.errors import EngineError, ModelError, UsageError
from shuowen.generation.engine import Request
from shuowen.launch.engine_python import EngineEnvironment, Program
from shuowen.launch.model_place import find_place
from shuowen.launch.parse import ApiServerRequest, parse
from shuowen.launch.start import patience_of, plan_of, running_engine
from shuowen.launch.supervisor import Patience
from shuowen.launch.templates import lmdeploy_file
from shuowen.prompt.messages import Message
from tests.launch.fake_engine import FakeEngine, is_alive, wait_until
from tests.launch.flag_cases import MODEL

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

QUICK = Patience(startup_seconds=20, first_wait_seconds=0.05, poll_seconds=0.02, stop_seconds=2)
TUTORIAL = "--backend turbomind --server-port 23333 --tp 2 --chat-template internvl2_5"


@pytest.fixture(autouse=True)
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def engine(tmp_path: Path) -> FakeEngine:
    home = tmp_path / "fake"
    home.mkdir()
    return FakeEngine(home)


def asked(words: str) -> ApiServerRequest:
    return parse([MODEL, *shlex.split(words)])


def environment(engine: FakeEngine, version: str) -> EngineEnvironment:
    return EngineEnvironment(python=engine.python, version=version)


@pytest.mark.parametrize(
    ("program", "version", "words"),
    [("lmdeploy", "0.18.0", TUTORIAL), ("vllm", "0.32.0", f"{TUTORIAL} --backend vllm")],
)
def test_an_engine_is_started_asked_and_stopped(
    engine: FakeEngine, program: Program, version: str, words: str
) -> None:
    told: list[str] = []
    place = environment(engine, version)
    with running_engine(asked(words), program, place, told.append, QUICK) as running:
        assert running.takes_requests
        assert running.served_name == MODEL
        with_engine = running.open()
        answer = with_engine.generate(Request(messages=(Message.of("user", "Hello"),)))
        assert answer.candidates[0].text == "The engine answers."
        assert with_engine.dialect == program
        assert with_engine.model_name == MODEL
        with_engine.close()
    (start,) = engine.starts()
    assert not is_alive(start["pid"])
    assert start["key"] == running.key
    assert running.key.isalnum()  # a dash at the beginning would make it a flag
    assert len(running.key) == 64
    assert running.key not in repr(running)
    assert start["environment"]["DO_NOT_TRACK"] == "1"
    assert engine.asked()[0]["model"] == MODEL
    assert not any(running.key in sentence for sentence in told)


def test_lmdeploys_key_stays_out_of_the_list_of_processes(engine: FakeEngine) -> None:
    place = environment(engine, "0.18.0")
    with running_engine(asked(""), "lmdeploy", place, lambda _: None, QUICK) as running:
        (start,) = engine.starts()
        shown = Path(f"/proc/{start['pid']}/cmdline").read_bytes()
        assert running.key.encode() not in shown
        assert b"--api-keys" in shown  # in the words that read it from the environment
        assert "SHUOWEN_ENGINE_KEY" not in start["environment"]


def test_the_template_is_there_when_the_engine_starts(engine: FakeEngine, data_home: Path) -> None:
    place = environment(engine, "0.18.0")
    with running_engine(asked(TUTORIAL), "lmdeploy", place, lambda _: None, QUICK):
        words = engine.starts()[0]["words"]
    file = Path(words[words.index("--chat-template") + 1])
    assert file.is_relative_to(data_home)
    assert json.loads(file.read_text(encoding="utf-8")) == json.loads(lmdeploy_file())


def test_a_machine_that_only_computes_is_not_waited_for(engine: FakeEngine) -> None:
    place = environment(engine, "0.32.0")
    request = asked("--backend vllm --nnodes 2 --node-rank 1")
    with running_engine(request, "vllm", place, lambda _: None, QUICK) as running:
        assert not running.takes_requests
        wait_until(lambda: len(engine.starts()) == 1)
    assert "--headless" in engine.starts()[0]["words"]


def test_an_engine_that_does_not_come_up_is_an_error(engine: FakeEngine) -> None:
    engine.behave(num_failures=9, last_words="ValueError: nothing works")
    place = environment(engine, "0.18.0")
    with (
        pytest.raises(EngineError, match="nothing works"),
        running_engine(asked(""), "lmdeploy", place, lambda _: None, QUICK),
    ):
        pytest.fail("it must not get here")


def test_what_cannot_be_planned_is_told_before_anything_starts(
    engine: FakeEngine, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="unknown release"):
        plan_of(asked(""), environment(engine, "main"), 1)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ModelError, match=r"no config\.json"):
        plan_of(parse([str(empty)]), environment(engine, "0.18.0"), 1)
    (empty / "config.json").write_text("[")
    with pytest.raises(ModelError, match="cannot be read"):
        plan_of(parse([str(empty)]), environment(engine, "0.18.0"), 1)
    (empty / "config.json").write_text("[]")
    with pytest.raises(ModelError, match="cannot be read"):
        plan_of(parse([str(empty)]), environment(engine, "0.18.0"), 1)
    assert not engine.starts()


def test_a_folder_has_no_revision(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UsageError, match="no --revision"):
        find_place(str(tmp_path), "v1")


def test_patience_is_a_flag() -> None:
    assert patience_of(asked("--startup-seconds 5")).startup_seconds == 5
    assert patience_of(asked("")).startup_seconds == 3600
    with pytest.raises(UsageError, match="--startup-seconds is 0"):
        patience_of(asked("--startup-seconds 0"))
