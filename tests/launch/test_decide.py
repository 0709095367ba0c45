from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from shuowen.errors import MissingExtraError, UsageError
from shuowen.launch.decide import (
    Decision,
    Machine,
    OnlyReads,
    RunsEngine,
    RunsHere,
    decide,
    look_around,
)
from shuowen.launch.engine_python import EngineEnvironment
from shuowen.launch.gpus import Gpu
from shuowen.launch.parse import ApiServerRequest, parse
from tests.launch.flag_cases import MODEL

TUTORIAL = "--backend turbomind --server-port 23333 --tp 2 --chat-template internvl2_5"
ENVIRONMENT = EngineEnvironment(python=Path("python"), version="0.18.0")
GPUS = tuple(Gpu(index=index, name="H100") for index in range(2))
STRONG = Machine(gpus=GPUS, engine=ENVIRONMENT, has_torch=True, has_model=True, has_guard=True)
WEAK = Machine(has_guard=True)


def asked(words: str = "") -> ApiServerRequest:
    return parse([MODEL, *shlex.split(words)])


def decided(words: str, machine: Machine) -> Decision:
    return decide(asked(words), machine)


def machine(**parts: Any) -> Machine:
    return Machine(**{"has_guard": True, **parts})


def test_with_cards_and_an_engine_it_runs() -> None:
    assert decided(TUTORIAL, STRONG) == RunsEngine(program="lmdeploy", environment=ENVIRONMENT)
    assert decided("--backend vllm", STRONG) == RunsEngine(program="vllm", environment=ENVIRONMENT)


def test_the_tutorials_command_without_anything_reads() -> None:
    decision = decided(TUTORIAL, WEAK)
    assert isinstance(decision, OnlyReads)
    told = " ".join(decision.told)
    for part in ("NVIDIA", "shuowen[torch]", "shuowen models download", "ONLY"):
        assert part in told
    assert "shuowen-embedded" in told


def test_without_cards_the_model_runs_here_if_it_is_there() -> None:
    decision = decided(TUTORIAL, machine(has_torch=True, has_model=True))
    assert isinstance(decision, RunsHere)
    assert decision.model == MODEL
    assert any("NVIDIA" in sentence for sentence in decision.told)
    assert any("--tp has no effect here" in sentence for sentence in decision.told)
    assert isinstance(decided(TUTORIAL, machine(has_torch=True)), OnlyReads)
    assert isinstance(decided(TUTORIAL, machine(has_model=True)), OnlyReads)
    reader = decided(f"{TUTORIAL} --fallback reader", machine(has_torch=True, has_model=True))
    assert isinstance(reader, OnlyReads)


def test_an_engine_that_is_not_installed_is_told_with_the_command() -> None:
    decision = decided(TUTORIAL, machine(gpus=GPUS))
    assert isinstance(decision, OnlyReads)
    told = " ".join(decision.told)
    assert "LMDeploy is not installed" in told
    assert "--install-engine" in told
    assert "-m venv" in told


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (WEAK, "NVIDIA graphics card"),
        (machine(gpus=GPUS), "not installed"),
        (Machine(gpus=GPUS, engine=ENVIRONMENT, has_guard=False), "Linux and macOS"),
    ],
)
def test_fallback_none_is_an_error(given: Machine, message: str) -> None:
    with pytest.raises(MissingExtraError, match=message):
        decided("--fallback none", given)


def test_more_cards_than_there_are() -> None:
    with pytest.raises(UsageError, match="needs 4 graphics cards here, and there are 2") as caught:
        decided("--tp 4", STRONG)
    assert "--tp 2" in caught.value.hint
    with pytest.raises(UsageError, match="--dp 2 needs 4"):
        decided("--tp 2 --dp 2 --backend vllm", STRONG)
    for words in (
        "--tp 2 --dp 2",
        "--tp 4 --nnodes 2",
        "--backend pytorch --tp 16 --distributed-executor-backend ray",
        "--tp 8 --device ascend",
    ):
        assert isinstance(decided(words, STRONG), RunsEngine), words


def test_other_accelerators_are_not_looked_for() -> None:
    decision = decided("--backend pytorch --device ascend", machine(engine=ENVIRONMENT))
    assert isinstance(decision, RunsEngine)


def test_a_vllm_for_processors_needs_no_cards() -> None:
    for_cpu = EngineEnvironment(python=Path("python"), version="0.32.0+cpu")
    decision = decided("--backend vllm --tp 2", machine(engine=for_cpu))
    assert decision == RunsEngine(program="vllm", environment=for_cpu)


def test_flags_that_need_an_engine_are_refused_with_the_reason_for_the_fallback() -> None:
    with pytest.raises(UsageError, match="NVIDIA") as caught:
        decided("--backend pytorch --adapters a=/x", WEAK)
    assert "--adapters is refused" in caught.value.message


def test_shuowens_own_engine_when_asked_for() -> None:
    words = "--backend shuowen --max-batch-size 4 --dtype bfloat16 --revision v1"
    decision = decided(words, machine(has_torch=True))
    assert isinstance(decision, RunsHere)
    assert decision.model == f"{MODEL}@v1"
    assert decision.options == {"max_running": 4, "weights": "bf16"}
    assert isinstance(decided("--backend shuowen", WEAK), OnlyReads)
    with pytest.raises(MissingExtraError, match="torch"):
        decided("--backend shuowen --fallback none", WEAK)
    with pytest.raises(UsageError, match="float16"):
        decided("--backend shuowen --dtype float16", machine(has_torch=True))


@pytest.mark.parametrize(
    "words", ["--engine-python /p", "--startup-seconds 9", "--install-engine", "-- --seed 1"]
)
def test_flags_about_a_child_are_refused_where_there_is_none(words: str) -> None:
    with pytest.raises(UsageError, match="is for LMDeploy or vLLM"):
        decided(f"--backend shuowen {words}", machine(has_torch=True))


def test_what_no_engine_sees_is_told() -> None:
    decision = decided("-- --seed 1", machine(has_torch=True, has_model=True))
    assert isinstance(decision, RunsHere)
    assert any("--seed" in sentence for sentence in decision.told)


def test_looking_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shuowen.launch.gpus._DRIVER_FILES", tmp_path / "none")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    environ = {"PATH": str(tmp_path), "HF_HUB_CACHE": str(tmp_path / "hub")}
    found = look_around(asked(), environ)
    assert found.gpus == ()
    assert found.engine is None
    assert not found.has_model
    with pytest.raises(UsageError):
        look_around(parse(["no model at all"]), environ)


def test_a_whole_folder_is_a_model_that_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"architectures": ["InternVLChatModel"]}))
    environ = {"PATH": str(tmp_path)}
    assert not look_around(parse([str(folder)]), environ).has_model
    for name in ("model.safetensors", "tokenizer.json"):
        (folder / name).touch()
    assert look_around(parse([str(folder)]), environ).has_model
