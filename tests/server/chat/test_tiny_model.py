"""A real InternVL3, tiny and of random numbers, behind the real route and OpenAI's client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from openai import BadRequestError, OpenAI

from shuowen.engines.load import load_model
from shuowen.server.chat.engine_model import EngineModel
from shuowen.server.options import ServerOptions
from tests.engines.tiny_model_folder import write_tiny_model
from tests.server.chat.benches import PICTURE, image_part, user
from tests.server.conftest import running

MESSAGES: Any = user({"type": "text", "text": "Read."}, image_part(PICTURE))
HI: Any = user("Hi")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    folder = write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
    engine = load_model(folder, threads=1)
    options = ServerOptions(port=0, data_dir=tmp_path_factory.mktemp("data"))
    model = EngineModel(engine, limits=options.limits, name="tiny")
    with (
        running(options, lambda options, desk: [model]) as server,
        OpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0) as found,
    ):
        yield found


def test_the_same_words_come_at_once_and_one_by_one(client: OpenAI) -> None:
    fields: Any = {"model": "tiny", "messages": MESSAGES, "max_tokens": 24}
    whole = client.chat.completions.create(**fields)
    stream = client.chat.completions.create(
        **fields, stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = stream
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == whole.choices[0].message.content
    assert whole.choices[0].finish_reason == "length"
    assert whole.usage and whole.usage.completion_tokens == 24
    assert last.usage and last.usage.completion_tokens == 24
    assert last.usage.prompt_tokens_details and last.usage.prompt_tokens_details.cached_tokens
    assert len(chunks) > 5


def test_several_answers_with_log_probabilities(client: OpenAI) -> None:
    found = client.chat.completions.create(
        model="tiny", messages=HI, max_tokens=5, n=2, seed=1, logprobs=True, top_logprobs=3
    )
    for choice in found.choices:
        assert choice.logprobs and choice.logprobs.content and len(choice.logprobs.content) == 5
        data = b"".join(bytes(token.bytes or ()) for token in choice.logprobs.content)
        assert data.decode("utf-8", "replace").startswith(choice.message.content or "")
        for token in choice.logprobs.content:
            assert len(token.top_logprobs) == 3 and token.logprob <= 0
    again = client.chat.completions.create(model="tiny", messages=HI, max_tokens=5, n=2, seed=1)
    texts = [choice.message.content for choice in found.choices]
    assert [choice.message.content for choice in again.choices] == texts
    assert texts[0] != texts[1]


def test_an_answer_keeps_to_its_schema(client: OpenAI) -> None:
    pytest.importorskip("llguidance")
    schema = {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}, "n": {"enum": [1, 2]}},
        "required": ["ok", "n"],
        "additionalProperties": False,
    }
    form: Any = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    found = client.chat.completions.create(
        model="tiny", messages=MESSAGES, response_format=form, max_tokens=400
    ).choices[0]
    assert found.finish_reason == "stop"
    jsonschema.validate(json.loads(found.message.content or ""), schema)


def test_a_required_call_is_one(client: OpenAI) -> None:
    pytest.importorskip("llguidance")
    parameters = {
        "type": "object",
        "properties": {"on": {"type": "boolean"}},
        "required": ["on"],
        "additionalProperties": False,
    }
    tools: Any = [{"type": "function", "function": {"name": "turn", "parameters": parameters}}]
    found = client.chat.completions.create(
        model="tiny", messages=HI, tools=tools, tool_choice="required", max_tokens=400
    ).choices[0]
    assert found.finish_reason == "tool_calls" and found.message.tool_calls
    (call,) = found.message.tool_calls
    assert call.type == "function" and call.function.name == "turn"
    jsonschema.validate(json.loads(call.function.arguments), parameters)


def test_a_wrong_schema_or_too_long_a_prompt_is_the_askers_fault(client: OpenAI) -> None:
    form: Any = {"type": "regex_schema", "regex_schema": "(("}
    with pytest.raises(BadRequestError, match="regular expression"):
        client.chat.completions.create(model="tiny", messages=HI, response_format=form)
    for stream in (False, True):
        with pytest.raises(BadRequestError) as caught:
            client.chat.completions.create(
                model="tiny",
                messages=user("word " * 9000),
                stream=stream,  # type: ignore[arg-type]
            )
        assert caught.value.code == "context_length_exceeded"
        assert "Shorten" in caught.value.message
    with pytest.raises(BadRequestError, match="4096"):
        client.chat.completions.create(model="tiny", messages=HI, max_tokens=5000)


def test_where_the_window_is_short_pictures_take_less_of_it(client: OpenAI) -> None:
    fields: Any = {"model": "tiny", "messages": user(*[image_part(PICTURE)] * 40)}
    usual = client.chat.completions.create(**fields, max_tokens=1)
    assert usual.usage
    tight = 4096 - usual.usage.prompt_tokens + 20
    found = client.chat.completions.create(**fields, max_tokens=tight, stop=["e", "a", "t"])
    assert any("advances the position by 1/" in each for each in notices(found))
    assert not any("position" in each for each in notices(usual))


def notices(answer: Any) -> list[str]:
    return (answer.model_extra or {}).get("shuowen", {}).get("notices", [])
