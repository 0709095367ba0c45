from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from shuowen.errors import UsageError
from shuowen.launch.decide import Machine
from shuowen.launch.describe import dry_run_text, shown_flag
from shuowen.launch.engine_python import EngineEnvironment
from shuowen.launch.gpus import Gpu
from shuowen.launch.parse import parse
from tests.launch.flag_cases import MODEL

TUTORIAL = "--backend turbomind --server-port 23333 --tp 2 --chat-template internvl2_5"
SERVER = ["Server: http://127.0.0.1:23333/v1"]
WEAK = Machine(has_guard=True)


def text(words: str, machine: Machine = WEAK) -> str:
    return dry_run_text(parse([MODEL, *shlex.split(words), "--dry-run"]), machine, SERVER)


def command_in(shown: str) -> list[str]:
    """The words of the command, as a shell would take them."""
    line = next(line for line in shown.splitlines() if " serve " in line)
    return shlex.split(line)


def test_without_an_engine_the_newest_release_is_assumed() -> None:
    shown = text(TUTORIAL)
    assert "Engine: LMDeploy 0.18.0, assumed: it is not installed here" in shown
    words = command_in(shown)
    assert words[words.index("--tp") + 1] == "2"
    assert words[3:5] == ["serve", "api_server"]
    assert "SHUOWEN_ENGINE_KEY=…" in shown
    assert "vLLM 0.32.0, assumed" in text("--backend vllm")


def test_with_an_engine_its_own_release_counts() -> None:
    found = EngineEnvironment(python=Path("/x/bin/python"), version="0.9.2")
    machine = Machine(
        gpus=(Gpu(index=0, name="H100"), Gpu(index=1, name="H100")), engine=found, has_guard=True
    )
    shown = text(TUTORIAL, machine)
    assert "Engine: LMDeploy 0.9.2, found at /x/bin/python" in shown
    assert command_in(shown)[-1] != "--trust-remote-code"
    assert "internvl2_5" in command_in(shown)
    assert "this would run, on H100, H100." in shown


def test_every_flag_is_listed_with_what_becomes_of_it() -> None:
    shown = text(f"{TUTORIAL} --api-keys sk-secret --max-log-len 5")
    assert "sk-secret" not in shown
    for part in ("--tp 2 ", "handed on", "--server-port 23333 ", "our server", "--api-keys …"):
        assert part in shown
    assert "--dry-run" not in shown


def test_words_for_the_engine_are_shown_quoted() -> None:
    shown = dry_run_text(parse([MODEL, "--backend", "vllm", "--", "--seed", "a b"]), WEAK, SERVER)
    assert "-- --seed 'a b'" in shown
    assert command_in(shown)[-2:] == ["--seed", "a b"]


def test_this_machines_own_way_out_is_said() -> None:
    assert "ONLY THE EMBEDDED READER ANSWERS" in text(TUTORIAL)
    assert "would end with an error: LMDeploy needs" in text(f"{TUTORIAL} --fallback none")
    here = Machine(has_torch=True, has_model=True, has_guard=True)
    shown = text("--backend shuowen --max-batch-size 2", here)
    assert f"{MODEL} would run in Shuowen itself with max_running=2." in shown
    assert "Engine:" not in shown


def test_a_flag_that_is_refused_ends_it() -> None:
    with pytest.raises(UsageError, match="--role is refused"):
        text("--backend pytorch --role Prefill")


def test_flags_are_shown_as_a_shell_takes_them() -> None:
    assert shown_flag("--model-name", "a b") == "--model-name 'a b'"
    assert shown_flag("--hf-overrides", {"a": 1}) == """--hf-overrides '{"a": 1}'"""
    assert shown_flag("--api-keys", ("sk",)) == "--api-keys …"
