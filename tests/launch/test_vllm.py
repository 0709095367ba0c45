"""vLLM's command line, against what vLLM itself prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shuowen.errors import ModelError, UsageError
from shuowen.launch.flags import FLAGS
from shuowen.launch.flags_model import VLLM_REASONING_PARSERS, VLLM_TOOL_PARSERS
from shuowen.launch.treatment import Renamed
from shuowen.launch.vllm import KEY_VARIABLE, MAX_PICTURES, vllm_command
from tests.launch.flag_cases import CASES
from tests.launch.plans import PORT, has_in_a_row, plan

PRINTED = json.loads((Path(__file__).parent / "data" / "vllm-0.32.0-flags.json").read_text())
KNOWN: dict[str, list[Any]] = PRINTED["flags"]


def built(words: str = "", version: str = "0.32.0", **more: Any) -> tuple[str, ...]:
    return vllm_command(plan(f"--backend vllm {words}", version, **more)).words


def check_words(words: tuple[str, ...]) -> None:
    """Every flag is one of vLLM's, with as many values as it takes, and of those that it takes."""
    at = words.index("serve") + 2  # the model comes first
    while at < len(words):
        name, mark, value = words[at].partition("=")
        assert name in KNOWN, name
        takes, *choices = KNOWN[name]
        at += 1
        values = [value] if mark else []
        while at < len(words) and not words[at].startswith("--"):
            values.append(words[at])
            at += 1
        assert takes == "many" or len(values) == {"none": 0, "one": 1}[takes], name
        if choices:
            assert set(values) <= set(choices[0]), name


@pytest.mark.parametrize("name", CASES)
def test_every_flag_that_is_sent_is_one_of_vllms(name: str) -> None:
    case = CASES[name]
    given = "" if name == "--backend" else case.given
    try:
        words = built(given)
    except UsageError:
        return  # test_flags.py says which are refused
    check_words(words)


@pytest.mark.parametrize(
    "given",
    [
        "--tools forward",
        "--node-rank 1 --nnodes 2",
        "--quant-policy 4",
        "--quant-policy fp8",
        "--quant-policy 17",
        "--async 1",
        "--adapters /one",
        "--speculative-algorithm eagle3 --speculative-draft-model d --tp 4 --dp 2",
        "--log-level REQUEST --model-name x",
    ],
)
def test_other_forms_are_vllms_too(given: str) -> None:
    check_words(built(given))


def test_what_a_flag_is_renamed_to_exists() -> None:
    renamed = [each.vllm.engine_name for each in FLAGS.values() if isinstance(each.vllm, Renamed)]
    assert len(renamed) > 8
    assert set(renamed) <= set(KNOWN)


def test_parsers_are_vllms() -> None:
    assert set(VLLM_TOOL_PARSERS.values()) <= set(PRINTED["tool_parsers"])
    assert set(VLLM_REASONING_PARSERS.values()) <= set(PRINTED["reasoning_parsers"])


def test_the_tutorials_command() -> None:
    words = built("--server-port 23333 --tp 2 --chat-template internvl2_5")
    assert words[:5] == (
        "python",
        "-m",
        "vllm.entrypoints.cli.main",
        "serve",
        "OpenGVLab/InternVL3-14B-Instruct",
    )
    for wanted in (
        ("--tensor-parallel-size", "2"),
        ("--host", "127.0.0.1", "--port", str(PORT)),
        ("--served-model-name", "OpenGVLab/InternVL3-14B-Instruct"),
        ("--trust-remote-code",),
        ("--limit-mm-per-prompt", json.dumps({"image": MAX_PICTURES, "video": 0})),
        ("--chat-template", "/templates/internvl2_5.jinja"),
    ):
        assert has_in_a_row(words, wanted)


def test_the_key_and_silence_come_by_the_environment() -> None:
    command = vllm_command(plan("--backend vllm --log-level WARN --api-keys sk-people", "0.32.0"))
    assert command.key_variable == KEY_VARIABLE
    assert command.environment["VLLM_NO_USAGE_STATS"] == "1"
    assert command.environment["VLLM_LOGGING_LEVEL"] == "WARNING"
    assert not any("sk-people" in word or "api-key" in word for word in command.words)


