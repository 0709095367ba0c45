"""Answers as OpenAI's own client reads them, at once and as they come."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError, OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from shuowen.errors import EngineError, PromptTooLongError
from shuowen.generation.params import JsonSchema, Regex
from shuowen.generation.results import (
    Candidate,
    Completion,
    Delta,
    LikelyToken,
    LoopReport,
    TokenLogprob,
    Usage,
)
from shuowen.server.chat.engine_model import EngineModel
from shuowen.server.chat.model import Began, ChatEvent, ChatQuestion, Counted, Ended, Said
from shuowen.server.options import ServerOptions
from tests.server.chat.benches import PICTURE, Json, StandInReader, user
from tests.server.chat.scripted import SECONDS, ScriptedEngine, Step, said
from tests.server.conftest import RunningServer, running

HI: Any = user("Hi")


@pytest.fixture(scope="module")
def shared_engine() -> ScriptedEngine:
    return ScriptedEngine()


class Refusing(StandInReader):
    """A reader that cannot fill in what it is asked for."""

    def answer(self, question: ChatQuestion) -> Iterator[ChatEvent]:
        yield Began()
        yield Said(refusal="There is ")
        yield Said(refusal="no total.")
        yield Ended(finish_reason="stop")
        yield Counted(prompt_tokens=1, completion_tokens=4)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, shared_engine: ScriptedEngine
) -> Iterator[RunningServer]:
    options = ServerOptions(port=0, data_dir=tmp_path_factory.mktemp("data"))
    models = [EngineModel(shared_engine, limits=options.limits), Refusing(name="refusing")]
    with running(options, lambda options, desk: models) as started:
        yield started


@pytest.fixture
def engine(shared_engine: ScriptedEngine) -> ScriptedEngine:
    """The engine, with the script that a test begins with."""
    shared_engine.script = said("The ", "words ", "你好.")
    shared_engine.refusal = lambda request: None
    shared_engine.requests.clear()
    return shared_engine


@pytest.fixture
def client(server: RunningServer, engine: ScriptedEngine) -> Iterator[OpenAI]:
    with OpenAI(api_key="YOUR_API_KEY", base_url=f"{server.url}/v1", max_retries=0) as found:
        yield found


def ask(client: OpenAI, **fields: Any) -> ChatCompletion:
    answer = client.chat.completions.create(**{"model": "scripted", "messages": HI, **fields})
    assert isinstance(answer, ChatCompletion)
    return answer


def chunks(client: OpenAI, **fields: Any) -> list[ChatCompletionChunk]:
    given = {"model": "scripted", "messages": HI, "stream": True, **fields}
    return list(client.chat.completions.create(**given))


def text_of(found: list[ChatCompletionChunk], index: int = 0) -> str:
    """What a client shows that knows nothing of "shuowen"."""
    return "".join(
        choice.delta.content or ""
        for chunk in found
        for choice in chunk.choices
        if choice.index == index
    )


def extension(answer: ChatCompletion | ChatCompletionChunk) -> Json:
    return (answer.model_extra or {}).get("shuowen") or {}


def test_the_snippet_of_the_tutorial_runs_unchanged_but_for_the_addresses(
    server: RunningServer, engine: ScriptedEngine
) -> None:
    client = OpenAI(api_key="YOUR_API_KEY", base_url=f"{server.url}/v1")
    model_name = client.models.list().data[0].id
    response = client.chat.completions.create(
        model=model_name,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "describe this image"},
                    {"type": "image_url", "image_url": {"url": PICTURE}},
                ],
            }
        ],
        temperature=0.8,
        top_p=0.8,
    )
    client.close()  # the snippet leaves this to the end of the program
    assert response.choices[0].message.content == "The words 你好."
    params = engine.requests[0].params
    assert (params.temperature, params.top_p) == (0.8, 0.8)


def test_a_whole_answer_has_the_shape_of_openais(client: OpenAI, engine: ScriptedEngine) -> None:
    usage = Usage(prompt_tokens=30, visual_tokens=20, cached_tokens=8, completion_tokens=4)
    engine.script = said("Yes.", usage=usage)
    answer = ask(client)
    assert answer.id.startswith("chatcmpl-") and answer.object == "chat.completion"
    assert answer.id != ask(client).id
    assert answer.model == "scripted" and answer.created > 1_700_000_000
    assert answer.system_fingerprint and answer.system_fingerprint.startswith("fp_")
    (choice,) = answer.choices
    assert (choice.index, choice.finish_reason, choice.logprobs) == (0, "stop", None)
    assert (choice.message.role, choice.message.content) == ("assistant", "Yes.")
    assert choice.message.refusal is None and choice.message.tool_calls is None
    told = answer.usage
    assert told and told.prompt_tokens_details
    assert (told.prompt_tokens, told.completion_tokens, told.total_tokens) == (30, 4, 34)
    assert told.prompt_tokens_details.cached_tokens == 8
    assert extension(answer) == {"visual_tokens": 20}


def test_a_stream_says_who_speaks_then_the_words_then_why_it_ends(client: OpenAI) -> None:
    found = chunks(client)
    assert found[0].choices[0].delta.role == "assistant"
    assert [each.choices[0].delta.content for each in found[1:-1]] == ["The ", "words ", "你好."]
    assert found[-1].choices[0].finish_reason == "stop"
    assert {each.id for each in found} == {found[0].id}
    assert all(each.object == "chat.completion.chunk" and each.choices for each in found)
    assert all("usage" not in each.model_fields_set for each in found)


def test_what_it_took_comes_last_where_it_is_asked_for(client: OpenAI) -> None:
    *others, last = chunks(client, stream_options={"include_usage": True})
    assert last.choices == [] and last.usage and last.usage.completion_tokens == 3
    assert all(each.usage is None and "usage" in each.model_fields_set for each in others)


def test_a_stream_is_written_as_events(server: RunningServer, engine: ScriptedEngine) -> None:
    body = {"model": "scripted", "messages": HI, "stream": True}
    response = httpx.post(f"{server.url}/v1/chat/completions", json=body)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["cache-control"] == "no-cache"
    *events, done, end = response.text.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    assert all(json.loads(event.removeprefix("data: ")) for event in events)


def test_the_asynchronous_client_reads_both(server: RunningServer, engine: ScriptedEngine) -> None:
    async def run() -> tuple[str | None, str]:
        async with AsyncOpenAI(api_key="k", base_url=f"{server.url}/v1") as client:
            whole = await client.chat.completions.create(model="scripted", messages=HI)
            stream = await client.chat.completions.create(
                model="scripted", messages=HI, stream=True
            )
            text = [chunk.choices[0].delta.content or "" async for chunk in stream]
            return whole.choices[0].message.content, "".join(text)

    assert asyncio.run(run()) == ("The words 你好.", "The words 你好.")


def several(*texts: str) -> list[Step]:
    """Candidates that come mixed."""
    candidates = tuple(
        Candidate(index=index, text=text, token_ids=(1,), finish_reason="stop")
        for index, text in enumerate(texts)
    )
    deltas = [Delta(candidate_index=i, text=text) for i, text in reversed(list(enumerate(texts)))]
    usage = Usage(prompt_tokens=5, completion_tokens=len(texts))
    return [*deltas, Completion(candidates=candidates, usage=usage, timings=SECONDS)]


def test_several_answers_are_told_apart(client: OpenAI, engine: ScriptedEngine) -> None:
    engine.script = several("One", "Two", "Three")
    answer = ask(client, n=3)
    assert [each.message.content for each in answer.choices] == ["One", "Two", "Three"]
    found = chunks(client, n=3)
    assert [text_of(found, index) for index in range(3)] == ["One", "Two", "Three"]
    ends = [each.choices[0].index for each in found if each.choices[0].finish_reason]
    assert ends == [0, 1, 2]
    assert engine.requests[-1].params.num_candidates == 3
    assert engine.requests[-1].params.temperature == 1, "else all would be the same"


def test_log_probabilities_have_the_shape_of_openais(
    client: OpenAI, engine: ScriptedEngine
) -> None:
    tokens = (
        TokenLogprob(7, -0.1, (LikelyToken(7, -0.1, "好".encode()), LikelyToken(9, -2.0, b"\xe4"))),
        TokenLogprob(5, -0.5, (), "好".encode()),
    )
    script = said("好", "好", logprobs=tokens)
    script[:2] = [Delta(candidate_index=0, text="好", logprobs=(each,)) for each in tokens]
    engine.script = script
    answer = ask(client, logprobs=True, top_logprobs=2).choices[0].logprobs
    assert answer and answer.content
    unknown, known = answer.content
    assert (unknown.token, unknown.bytes) == ("token_id:7", None)
    assert (known.token, known.bytes, known.logprob) == ("好", list("好".encode()), -0.5)
    assert [each.token for each in unknown.top_logprobs] == ["好", "\ufffd"]
    assert unknown.top_logprobs[1].bytes == [0xE4]
    found = chunks(client, logprobs=True, top_logprobs=2)
    streamed = [
        token
        for chunk in found
        if chunk.choices[0].logprobs
        for token in chunk.choices[0].logprobs.content or ()
    ]
    assert streamed == answer.content
    assert engine.requests[-1].params.logprobs == 2


@pytest.mark.parametrize(
    ("reason", "told", "detail"),
    [
        ("stop", "stop", None),
        ("length", "length", None),
        ("content_filter", "content_filter", None),
        ("repetition", "length", "repetition"),
        ("cancelled", "length", "cancelled"),
    ],
)
def test_why_an_answer_ended_is_told(
    client: OpenAI, engine: ScriptedEngine, reason: Any, told: str, detail: str | None
) -> None:
    engine.script = said("a", reason=reason)
    answer, last = ask(client), chunks(client)[-1]
    assert answer.choices[0].finish_reason == last.choices[0].finish_reason == told
    details = [{"index": 0, "detail": detail}] if detail else None
    assert extension(answer).get("finish_details") == details
    assert extension(last).get("finish_details") == details


def test_notices_stand_beside_the_answer(client: OpenAI, engine: ScriptedEngine) -> None:
    engine.script = said("a", notices=("Mind this.",))
    assert extension(ask(client)) == {"notices": ["Mind this."]}
    assert extension(chunks(client)[-1]) == {"notices": ["Mind this."]}


LOOP = "the same row, "


def looping(num_repeats: int = 40) -> list[Step]:
    """An answer in whose middle an engine takes a loop back, all but its first run."""
    deltas: list[Step] = [Delta(candidate_index=0, text="Rows: ")]
    deltas += [Delta(candidate_index=0, text=LOOP)] * num_repeats
    retracted = len(LOOP) * (num_repeats - 1)
    deltas += [Delta(candidate_index=0, text="then the end.", retracted=retracted)]
    candidate = Candidate(
        index=0,
        text=f"Rows: {LOOP}then the end.",
        token_ids=(1,),
        finish_reason="stop",
        loops=(LoopReport(9, 4, num_repeats, LOOP),),
    )
    usage = Usage(prompt_tokens=5, completion_tokens=50)
    return [*deltas, Completion(candidates=(candidate,), usage=usage, timings=SECONDS)]


def test_a_loop_is_hardly_shown_and_taken_back_as_far_as_it_can_be(
    client: OpenAI, engine: ScriptedEngine
) -> None:
    engine.script = looping()
    assert ask(client).choices[0].message.content == f"Rows: {LOOP}then the end."
    found = chunks(client)
    assert text_of(found).count(LOOP) < 12, "repeats are held back"
    text = ""
    for chunk in found:
        taken_back = extension(chunk).get("retracted", 0)
        text = text[: len(text) - taken_back] + (chunk.choices[0].delta.content or "")
    assert text == f"Rows: {LOOP}then the end."
    (notice,) = extension(found[-1])["notices"]
    assert "40 times" in notice and LOOP not in notice


def test_the_form_of_the_answer_reaches_the_engine(client: OpenAI, engine: ScriptedEngine) -> None:
    schema = {"type": "object", "properties": {"total": {"type": "number"}}}
    forms: list[tuple[Json, object]] = [
        ({"type": "text"}, None),
        ({"type": "json_object"}, JsonSchema()),
        (
            {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}},
            JsonSchema(schema),
        ),
        ({"type": "regex_schema", "regex_schema": "[0-9]+"}, Regex("[0-9]+")),
    ]
    for form, constraint in forms:
        ask(client, response_format=form)
        assert engine.requests[-1].params.constraint == constraint


def test_a_refusal_is_no_content(client: OpenAI) -> None:
    message = ask(client, model="refusing").choices[0].message
    assert (message.content, message.refusal) == (None, "There is no total.")
    deltas = [each.choices[0].delta for each in chunks(client, model="refusing")]
    assert "".join(each.refusal or "" for each in deltas) == "There is no total."
    assert not any(each.content for each in deltas)


def test_calls_in_the_background_of_a_chat_ask_no_engine(
    client: OpenAI, engine: ScriptedEngine
) -> None:
    task = (
        '### Task:\nGenerate a concise title.\n### Output:\nJSON format: { "title": "…" }\n'
        "### Chat History:\n<chat_history>\nUSER: What is the total of this invoice?\n"
        "ASSISTANT: # Invoice 7\n</chat_history>"
    )
    content = ask(client, messages=user(task)).choices[0].message.content
    assert json.loads(content or "")["title"]
    assert not engine.requests


def test_errors_before_the_answer_have_a_status(client: OpenAI, engine: ScriptedEngine) -> None:
    too_long = PromptTooLongError("The prompt is too long.", "Shorten it (--max-tiles).")
    engine.refusal = lambda request: too_long
    for stream in (False, True):
        with pytest.raises(BadRequestError) as caught:
            client.chat.completions.create(model="scripted", messages=HI, stream=stream)
        assert caught.value.code == "context_length_exceeded"
        assert "Shorten it." in caught.value.message and "--" not in caught.value.message
    with pytest.raises(NotFoundError) as missing:
        ask(client, model="gpt-4o")
    assert missing.value.code == "model_not_found" and missing.value.param == "model"


def test_an_error_in_the_middle_is_an_event_and_the_end(
    server: RunningServer, client: OpenAI, engine: ScriptedEngine
) -> None:
    engine.script = [Delta(candidate_index=0, text="Half "), EngineError("It died.", "Again.")]
    body = {"model": "scripted", "messages": HI, "stream": True}
    response = httpx.post(f"{server.url}/v1/chat/completions", json=body)
    assert response.status_code == 200 and "Half " in response.text
    *_, error, done, _ = response.text.split("\n\n")
    assert done == "data: [DONE]"
    assert json.loads(error.removeprefix("data: ")) == {
        "error": {
            "message": "It died. Again.",
            "type": "server_error",
            "param": None,
            "code": "engine",
        }
    }
    with pytest.raises(Exception, match="It died"):
        chunks(client)
    whole = httpx.post(f"{server.url}/v1/chat/completions", json={**body, "stream": False})
    assert whole.status_code == 502


def test_a_bug_in_the_middle_tells_nothing_of_its_words(
    server: RunningServer, engine: ScriptedEngine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.script = [Delta(candidate_index=0, text="Half "), RuntimeError("/home/me/secret")]
    body = {"model": "scripted", "messages": HI, "stream": True}
    response = httpx.post(f"{server.url}/v1/chat/completions", json=body)
    assert '"code":"internal"' in response.text and "secret" not in response.text
    assert "A bug showed in a stream" in caplog.text


def test_an_answer_without_its_end_is_an_error(client: OpenAI, engine: ScriptedEngine) -> None:
    engine.script = [Delta(candidate_index=0, text="Half ")]
    with pytest.raises(Exception, match="broke off"):
        chunks(client)


def counted_tokens(server: RunningServer) -> tuple[float, float]:
    shown = server.parts.metrics.show().decode()
    names = ("prompt", "completion")
    found = [re.search(rf'{name}_tokens_total{{model="scripted"}} (.*)', shown) for name in names]
    prompt, completion = (float(each[1]) if each else 0.0 for each in found)
    return prompt, completion


def test_what_is_counted_is_shown_to_prometheus(
    server: RunningServer, client: OpenAI, engine: ScriptedEngine
) -> None:
    before = counted_tokens(server)
    engine.script = said("a", usage=Usage(prompt_tokens=30, completion_tokens=4))
    ask(client)
    chunks(client)
    after = counted_tokens(server)
    assert (after[0] - before[0], after[1] - before[1]) == (60, 8)


def test_paths_that_are_not_offered_say_what_to_use(server: RunningServer) -> None:
    for path in ("completions", "responses", "embeddings"):
        response = httpx.post(f"{server.url}/v1/{path}", json={"model": "scripted"})
        assert response.status_code == 501
        assert response.json()["error"]["code"] == "not_offered"
        assert "/v1/" in response.json()["error"]["message"]


def test_models_are_listed_and_found(server: RunningServer, client: OpenAI) -> None:
    names = [each.id for each in client.models.list()]
    assert names[0] == "scripted"
    found = client.models.retrieve("scripted")
    assert (found.id, found.object, found.owned_by) == ("scripted", "model", "shuowen")
    with pytest.raises(NotFoundError, match="There are: scripted"):
        client.models.retrieve("org/other")
