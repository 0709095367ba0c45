"""The table of fields says what the real route does with each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsBase

from shuowen.server.chat import fields
from shuowen.server.chat.field_rules import Field
from shuowen.server.chat.fields import FIELDS
from shuowen.server.chat.model import ModelKind
from tests.made_video import write_clip
from tests.server.chat.benches import (
    KINDS,
    PICTURE,
    Benches,
    Json,
    benches,
    data_url,
    image_part,
    user,
)

LMDEPLOY = """
model messages temperature top_p tools tool_choice parallel_tool_calls logprobs top_logprobs n
logit_bias max_completion_tokens max_tokens stop stream stream_options presence_penalty
frequency_penalty user reasoning_effort response_format repetition_penalty repetition_ngram_size
repetition_ngram_threshold session_id ignore_eos skip_special_tokens spaces_between_special_tokens
top_k seed min_new_tokens min_p enable_thinking return_token_ids return_logprob
include_stop_str_in_output chat_template_kwargs media_io_kwargs mm_processor_kwargs input_ids
image_data return_routed_experts
"""
"""`ChatCompletionRequest` of LMDeploy 0.18.0, serve/openai/protocol.py."""

TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
SCHEMA = {"type": "object", "properties": {"total": {"type": "number"}}}

VALUES: Json = {
    "temperature": 0.5,
    "top_p": 0.5,
    "seed": 3,
    "presence_penalty": 0.5,
    "frequency_penalty": 0.5,
    "n": 2,
    "best_of": 3,
    "critic": "agreement",
    "stop": "page",
    "logprobs": True,
    "top_logprobs": 2,
    "logit_bias": {"5": 1},
    "max_tokens": 2,
    "max_completion_tokens": 2,
    "stream": True,
    "stream_options": {"include_usage": True},
    "response_format": {"type": "json_object"},
    "tools": [TOOL],
    "tool_choice": "none",
    "parallel_tool_calls": False,
    "top_k": 5,
    "min_p": 0.5,
    "repetition_penalty": 1.5,
    "ignore_eos": True,
    "reasoning_effort": "low",
    "verbosity": "low",
    "repetition_ngram_size": 5,
    "chat_template_kwargs": {"a": 1},
}
"""Values that ask for something; fields that are not here take "x"."""

NEEDED = {
    "top_logprobs": {"logprobs": True},
    "critic": {"best_of": 3},
    "stream_options": {"stream": True},
    "tool_choice": {"tools": [TOOL]},
    "parallel_tool_calls": {"tools": [TOOL]},
}
"""What a field needs beside it."""

STATED = {"messages", "model"}
"""Fields that every body has."""

BY_POLICY = {("reader", "tools"), ("reader", "tool_choice"), ("engine", "parallel_tool_calls")}
"""What test_tools.py shows."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Benches]:
    with benches(tmp_path_factory.mktemp("data")) as found:
        yield found


def test_every_field_of_openai_and_lmdeploy_is_in_the_table() -> None:
    body = {field.name for field in FIELDS.fields if not field.place}
    assert set(CompletionCreateParamsBase.__annotations__) | {"stream"} <= body
    assert set(LMDEPLOY.split()) <= body
    for field in FIELDS.fields:
        for rule in (field.reader, field.engine, field.upstream):
            has_reason = rule.treatment in ("honoured", "passed on") or rule.note
            assert has_reason, f"{field.place} {field.name} is {rule.treatment} without a reason"


def outcome(bench: Benches, kind: ModelKind, body: Json) -> tuple[str, Any]:
    """What the model was told, and what was answered, but for what is new in every answer."""
    response = bench.ask({"model": kind, **body})
    assert response.status_code == 200, response.text
    if response.headers["content-type"].startswith("text/event-stream"):
        events = response.text.count("data: "), "usage" in response.text
        return bench.last(kind).replace("stream=True", ""), events
    answer = response.json()
    return bench.last(kind), {k: v for k, v in answer.items() if k not in ("id", "created")}


def usual_outcome(bench: Benches, kind: ModelKind, body: Json) -> tuple[str, Any]:
    """An outcome that many fields are compared with; asked for once."""
    key = f"{kind} {body}"
    if key not in usual:
        usual[key] = outcome(bench, kind, body)
    return usual[key]


usual: dict[str, tuple[str, Any]] = {}