def test_strangers_never_read_files() -> None:
    for given in ("--allowed-local-media-path /", "--allowed_local_media_path=/", "--port 1"):
        with pytest.raises(UsageError, match="cannot be handed to the engine"):
            built(f"-- {given}")


def test_words_after_the_dashes_come_last() -> None:
    assert built("-- --cpu-offload-gb 8")[-2:] == ("--cpu-offload-gb", "8")


def test_a_machine_that_only_computes_does_not_listen() -> None:
    words = built("--nnodes 2 --node-rank 1 --dist-init-addr 10.0.0.1:9999")
    assert "--headless" in words
    assert "--port" not in words
    assert has_in_a_row(words, ("--master-addr", "10.0.0.1", "--master-port", "9999"))


def test_a_guess_ahead_is_one_flag_and_its_number_wins() -> None:
    words = built(
        "--speculative-num-draft-tokens 4 --speculative-algorithm eagle --speculative-draft-model d"
    )
    assert words.count("--speculative-config") == 1
    config = json.loads(words[words.index("--speculative-config") + 1])
    assert config == {"method": "eagle", "num_speculative_tokens": 4, "model": "d"}


def test_memory_means_something_else_and_is_told() -> None:
    told = vllm_command(plan("--backend vllm --cache-max-entry-count 0.5", "0.32.0")).told
    assert any("the whole card" in sentence for sentence in told)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("--quant-policy turbo_quant", "several kinds"),
        ("--quant-policy nonsense", "--quant-policy is"),
        ("--tool-call-parser intern-s1", "nothing like"),
        ("--dist-init-addr nowhere", "--dist-init-addr"),
        ("--device ascend", "ascend"),
        ("--chat-template vicuna", "vicuna"),
        ("--chat-template t.json", r"t\.json"),
    ],
)
def test_what_vllm_cannot_do_is_refused_by_name(given: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        built(given)


def test_old_releases_are_refused() -> None:
    with pytest.raises(UsageError, match="too old"):
        built(version="0.11.2")
    assert built(version="0.12.0")
    with pytest.raises(UsageError, match="no --language-model-only"):
        built("--language-model-only", "0.16.0")
    assert "--language-model-only" in built("--language-model-only", "0.17.0")


def test_tools_need_a_known_form() -> None:
    assert has_in_a_row(
        built("--tools forward"), ("--enable-auto-tool-choice", "--tool-call-parser", "hermes")
    )
    assert "--enable-auto-tool-choice" not in built("--tools ignore")
    with pytest.raises(UsageError, match="how OpenGVLab/InternVL3-9B writes"):
        built("--tools forward", model="OpenGVLab/InternVL3-9B")


def model_folder(folder: Path, architecture: str, *, has_programs: bool) -> str:
    folder.mkdir()
    config = {"architectures": [architecture], "llm_config": {"model_type": "qwen2"}}
    (folder / "config.json").write_text(json.dumps(config))
    if has_programs:
        (folder / "configuration_internvl_chat.py").write_text("")
    return str(folder)


def test_a_folder_whose_programs_nobody_vouched_for(tmp_path: Path) -> None:
    original = model_folder(tmp_path / "a", "InternVLChatModel", has_programs=True)
    with pytest.raises(UsageError, match="only by programs") as caught:
        built(model=original)
    assert "--layout hf" in caught.value.hint
    assert "--trust-remote-code" in built("--trust-remote-code", model=original)


def test_a_folder_without_programs_is_to_be_converted(tmp_path: Path) -> None:
    bare = model_folder(tmp_path / "a", "InternVLChatModel", has_programs=False)
    with pytest.raises(ModelError, match="lacks the programs"):
        built("--trust-remote-code", model=bare)
    converted = model_folder(tmp_path / "b", "InternVLForConditionalGeneration", has_programs=False)
    assert "--trust-remote-code" not in built(model=converted)


def test_a_model_of_modelscope() -> None:
    made = plan("--backend vllm", "0.32.0", model="modelscope:OpenGVLab/InternVL3-8B@v1")
    command = vllm_command(made)
    assert command.environment["VLLM_USE_MODELSCOPE"] == "True"
    assert has_in_a_row(command.words, ("serve", "OpenGVLab/InternVL3-8B"))
    assert has_in_a_row(command.words, ("--revision", "v1"))
