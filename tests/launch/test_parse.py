from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.errors import ShuowenError, UsageError
from shuowen.launch.flags import FLAGS
from shuowen.launch.parse import parse

MODEL = "OpenGVLab/InternVL3-14B-Instruct"


def test_the_tutorials_command() -> None:
    words = f"{MODEL} --backend turbomind --server-port 23333 --tp 2 --chat-template internvl2_5"
    request = parse(words.split())
    assert request.model == MODEL
    assert request.given == {
        "--backend": "turbomind",
        "--server-port": 23333,
        "--tp": 2,
        "--chat-template": "internvl2_5",
    }
    assert request.value("--dp", 1) == 1


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ("--server_port 1", "--server-port", 1),
        ("--server-port=1", "--server-port", 1),
        ("--server-p 1", "--server-port", 1),
        ("--port 1", "--server-port", 1),
        ("--host=::1", "--server-name", "::1"),
        ("--async 0", "--async", 0),
        ("--cache-max-entry-count 0.5", "--cache-max-entry-count", 0.5),
        ("--eager_mode", "--eager-mode", True),
        ("--allow-origins a b", "--allow-origins", ("a", "b")),
        ("--api-keys", "--api-keys", ()),
        ("--adapters a=/x_y b=/z", "--adapters", ("a=/x_y", "b=/z")),
        ("--cudagraph-capture-batch-sizes 1 2", "--cudagraph-capture-batch-sizes", ("1", "2")),
        ('--hf-overrides {"a":1}', "--hf-overrides", {"a": 1}),
        (
            "--hf_overrides.rope_scaling.type=linear --hf-overrides.rope_scaling.factor 2",
            "--hf-overrides",
            {"rope_scaling": {"type": "linear", "factor": 2}},
        ),
        ("--model-name=a.b_c", "--model-name", "a.b_c"),
        ("--server-name 10.0.0.1", "--server-name", "10.0.0.1"),
    ],
)
def test_flags_are_read_as_lmdeploy_reads_them(words: str, name: str, value: object) -> None:
    request = parse([MODEL, *words.split()])
    assert request.given == {name: value}
    assert type(request.given[name]) is type(value)


def test_the_model_may_stand_behind_flags() -> None:
    assert parse(["--tp", "2", MODEL]).model == MODEL
    assert parse(["--enable-prefix-caching", MODEL]).model == MODEL


def test_words_after_two_dashes_are_not_looked_at() -> None:
    request = parse([MODEL, "--tp", "2", "--", "--nonsense", "--", "x"])
    assert request.engine_words == ("--nonsense", "--", "x")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("", "No model is named"),
        (f"{MODEL} --tpp 2", "Did you mean --tp?"),
        (f"{MODEL} --tp two", "--tp"),
        (f"{MODEL} --tp", "--tp"),
        (f"{MODEL} --backend turbo", "turbomind"),
        (f"{MODEL} --allow-origins", "--allow-origins"),
        (f"{MODEL} another", "stands alone"),
        (f"--allow-origins a {MODEL}", "No model is named"),
        (f"{MODEL} --hf-overrides [1]", "--hf-overrides"),
        (f"{MODEL} --hf-overrides.a", "has no value"),
        (f"{MODEL} --tp.x=1", "--tp"),
        (f"{MODEL} --cudagraph-capture-batch-sizes many", "--cudagraph-capture-batch-sizes"),
        (f"{MODEL} --gpu-memory-utilization 0.9", "after --"),
    ],
)
def test_slips_are_told_with_the_flag_and_advice(words: str, part: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(words.split())
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.lists(st.sampled_from([*FLAGS, "x", "1", "--", "=", "--a.b=1", "-1", "{}", "--tp=2"])))
def test_no_words_end_in_anything_but_a_request_or_an_error(words: list[str]) -> None:
    try:
        request = parse(words)
    except ShuowenError:
        return
    assert request.model
    assert set(request.given) <= set(FLAGS)