def has_own_rule(field: Field, kind: ModelKind) -> bool:
    """Whether what becomes of a field is not what becomes of it with every other server."""
    return kind in ("reader", "engine", "openai") or bool(field.dialects)


def check(bench: Benches, field: Field, kind: ModelKind, with_it: Json, without: Json) -> None:
    """Hold a field to its rule, by a body that has it and one that has not."""
    rule = field.rule(kind)
    if rule.treatment == "refused":
        response = bench.ask({"model": kind, **with_it})
        error = response.json()["error"]
        assert response.status_code == 400, (field, kind, response.text)
        assert field.name in error["param"] and rule.note in error["message"], (field, kind, error)
        return
    changed = outcome(bench, kind, with_it) != usual_outcome(bench, kind, without)
    assert changed == (rule.treatment in ("honoured", "passed on")), (field, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_the_body_does_what_the_table_says(bench: Benches, kind: ModelKind) -> None:
    for field in FIELDS.fields:
        if field.place or field.name in STATED or not has_own_rule(field, kind):
            continue
        if (kind, field.name) in BY_POLICY:
            continue
        is_refused = field.rule(kind).treatment == "refused"
        without = {"messages": user("Hi"), **({} if is_refused else NEEDED.get(field.name, {}))}
        check(bench, field, kind, {**without, field.name: VALUES.get(field.name, "x")}, without)


@pytest.mark.parametrize("kind", ["reader", "engine", "openai"])
def test_what_asks_for_nothing_is_taken_everywhere(bench: Benches, kind: ModelKind) -> None:
    for field in FIELDS.fields:
        for value in (*field.neutral, None):
            if not field.place and field.name not in STATED:
                body = {"messages": user("Hi"), field.name: value}
                assert outcome(bench, kind, body), (field, value)


def in_message(given: Json) -> Json:
    return {"messages": [{"role": "user", "content": "Hi", **given}]}


def in_assistant(given: Json) -> Json:
    said = {"role": "assistant", "content": "So.", **given}
    return {"messages": [*user("Hi"), said, *user("And?")]}


def in_call(given: Json) -> Json:
    answer = {"role": "tool", "tool_call_id": "c1", "content": "3"}
    said = {"role": "assistant", "tool_calls": [{**CALL, **given}]}
    return {"messages": [*user("Hi"), said, answer], "tools": [TOOL]}


def in_part(kind: str, base: Json) -> Callable[[Json], Json]:
    return lambda given: {"messages": user({"type": kind, **base, **given})}


PLACES: dict[str, tuple[Callable[[Json], Json], Json]] = {
    fields.MESSAGE: (in_message, {"name": "Ann", "annotations": [], "reasoning": "x"}),
    fields.TOOL_CALL: (in_call, {"index": 0}),
    fields.CALL_FUNCTION: (
        lambda given: in_call({"function": {"name": "add", "arguments": "{}", **given}}),
        {"arguments": '{"a": 1}'},
    ),
    fields.TOOL: (lambda given: {"messages": user("Hi"), "tools": [{**TOOL, **given}]}, {}),
    fields.FUNCTION: (
        lambda given: {
            "messages": user("Hi"),
            "tools": [{"type": "function", "function": {"name": "add", **given}}],
        },
        {"description": "Adds.", "parameters": SCHEMA, "strict": True},
    ),
    fields.STREAM_OPTIONS: (
        lambda given: {"messages": user("Hi"), "stream": True, "stream_options": given},
        {"include_usage": True, "include_obfuscation": True},
    ),
    fields.RESPONSE_FORMAT: (
        lambda given: {
            "messages": user("Hi"),
            "response_format": {"type": "regex_schema" if given else "text", **given},
        },
        {"regex_schema": "a+"},
    ),
    fields.JSON_SCHEMA: (
        lambda given: {
            "messages": user("Hi"),
            "response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA, **given}},
        },
        {"name": "invoice", "description": "Of an invoice", "strict": True},
    ),
    fields.TEXT: (in_part("text", {"text": "Hi"}), {}),
    fields.INPUT_TEXT: (in_part("input_text", {"text": "Hi"}), {}),
    fields.OUTPUT_TEXT: (in_part("output_text", {"text": "Hi"}), {"annotations": []}),
    fields.IMAGE: (in_part("image_url", {"image_url": {"url": PICTURE}}), {}),
    fields.IMAGE_URL: (
        lambda given: {"messages": user(image_part(PICTURE, **given))},
        {"detail": "low", "max_dynamic_patch": 3},
    ),
    fields.INPUT_IMAGE: (in_part("input_image", {"image_url": PICTURE}), {"detail": "low"}),
    fields.FILE: (in_part("file", {"file": {"file_data": PICTURE}}), {}),
    fields.FILE_OBJECT: (
        lambda given: {"messages": user({"type": "file", "file": {"file_data": PICTURE, **given}})},
        {},
    ),
    fields.INPUT_FILE: (in_part("input_file", {"file_data": PICTURE}), {"detail": "low"}),
}
"""How a field of an object gets into a body, and values for those that are not "x"."""

PROVED_ELSEWHERE = {
    *((fields.MESSAGE, name) for name in ("role", "content", "tool_calls", "tool_call_id")),
    *((fields.MESSAGE, name) for name in ("refusal", "audio", "function_call")),
    *((place, "type") for place in (*PLACES, fields.VIDEO, fields.REFUSAL)),
    *((fields.TOOL_CALL, name) for name in ("id", "function")),
    *((fields.CALL_FUNCTION, "name"), (fields.TOOL, "function"), (fields.FUNCTION, "name")),
    *((fields.RESPONSE_FORMAT, "json_schema"), (fields.JSON_SCHEMA, "schema")),
    *((fields.TEXT, "text"), (fields.INPUT_TEXT, "text"), (fields.OUTPUT_TEXT, "text")),
    *((fields.REFUSAL, "refusal"), (fields.IMAGE, "image_url"), (fields.IMAGE_URL, "url")),
    *((fields.INPUT_IMAGE, "image_url"), (fields.FILE, "file"), (fields.FILE_OBJECT, "file_data")),
    *((fields.FILE_OBJECT, "filename"), (fields.INPUT_FILE, "filename")),
    *((fields.INPUT_FILE, "file_data"), (fields.INPUT_FILE, "file_url")),
    *((fields.VIDEO, name) for name in ("video_url", "prompt_cache_breakpoint", "cache_control")),
    (fields.VIDEO_URL, "url"),
}
"""What such an object must have, or what test_parts.py and test_messages.py show."""


@pytest.mark.parametrize("kind", KINDS)
def test_every_inner_field_does_what_the_table_says(bench: Benches, kind: ModelKind) -> None:
    for field in FIELDS.fields:
        if not field.place or (field.place, field.name) in PROVED_ELSEWHERE:
            continue
        if not has_own_rule(field, kind):
            continue
        if kind == "reader" and field.place in (fields.TOOL, fields.FUNCTION):
            continue  # which are not looked at
        build, values = PLACES[field.place]
        value = values.get(field.name, "x")
        if field.name == "detail" and field.rule(kind).note.startswith("Where"):
            continue  # see test_upstream.py
        check(bench, field, kind, build({field.name: value}), build({}))


@pytest.mark.parametrize("kind", ["reader", "engine"])
def test_fields_that_only_some_messages_have(bench: Benches, kind: ModelKind) -> None:
    refused = in_assistant({"content": None, "refusal": "No."})
    assert "No." in outcome(bench, kind, refused)[0]
    for name in ("audio", "function_call"):
        response = bench.ask({"model": kind, **in_assistant({name: {"id": "x"}})})
        assert response.status_code == 400
        assert response.json()["error"]["param"] == f"messages[1].{name}"


def test_a_video_is_shown_by_its_frames_and_not_to_the_reader(
    bench: Benches, tmp_path: Path
) -> None:
    video = write_clip(tmp_path / "a.mp4").read_bytes()
    part = {"type": "video_url", "video_url": {"url": data_url(video, "video/mp4")}}
    cached = {**part, "cache_control": {}, "prompt_cache_breakpoint": {}}
    told, _ = outcome(bench, "engine", {"messages": user(part)})
    assert "VideoPart" in told
    assert outcome(bench, "engine", {"messages": user(cached)})[0] == told
    told, _ = outcome(bench, "openai", {"messages": user(part)})
    assert "Frame-1: " in told
    response = bench.ask({"model": "reader", "messages": user(part)})
    assert response.json()["error"]["param"] == "messages[0].content[0].video_url"
