"""Another server behind this one: an old one, one without tools, and a second Shuowen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openai import APIStatusError, BadRequestError, InternalServerError, OpenAI

from shuowen.config import Limits
from shuowen.engines.remote import RemoteEngine
from shuowen.engines.remote_options import Dialect, RemoteOptions
from shuowen.errors import NotFoundError, ShuowenError
from shuowen.server.chat.engine_model import EngineModel
from shuowen.server.chat.shelf import ModelShelf
from tests.engines.model_server import (
    Handler,
    ModelServer,
    choice,
    endless,
    refused,
    streamed,
    words,
)
from tests.engines.model_server import running as running_upstream
from tests.made_files import pdf_with_text
from tests.server.chat.benches import PICTURE, StandInReader, data_url, image_part, user
from tests.server.chat.scripted import ScriptedEngine, said
from tests.server.conftest import RunningServer, Serve

HI: Any = user("Hi")
TOOLS: Any = [{"type": "function", "function": {"name": "click"}}]
VLLM = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
LMDEPLOY = "Please launch the api_server with --tool-call-parser if you want to use tools."


@pytest.fixture
def upstream() -> Iterator[ModelServer]:
    with running_upstream() as found:
        yield found


def in_front_of(serve: Serve, url: str, **options: Any) -> RunningServer:
    engine = RemoteEngine(url, RemoteOptions(**options))
    return serve(models=lambda opts, desk: [EngineModel(engine, limits=opts.limits)])


def client_of(server: RunningServer) -> OpenAI:
    return OpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0)


def notices(answer: Any) -> list[str]:
    return (answer.model_extra or {}).get("shuowen", {}).get("notices", [])


@pytest.mark.parametrize("complaint", [VLLM, LMDEPLOY])
def test_a_server_that_takes_no_tools_is_asked_again_without_and_remembered(
    serve: Serve, upstream: ModelServer, complaint: str
) -> None:
    def answer(handler: Handler) -> None:
        has_tools = "tools" in handler.server.bodies[-1]
        error = refused(400, {"message": complaint, "object": "error", "code": 400})
        (error if has_tools else streamed(*words("Yes.")))(handler)

    upstream.chat = answer
    with client_of(in_front_of(serve, upstream.url, model="tiny")) as client:
        for stream in (False, True):
            fields: Any = {"tools": TOOLS, "parallel_tool_calls": True, "stream": stream}
            found = client.chat.completions.create(model="tiny", messages=HI, **fields)
            last = list(found)[-1] if stream else found
            assert notices(last) == [
                "The other server takes no tools as it was started; the model was asked without"
                " them."
            ]
        assert ["tools" in body for body in upstream.bodies] == [True, False, False]
        assert all("parallel_tool_calls" not in body for body in upstream.bodies[1:])
        with pytest.raises(BadRequestError, match="tool"):
            client.chat.completions.create(
                model="tiny", messages=HI, tools=TOOLS, tool_choice="required"
            )
    assert upstream.bodies[-1]["tool_choice"] == "required"


def test_another_complaint_is_told_and_nothing_is_remembered(
    serve: Serve, upstream: ModelServer
) -> None:
    upstream.chat = refused(400, {"error": {"message": "Odd tools, odd fields."}})
    with client_of(in_front_of(serve, upstream.url, model="tiny")) as client:
        for _ in range(2):
            with pytest.raises(BadRequestError, match="Odd tools"):
                client.chat.completions.create(model="tiny", messages=HI, tools=TOOLS)
    assert ["tools" in body for body in upstream.bodies] == [True, False, True, False]


def test_calls_of_the_other_server_are_told(serve: Serve, upstream: ModelServer) -> None:
    call = {"index": 0, "function": {"name": "click", "arguments": '{"x": 1}'}}
    upstream.chat = streamed(
        choice("So. ", delta={"tool_calls": [call]}), choice(end="tool_calls"), choice()
    )
    named: Any = {"type": "function", "function": {"name": "click"}}
    with client_of(in_front_of(serve, upstream.url, model="tiny")) as client:
        found = client.chat.completions.create(
            model="tiny", messages=HI, tools=TOOLS, tool_choice=named
        ).choices[0]
    assert found.finish_reason == "tool_calls" and found.message.content == "So."
    assert found.message.tool_calls and found.message.tool_calls[0].type == "function"
    assert found.message.tool_calls[0].function.arguments == '{"x": 1}'
    assert upstream.bodies[-1]["tool_choice"] == named


@pytest.mark.parametrize(
    ("answer", "status", "part"),
    [
        (refused(400, {"error": {"message": "no n"}}), 400, "no n"),
        (refused(401, {"error": {"message": "Bad key"}}), 502, "refuses this server's key"),
        (refused(404, {"error": {"message": "no model"}}), 502, "has not its model"),
        (refused(429, {}), 503, "busy"),
        (refused(413, {}), 400, "smaller pictures"),
        (refused(500, {"error": "oh"}), 502, "oh"),
        (
            refused(400, {"error": {"message": "long", "code": "context_length_exceeded"}}),
            400,
            "long",
        ),
        (streamed({"error": {"message": "out of memory"}}), 502, "out of memory"),
        (streamed(choice("internal error happened", end="error")), 502, "failed at the answer"),
    ],
)
def test_what_the_other_server_refuses_has_a_status_of_its_own(
    serve: Serve, upstream: ModelServer, answer: Any, status: int, part: str
) -> None:
    upstream.chat = answer
    server = in_front_of(serve, upstream.url, model="tiny")
    with client_of(server) as client, pytest.raises(APIStatusError) as caught:
        client.chat.completions.create(model="tiny", messages=HI)
    assert caught.value.status_code == status
    assert part in caught.value.message
    assert upstream.url not in caught.value.message


def test_a_server_that_is_down_is_told_and_found_again(serve: Serve, upstream: ModelServer) -> None:
    with running_upstream() as gone:
        url = gone.url
    reader = StandInReader()
    engine = RemoteEngine(url, RemoteOptions())

    def models(options: Any, desk: Any) -> Any:
        return [EngineModel(engine, limits=options.limits), reader]

    with client_of(serve(models=models)) as client:
        assert "reader" in [each.id for each in client.models.list()]
        assert client.chat.completions.create(model="reader", messages=HI)
        with pytest.raises(InternalServerError, match="Connection refused") as caught:
            client.chat.completions.create(model="tiny", messages=HI)
        assert caught.value.status_code == 502


def test_a_client_that_leaves_frees_the_other_server(serve: Serve, upstream: ModelServer) -> None:
    upstream.chat = endless("a")
    server = in_front_of(serve, upstream.url, model="tiny")
    with client_of(server) as client:
        stream = client.chat.completions.create(model="tiny", messages=HI, stream=True)
        for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        stream.close()
    assert upstream.hung_up.wait(10)


@pytest.mark.parametrize(
    ("dialect", "sent", "is_told"),
    [("lmdeploy", {"max_dynamic_patch": 6}, False), ("vllm", {}, True), ("openai", {}, True)],
)
def test_detail_is_told_where_it_can_be(
    serve: Serve, upstream: ModelServer, dialect: Dialect, sent: Any, is_told: bool
) -> None:
    with client_of(in_front_of(serve, upstream.url, model="tiny", dialect=dialect)) as client:
        messages: Any = user(image_part(PICTURE, detail="low"))
        answer = client.chat.completions.create(model="tiny", messages=messages)
    (part,) = upstream.bodies[-1]["messages"][0]["content"]
    assert {k: v for k, v in part["image_url"].items() if k != "url"} == sent
    assert bool(notices(answer)) == is_told


def test_a_pdf_goes_to_the_other_server_as_pictures(serve: Serve, upstream: ModelServer) -> None:
    pdf = data_url(pdf_with_text("One", "Two"), "application/pdf")
    messages: Any = user({"type": "file", "file": {"file_data": pdf, "filename": "a.pdf"}})
    with client_of(in_front_of(serve, upstream.url, model="tiny")) as client:
        client.chat.completions.create(model="tiny", messages=messages)
    kinds = [
        part["image_url"]["url"][:15] for part in upstream.bodies[-1]["messages"][0]["content"]
    ]
    assert kinds == ["data:image/png;"] * 2


def test_a_second_shuowen_is_a_fine_upstream(serve: Serve) -> None:
    engine = ScriptedEngine(said("The ", "words."))
    behind = serve(models=lambda options, desk: [EngineModel(engine, limits=options.limits)])
    front = in_front_of(serve, behind.url, model="scripted", dialect="auto")
    with client_of(front) as client:
        messages: Any = user({"type": "text", "text": "Read."}, image_part(PICTURE, detail="high"))
        extra = {"top_k": 7, "min_p": 0.1}
        answer = client.chat.completions.create(
            model="scripted", messages=messages, extra_body=extra, logprobs=False
        )
        assert answer.choices[0].message.content == "The words."
        assert answer.usage and answer.usage.completion_tokens == 2
        stream = client.chat.completions.create(model="scripted", messages=messages, stream=True)
        assert "".join(each.choices[0].delta.content or "" for each in stream) == "The words."
        with pytest.raises(BadRequestError, match="chat_template_kwargs") as caught:
            client.chat.completions.create(
                model="scripted", messages=HI, extra_body={"chat_template_kwargs": {"a": 1}}
            )
        assert caught.value.param == "chat_template_kwargs"
    asked = engine.requests[0]
    assert (asked.params.top_k, asked.params.min_p) == (7, 0.1)
    assert asked.messages[0].parts[-1].max_tiles == 24  # type: ignore[union-attr]
    assert json.dumps(asked.extra_fields) == "{}"


def test_the_first_of_two_models_with_one_name_answers() -> None:
    first, second, third = StandInReader(), StandInReader(), StandInReader(name="other")
    shelf = ModelShelf([first, second, third])
    assert shelf.get("reader") is first
    assert list(shelf.listed()) == ["reader", "other"]
    with pytest.raises(NotFoundError, match="There are: reader, other"):
        shelf.get("none")
    engine = RemoteEngine("http://127.0.0.1:9", RemoteOptions())
    with_unheard = ModelShelf([EngineModel(engine, limits=Limits()), first])
    assert with_unheard.get("reader") is first
    with pytest.raises(ShuowenError, match="failed"):
        with_unheard.get("none")
    with_unheard.close()


@pytest.fixture
def readers(serve: Serve) -> RunningServer:
    """A Shuowen whose upstream is the embedded reader of another."""
    return in_front_of(serve, serve().url, model="shuowen-embedded", dialect="auto")


def form(*required: str) -> Any:
    item = {"type": "object", "properties": {"weight": {"type": "number"}}}
    properties = {"total": {"type": "number"}, "iban": {"type": "string"}}
    schema = {
        "type": "object",
        "properties": {**properties, "items": {"type": "array", "items": item}},
        "required": list(required),
    }
    return {"type": "json_schema", "json_schema": {"name": "receipt", "schema": schema}}


def test_fields_notices_and_refusals_of_another_shuowen_are_passed_on(
    readers: RunningServer,
) -> None:
    pdf = data_url(pdf_with_text("Total: 62.80"), "application/pdf")
    messages: Any = user({"type": "file", "file": {"file_data": pdf, "filename": "a.pdf"}})
    for stream in (False, True):
        with client_of(readers) as client:

            def ask(*required: str, stream: bool = stream) -> Any:
                return client.chat.completions.create(
                    model="shuowen-embedded",
                    messages=messages,
                    response_format=form(*required),
                    stream=stream,
                )

            last = list(ask())[-1] if stream else ask()
            beside = last.model_extra["shuowen"]
            assert [each["path"] for each in beside["fields"]] == ["/total"]
            assert beside["notices"] == ["No table rows were found for /items; the list is empty."]
            refused = ask("iban")
            if stream:
                deltas = [chunk.choices[0].delta for chunk in refused if chunk.choices]
                told = "".join(each.refusal or "" for each in deltas)
                assert not any(each.content for each in deltas)
            else:
                told = refused.choices[0].message.refusal
                assert refused.choices[0].message.content is None
            assert "/iban" in told


def test_the_reader_here_has_a_name_of_its_own_beside_another_shuowens(
    readers: RunningServer,
) -> None:
    names = ["shuowen-embedded", "shuowen-embedded-local"]
    with client_of(readers) as client:
        assert [each.id for each in client.models.list()] == names
        assert client.models.retrieve(names[1]).id == names[1]
        for name in names:
            answer = client.chat.completions.create(model=name, messages=HI)
            assert answer.model == name
            assert "Attach a picture" in (answer.choices[0].message.content or "")


def test_a_loop_that_another_shuowen_takes_back_is_taken_back(
    serve: Serve, upstream: ModelServer
) -> None:
    upstream.models = {"data": [{"id": "tiny", "owned_by": "shuowen"}]}
    events = [
        choice("So a b a b"),
        {**choice(" c"), "shuowen": {"retracted": 4}},
        {
            **choice(end="length"),
            "shuowen": {"finish_details": [{"index": 0, "detail": "repetition"}], "odd": [1]},
        },
    ]
    upstream.chat = streamed(*events)
    with client_of(in_front_of(serve, upstream.url, dialect="auto")) as client:
        answer: Any = client.chat.completions.create(model="tiny", messages=HI)
    assert answer.choices[0].message.content == "So a b c"
    assert answer.choices[0].finish_reason == "length"
    assert answer.shuowen["finish_details"] == [{"index": 0, "detail": "repetition"}]
    assert answer.shuowen["odd"] == [1]
