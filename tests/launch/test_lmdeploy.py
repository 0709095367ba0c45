"""LMDeploy's command line, by its release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shuowen.errors import UsageError
from shuowen.launch.lmdeploy import KEY_VARIABLE, lmdeploy_command
from tests.launch.plans import PORT, has_in_a_row, plan

TUTORIAL = "--backend turbomind --server-port 23333 --tp 2 --chat-template internvl2_5"
MODEL = "OpenGVLab/InternVL3-14B-Instruct"


def test_the_tutorials_command_on_the_newest_release() -> None:
    command = lmdeploy_command(plan(TUTORIAL))
    assert command.words[0] == "python"
    assert has_in_a_row(command.words, ("serve", "api_server", MODEL))
    for wanted in (
        ("--backend", "turbomind"),
        ("--tp", "2"),
        ("--server-name", "127.0.0.1", "--server-port", str(PORT)),
        ("--model-name", MODEL),
        ("--max-log-len", "0"),
        ("--trust-remote-code",),
        ("--chat-template", "/templates/internvl2_5.lmdeploy.json"),
    ):
        assert has_in_a_row(command.words, wanted)
    assert "23333" not in command.words
    assert [str(path) for path in command.files] == ["/templates/internvl2_5.lmdeploy.json"]
    assert any("no longer has it" in sentence for sentence in command.told)
    assert any("--trust-remote-code is added" in sentence for sentence in command.told)


@pytest.mark.parametrize("release", ["0.7.3", "0.9.2.post1"])
def test_the_template_stays_where_it_is_built_in(release: str) -> None:
    command = lmdeploy_command(plan(TUTORIAL, release))
    assert has_in_a_row(command.words, ("--chat-template", "internvl2_5"))
    assert not command.files
    assert not command.told
    assert "--trust-remote-code" not in command.words


@pytest.mark.parametrize("release", ["0.10.0", "0.11.1", "0.12.0", "0.18.0"])
def test_the_template_becomes_a_file_where_it_is_gone(release: str) -> None:
    command = lmdeploy_command(plan(TUTORIAL, release))
    (path, text) = next(iter(command.files.items()))
    assert has_in_a_row(command.words, ("--chat-template", str(path)))
    # Under the old name, 0.10 and 0.11 would put the tokenizer's template in its place.
    assert json.loads(text)["model_name"] != "internvl2_5"


def test_with_tools_the_tokenizers_template_is_used() -> None:
    command = lmdeploy_command(plan(f"{TUTORIAL} --tools forward"))
    assert "--chat-template" not in command.words
    assert has_in_a_row(command.words, ("--tool-call-parser", "qwen2d5"))
    assert any("is left out" in sentence for sentence in command.told)
    old = lmdeploy_command(plan(f"{TUTORIAL} --tools forward", "0.9.0"))
    assert has_in_a_row(old.words, ("--chat-template", "internvl2_5"))


def test_a_named_parser_forwards_tools_too() -> None:
    words = lmdeploy_command(plan("--tool-call-parser llama3")).words
    assert words.count("--tool-call-parser") == 1
    assert has_in_a_row(words, ("--tool-call-parser", "llama3"))
    assert "--tool-call-parser" not in lmdeploy_command(plan("--tools ignore")).words


def test_other_templates_are_handed_on_and_jinja_is_not() -> None:
    assert has_in_a_row(
        lmdeploy_command(plan("--chat-template vicuna")).words, ("--chat-template", "vicuna")
    )
    with pytest.raises(UsageError, match="Jinja"):
        lmdeploy_command(plan("--chat-template t.jinja"))


def test_the_key_is_in_no_list_of_processes() -> None:
    command = lmdeploy_command(plan("--api-keys sk-people"))
    assert command.key_variable == KEY_VARIABLE
    assert KEY_VARIABLE in command.words[2]
    assert "--api-keys" not in command.words[3:]
    assert not any("sk-people" in word for word in command.words)


def test_programs_are_trusted_only_for_models_that_are_known(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["InternVLChatModel"]}')
    for model in (str(tmp_path), "someone/InternVL3-8B", "OpenGVLab/InternVL3-8B-hf"):
        assert "--trust-remote-code" not in lmdeploy_command(plan(model=model)).words
    given = lmdeploy_command(plan("--trust-remote-code"))
    assert given.words.count("--trust-remote-code") == 1
    assert not given.told


def test_what_older_releases_do_by_themselves_is_left_out_and_told() -> None:
    command = lmdeploy_command(plan("--trust-remote-code --disable-metrics", "0.9.2"))
    assert not {"--trust-remote-code", "--disable-metrics"} & set(command.words)
    assert len(command.told) == 2
    renamed = lmdeploy_command(plan("--language-model-only", "0.14.0"))
    assert "--disable-vision-encoder" in renamed.words
    with pytest.raises(UsageError, match="no --language-model-only"):
        lmdeploy_command(plan("--language-model-only", "0.9.1"))


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ("--eager-mode", "PyTorch engine", "--backend pytorch"),
        ("--backend pytorch --cp 2 --tp 2", "TurboMind engine", "--backend turbomind"),
        ("--backend pytorch --dp 2", "--dp 2", "turbomind or vllm"),
    ],
)
def test_flags_of_the_other_engine_are_refused(words: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        lmdeploy_command(plan(words))
    assert hint in caught.value.hint


def test_the_pytorch_engine_can_tell_log_probabilities() -> None:
    wanted = ("--logprobs-mode", "raw_logprobs")
    assert has_in_a_row(lmdeploy_command(plan("--backend pytorch")).words, wanted)
    assert not has_in_a_row(lmdeploy_command(plan("--backend pytorch", "0.9.2")).words, wanted)
    assert not has_in_a_row(lmdeploy_command(plan()).words, wanted)


def test_several_machines() -> None:
    words = lmdeploy_command(
        plan("--nnodes 2 --node-rank 1 --dist-init-addr 10.0.0.1:9 --tp 16")
    ).words
    for wanted in (("--nnodes", "2"), ("--node-rank", "1"), ("--dist-init-addr", "10.0.0.1:9")):
        assert has_in_a_row(words, wanted)
    ray = lmdeploy_command(plan("--backend pytorch --distributed-executor-backend ray --tp 16"))
    assert has_in_a_row(ray.words, ("--distributed-executor-backend", "ray"))


def test_prompts_are_logged_only_when_somebody_says_how_much() -> None:
    words = lmdeploy_command(plan("--max-log-len 100")).words
    assert words.count("--max-log-len") == 1
    assert has_in_a_row(words, ("--max-log-len", "100"))


def test_names_of_hubs_and_revisions() -> None:
    command = lmdeploy_command(plan(model="modelscope:OpenGVLab/InternVL3-8B@v1"))
    assert command.environment["LMDEPLOY_USE_MODELSCOPE"] == "True"
    assert has_in_a_row(command.words, ("api_server", "OpenGVLab/InternVL3-8B"))
    assert has_in_a_row(command.words, ("--revision", "v1"))
    with pytest.raises(UsageError, match="another"):
        plan("--revision v2", model="OpenGVLab/InternVL3-8B@v1")


def test_a_release_without_internvl3_is_refused() -> None:
    with pytest.raises(UsageError, match="too old"):
        lmdeploy_command(plan(version="0.7.2"))


def test_engine_words_come_last_and_not_the_servers() -> None:
    assert lmdeploy_command(plan("-- --log-level DEBUG")).words[-2:] == ("--log-level", "DEBUG")
    for word in ("--server_port=1", "--api-keys", "--proxy-url"):
        with pytest.raises(UsageError, match="cannot be handed"):
            lmdeploy_command(plan(f"-- {word}"))
