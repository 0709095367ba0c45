"""A remote engine against a server that plays an OpenAI endpoint on a loopback socket."""

from __future__ import annotations

import base64
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shuowen.engines import remote
from shuowen.engines.remote import RemoteEngine
from shuowen.engines.remote_answer import UNKNOWN_TOKEN
from shuowen.engines.remote_extension import Beside, retracted_in
from shuowen.engines.remote_line import Reply
from shuowen.engines.remote_options import Dialect, RemoteOptions
from shuowen.errors import CapacityError, EngineError, ShuowenError, UsageError
from shuowen.generation.engine import Request
from shuowen.generation.params import (
    ALL_ROOM,
    JsonSchema,
    Regex,
    RepetitionGuard,
    SamplingParams,
)
from shuowen.generation.results import Completion, Delta
from shuowen.prompt.messages import ImagePart, Message, Tool, ToolCall, VideoPart
from shuowen.prompt.options import EncodeOptions
from tests.engines.model_server import (
    Answer,
    Handler,
    ModelServer,
    choice,
    endless,
    event,
    refused,
    running,
    streamed,
    words,
)

KEY = "sk-secret-0123456789"
PICTURE = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with running() as found:
        yield found


@pytest.fixture
def engine(server: ModelServer) -> RemoteEngine:
    return RemoteEngine(server.url, RemoteOptions(model="tiny"))


def asked(text: str = "Hi", **params: Any) -> Request:
    return Request(messages=(Message.of("user", text),), params=SamplingParams(**params))


def test_text_comes_as_it_is_sent_and_ends_with_a_completion(
    server: ModelServer, engine: RemoteEngine
) -> None:
    server.chat = streamed(*words("你", "好, ", "world"))
    *deltas, last = engine.stream(asked())
    assert [each.text for each in deltas if isinstance(each, Delta)] == ["你", "好, ", "world"]
    assert isinstance(last, Completion)
    assert last.text == "你好, world"
    assert last.candidates[0].finish_reason == "stop"
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (300, 3)
    assert 0 < last.timings.first_token <= last.timings.total
    assert engine.generate(asked()).text == last.text


def test_the_first_words_are_there_before_the_last_are_sent(
    server: ModelServer, engine: RemoteEngine
) -> None:
    may_go_on = threading.Event()

    def answer(handler: Handler) -> None:
        handler.start_stream()
        handler.send(event(choice("first")))
        assert may_go_on.wait(10)
        handler.send(event(choice(" last", end="stop")))
        handler.send(b"data: [DONE]\n\n")
        handler.send(b"")

    server.chat = answer
    stream = engine.stream(asked())
    first = next(stream)
    may_go_on.set()
    assert isinstance(first, Delta) and first.text == "first"
    assert engine_text(list(stream)) == "first last"


def engine_text(events: list[Delta | Completion]) -> str:
    last = events[-1]
    assert isinstance(last, Completion)
    return last.text


def test_a_request_is_written_as_the_protocol_has_it(
    server: ModelServer, engine: RemoteEngine
) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    call = ToolCall(name="add", arguments='{"a": 1}', id="call_1")
    engine.generate(
        Request(
            messages=(
                Message.of("system", "Be brief."),
                Message.of("user", "What is it?", ImagePart(PICTURE)),
                Message(role="assistant", tool_calls=(call,)),
                replace(Message.of("tool", "2"), tool_call_id="call_1"),
            ),
            params=SamplingParams(
                max_tokens=7,
                temperature=0.5,
                top_p=0.9,
                presence_penalty=0.1,
                frequency_penalty=-0.2,
                logit_bias={5: 1.5},
                seed=3,
                logprobs=2,
                stop=("END",),
                constraint=JsonSchema(schema),
            ),
            tools=(Tool(name="add", description="Adds.", parameters=schema), Tool(name="bare")),
        )
    )
    body = server.bodies[0]
    messages = body.pop("messages")
    assert messages[0] == {"role": "system", "content": "Be brief."}
    assert messages[2]["tool_calls"] == [
        {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    ]
    assert messages[3] == {"role": "tool", "content": "2", "tool_call_id": "call_1"}
    text, picture = messages[1]["content"]
    assert text == {"type": "text", "text": "What is it?"}
    head, _, data = picture["image_url"]["url"].partition(",")
    assert head == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as sent:
        assert np.array_equal(np.asarray(sent), PICTURE)
    assert [tool["function"]["name"] for tool in body.pop("tools")] == ["add", "bare"]
    assert body.pop("response_format")["json_schema"]["schema"] == schema
    assert body == {
        "model": "tiny",
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 7,
        "temperature": 0.5,
        "top_p": 0.9,
        "presence_penalty": 0.1,
        "frequency_penalty": -0.2,
        "logit_bias": {"5": 1.5},
        "seed": 3,
        "logprobs": True,
        "top_logprobs": 2,
        "stop": ["END"],
    }


def test_any_json_is_asked_for_in_the_older_way(server: ModelServer, engine: RemoteEngine) -> None:
    engine.generate(asked(constraint=JsonSchema()))
    assert server.bodies[0]["response_format"] == {"type": "json_object"}


def test_a_video_goes_as_labelled_pictures_and_this_is_told(
    server: ModelServer,
) -> None:
    engine = RemoteEngine(server.url, RemoteOptions(model="tiny", picture_format="jpeg"))
    message = Message.of("user", VideoPart((PICTURE, PICTURE)), "What happens?")
    completion = engine.generate(Request(messages=(message,)))
    parts = server.bodies[0]["messages"][0]["content"]
    assert [part.get("text") for part in parts] == [
        "Frame-1: ",
        None,
        "Frame-2: ",
        None,
        "What happens?",
    ]
    assert parts[1]["image_url"]["url"].startswith("data:image/jpeg;base64,")
    assert completion.notices == ("2 frames of video are sent as pictures.",)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("top_k", {"top_k": 5}),
        ("min_p", {"min_p": 0.1}),
        ("repetition_penalty", {"repetition_penalty": 1.1}),
        ("no_repeat_ngram", {"no_repeat_ngram": 3}),
        ("ignore_end", {"ignore_end": True}),
        ("repetition_guard", {"repetition_guard": RepetitionGuard(min_repeats=3)}),
        ("regular expression", {"constraint": Regex("a+")}),
    ],
)
def test_what_the_protocol_cannot_carry_is_refused_by_name(
    server: ModelServer, engine: RemoteEngine, name: str, params: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match=name):
        engine.stream(asked(**params))
    assert server.paths == []


@pytest.mark.parametrize(
    ("name", "encode"),
    [
        ("max_tiles", EncodeOptions(max_tiles=4)),
        ("min_tiles", EncodeOptions(min_tiles=2)),
        ("position_step", EncodeOptions(position_step=0.25)),
        ("position_step", EncodeOptions(position_step="auto")),
    ],
)
def test_how_pictures_are_cut_up_is_the_servers_own_matter(
    engine: RemoteEngine, name: str, encode: EncodeOptions
) -> None:
    with pytest.raises(UsageError, match=name):
        engine.stream(replace(asked(), encode=encode))
    part = ImagePart(PICTURE, max_tiles=2)
    with pytest.raises(UsageError, match="max_tiles"):
        engine.stream(Request(messages=(Message.of("user", part),)))


def test_extra_fields_reach_the_server_and_cannot_stand_for_options(server: ModelServer) -> None:
    options = RemoteOptions(model="tiny", extra_fields={"top_k": 5})
    RemoteEngine(server.url, options).generate(asked())
    assert server.bodies[0]["top_k"] == 5
    with pytest.raises(UsageError, match="seed"):
        RemoteOptions(extra_fields={"seed": 5})


BEYOND = {"top_k": 5, "min_p": 0.1, "repetition_penalty": 1.1}


@pytest.mark.parametrize(
    ("dialect", "form"),
    [
        ("lmdeploy", {"response_format": {"type": "regex_schema", "regex_schema": "a+"}}),
        ("vllm", {"structured_outputs": {"regex": "a+"}}),
        ("shuowen", {"response_format": {"type": "regex_schema", "regex_schema": "a+"}}),
    ],
)
def test_what_a_known_server_has_beyond_the_protocol_is_sent_by_its_names(
    server: ModelServer, dialect: Dialect, form: dict[str, Any]
) -> None:
    engine = RemoteEngine(server.url, RemoteOptions(model="tiny", dialect=dialect))
    engine.generate(asked(**BEYOND, ignore_end=True, constraint=Regex("a+")))
    body = server.bodies[0]
    assert {**BEYOND, "ignore_eos": True, **form}.items() <= body.items()
    with pytest.raises(UsageError, match="no_repeat_ngram"):
        engine.stream(asked(no_repeat_ngram=3))


@pytest.mark.parametrize(("dialect", "is_told"), [("lmdeploy", True), ("vllm", False)])
def test_tiles_of_a_picture_are_told_to_who_can_cut_them(
    server: ModelServer, dialect: Dialect, is_told: bool
) -> None:
    engine = RemoteEngine(server.url, RemoteOptions(model="tiny", dialect=dialect))
    request = Request(messages=(Message.of("user", ImagePart(PICTURE, max_tiles=2)),))
    if not is_told:
        with pytest.raises(UsageError, match="max_tiles"):
            engine.stream(request)
        return
    engine.generate(request)
    (part,) = server.bodies[0]["messages"][0]["content"]
    assert part["image_url"]["max_dynamic_patch"] == 2


@pytest.mark.parametrize(
    ("owner", "dialect"),
    [("vllm", "vllm"), ("lmdeploy", "lmdeploy"), ("somebody", "openai"), (None, "openai")],
)
def test_a_server_is_asked_once_which_program_it_is(
    server: ModelServer, owner: str | None, dialect: Dialect
) -> None:
    server.models = {"data": [{"id": "tiny", "owned_by": owner}]}
    engine = RemoteEngine(server.url, RemoteOptions(dialect="auto"))
    assert (engine.dialect, engine.model_name) == (dialect, "tiny")
    assert engine.dialect == dialect
    assert server.paths == ["/v1/models"]
    with pytest.raises(UsageError, match="dialect"):
        RemoteOptions(dialect="ollama")  # type: ignore[arg-type]


@pytest.mark.parametrize("models", [{"data": [{"id": "a"}, {"id": "b"}]}, {"models": []}, None])
def test_a_server_that_does_not_say_what_it_is_counts_as_openais(
    server: ModelServer, models: object
) -> None:
    server.models = models
    engine = RemoteEngine(server.url, RemoteOptions(model="tiny", dialect="auto"))
    assert engine.dialect == "openai"
    assert engine.generate(asked()).text == "Hello"


def test_fields_of_one_request_go_as_they_are(server: ModelServer, engine: RemoteEngine) -> None:
    engine.generate(replace(asked(), extra_fields={"tool_choice": "none"}))
    assert server.bodies[0]["tool_choice"] == "none"
    with pytest.raises(UsageError, match="'seed' cannot be an extra field"):
        engine.stream(replace(asked(), extra_fields={"seed": 1}))


def test_all_the_room_there_is_needs_no_number(server: ModelServer, engine: RemoteEngine) -> None:
    engine.generate(asked(max_tokens=ALL_ROOM))
    assert "max_tokens" not in server.bodies[0]


def test_a_request_is_sent_before_its_answer_is_read(server: ModelServer) -> None:
    server.chat = refused(400, {"error": {"message": "no n"}})
    with pytest.raises(UsageError, match="no n"):
        RemoteEngine(server.url, RemoteOptions(model="tiny")).stream(asked())


def test_candidates_are_told_apart(server: ModelServer, engine: RemoteEngine) -> None:
    server.chat = streamed(
        choice("b", index=1),
        choice("a", index=0),
        choice("B", index=1, end="length"),
        choice("A", index=0, end="stop"),
    )
    completion = engine.generate(asked(num_candidates=2))
    assert server.bodies[0]["n"] == 2
    assert [(each.text, each.finish_reason) for each in completion.candidates] == [
        ("aA", "stop"),
        ("bB", "length"),
    ]
    assert completion.notices == ("The server did not say how many tokens there were.",)


def test_tool_calls_become_text_as_the_model_wrote_it(
    server: ModelServer, engine: RemoteEngine
) -> None:
    def part(index: int, **function: str) -> dict[str, Any]:
        return choice(delta={"tool_calls": [{"index": index, "function": function}]})

    server.chat = streamed(
        choice("Let me click."),
        part(0, name="click", arguments=""),
        part(0, arguments='{"x": 1,'),
        part(0, arguments=' "y": 2}'),
        part(1, name='say "hi"'),
        choice(end="tool_calls"),
    )
    answer = engine.generate(asked()).candidates[0]
    assert answer.finish_reason == "stop"
    said, first, second = answer.text.split("<tool_call>\n")
    assert said == "Let me click.\n"
    assert json.loads(first.removesuffix("\n</tool_call>\n")) == {
        "name": "click",
        "arguments": {"x": 1, "y": 2},
    }
    assert json.loads(second.removesuffix("\n</tool_call>"))["name"] == 'say "hi"'


def test_log_probabilities_come_with_ids_where_the_server_tells_them(
    server: ModelServer, engine: RemoteEngine
) -> None:
    half = {"token": "\ufffd", "logprob": -1.5, "bytes": [0xE4]}
    likely = [{"token": "token_id:7", "logprob": -0.5}, half]
    content = [{"token": "token_id:7", "logprob": -0.5, "top_logprobs": likely}]
    content.append({"token": "好", "logprob": -0.25, "bytes": None, "top_logprobs": None})
    server.chat = streamed(choice("a", logprobs={"content": content}), choice(end="stop"))
    first, second = engine.generate(asked(logprobs=2)).candidates[0].logprobs
    assert (first.token_id, first.logprob, first.data) == (7, -0.5, b"")
    assert first.top == ((7, -0.5, b""), (UNKNOWN_TOKEN, -1.5, b"\xe4"))
    assert (second.token_id, second.data) == (UNKNOWN_TOKEN, "好".encode())


def test_a_server_that_does_not_stream_is_understood(
    server: ModelServer, engine: RemoteEngine
) -> None:
    message = {"role": "assistant", "content": "All at once"}
    server.chat = refused(
        200, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    )
    assert engine.generate(asked()).text == "All at once"


def test_an_answer_without_length_or_chunks_is_read_as_it_comes(
    server: ModelServer, engine: RemoteEngine
) -> None:
    may_go_on = threading.Event()

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(event(choice("a")))
        handler.wfile.flush()
        assert may_go_on.wait(10)
        handler.wfile.write(event(choice("b", end="stop")))

    server.chat = answer
    stream = engine.stream(asked())
    assert next(stream)
    may_go_on.set()
    assert engine_text(list(stream)) == "ab"


@pytest.mark.parametrize("address", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_the_address_may_be_written_in_several_ways(server: ModelServer, address: str) -> None:
    RemoteEngine(server.url + address, RemoteOptions(model="tiny")).generate(asked())
    assert server.paths == ["/v1/chat/completions"]


def test_another_path_and_a_query_stay(server: ModelServer) -> None:
    url = f"{server.url}/api/v3?version=1"
    RemoteEngine(url, RemoteOptions(model="tiny")).generate(asked())
    assert server.paths == ["/api/v3/chat/completions?version=1"]


@pytest.mark.parametrize("url", ["ftp://host/v1", "http://", "http://user:secret@host/v1"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        RemoteEngine(url)
    assert "secret" not in str(caught.value)


def test_the_only_model_is_found_and_asked_for_once(server: ModelServer) -> None:
    engine = RemoteEngine(server.url)
    assert engine.model_name == "tiny"
    engine.generate(asked())
    assert server.paths == ["/v1/models", "/v1/chat/completions"]
    assert server.bodies[0]["model"] == "tiny"


def test_one_of_several_models_must_be_named(server: ModelServer) -> None:
    server.models = {"data": [{"id": "a"}, {"id": "b"}]}
    with pytest.raises(UsageError, match="2 models: a, b"):
        RemoteEngine(server.url).generate(asked())
    server.models = {"models": []}
    with pytest.raises(EngineError, match="does not say which models"):
        RemoteEngine(server.url).generate(asked())


def test_the_key_is_sent_and_never_shown(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHUOWEN_API_KEY", KEY)
    options = RemoteOptions(model="tiny")
    engine = RemoteEngine(server.url, options)
    engine.generate(asked())
    assert server.headers[-1]["Authorization"] == f"Bearer {KEY}"
    server.chat = refused(401, {"error": {"message": f"Bad key {KEY}", "code": "invalid"}})
    with pytest.raises(UsageError, match="Bad key …") as caught:
        engine.generate(asked())
    assert KEY not in str(caught.value) + repr(options) + repr(engine)
    with pytest.raises(UsageError) as refusal:
        RemoteOptions(api_key=f"{KEY}\nX-Evil: 1")
    assert KEY not in str(refusal.value)


@pytest.mark.parametrize(
    ("answer", "kind", "words_in_it"),
    [
        (refused(400, {"error": {"message": "no n"}}), UsageError, "answers 400: no n"),
        (refused(404, {"detail": "Not Found"}), UsageError, "404: Not Found"),
        (refused(422, {"detail": [{"msg": "bad"}]}), UsageError, "bad"),
        (refused(413, "large"), CapacityError, "smaller pictures"),
        (
            refused(400, {"error": {"message": "long", "code": "context_length_exceeded"}}),
            CapacityError,
            "long",
        ),
        (refused(429, {}), CapacityError, "busy"),
        (refused(503, {}), CapacityError, "busy"),
        (refused(500, {}), EngineError, "log"),
        (refused(302, {}), UsageError, "not followed"),
        (streamed({"error": {"message": "out of memory"}}), EngineError, "out of memory"),
        (streamed({"error": {"message": "full", "code": 503}}), CapacityError, "full"),
        (streamed({"choices": 5}), EngineError, "no chat completion"),
        (streamed(choice("a", index=4)), EngineError, "candidate 4"),
        (streamed(choice("a"), done=False), EngineError, "before the end"),
        (streamed(choice("a")), EngineError, "before the end"),
        (streamed(choice("internal error happened", end="error")), EngineError, "failed"),
        (lambda handler: handler.reply(b"<html>"), EngineError, "no chat completion"),
        (lambda handler: handler.reply(b"\xff\xfe", 500), EngineError, "500"),
        (lambda handler: handler.connection.close(), EngineError, "failed"),
    ],
)
def test_what_goes_wrong_is_told_by_kind(
    server: ModelServer,
    engine: RemoteEngine,
    answer: Answer,
    kind: type[ShuowenError],
    words_in_it: str,
) -> None:
    server.chat = answer
    with pytest.raises(kind) as caught:
        engine.generate(asked())
    assert words_in_it in str(caught.value)
    assert caught.value.hint


def test_a_line_that_breaks_in_the_middle_is_an_error(
    server: ModelServer, engine: RemoteEngine
) -> None:
    def answer(handler: Handler) -> None:
        handler.start_stream()
        handler.send(event(choice("a")))
        handler.wfile.write(b"ff\r\ndata")

    server.chat = answer
    with pytest.raises(EngineError, match="failed"):
        engine.generate(asked())


def test_nobody_at_the_address_is_told(server: ModelServer) -> None:
    with running() as gone:
        url = gone.url
    with pytest.raises(EngineError, match="Connection refused"):
        RemoteEngine(url, RemoteOptions(model="tiny")).generate(asked())


def test_a_silent_server_is_given_up(server: ModelServer) -> None:
    server.chat = endless("a")
    options = RemoteOptions(model="tiny", idle_seconds=0.1)
    with pytest.raises(EngineError, match="does not answer"):
        RemoteEngine(server.url, options).generate(asked())


def test_a_server_that_does_not_tell_its_models_is_not_waited_for_by_everybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "_LIST_SECONDS", 0.2)
    monkeypatch.setattr(remote, "_SLOW_SECONDS", 0.1)
    monkeypatch.setattr(remote, "_REMEMBERED_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = RemoteEngine(f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        for _ in range(5):
            with pytest.raises(EngineError, match="does not answer"):
                _ = engine.model_name
        assert time.monotonic() - started < 0.5  # one wait, not five
        time.sleep(0.3)
        started = time.monotonic()
        with pytest.raises(EngineError, match="does not answer"):
            _ = engine.model_name
        assert time.monotonic() - started > 0.15  # asked again


def test_a_server_that_never_ends_is_cut_off_in_time(server: ModelServer) -> None:
    def answer(handler: Handler) -> None:
        handler.start_stream()
        while True:
            handler.send(b": still here\n\n")

    server.chat = answer
    options = RemoteOptions(model="tiny", total_seconds=0.3)
    with pytest.raises(EngineError, match="longer than 0.3 s"):
        RemoteEngine(server.url, options).generate(asked())


def test_an_answer_or_a_request_that_is_too_large_is_refused(server: ModelServer) -> None:
    server.chat = streamed(*words("x" * 3000))
    small = RemoteOptions(model="tiny", max_answer_bytes=2000)
    with pytest.raises(EngineError, match="more than 2000 bytes"):
        RemoteEngine(server.url, small).generate(asked())
    short = RemoteOptions(model="tiny", max_request_bytes=100)
    with pytest.raises(CapacityError, match="limit is 100"):
        RemoteEngine(server.url, short).stream(asked("x" * 100))


def test_closing_a_stream_hangs_up(server: ModelServer, engine: RemoteEngine) -> None:
    server.chat = endless("a")
    stream = engine.stream(asked())
    next(stream)
    stream.close()
    assert server.hung_up.wait(10)
    stream.close()


def test_closing_a_stream_from_another_thread_ends_the_wait(
    server: ModelServer, engine: RemoteEngine
) -> None:
    server.chat = endless("a")
    stream = engine.stream(asked())
    next(stream)
    threading.Timer(0.05, stream.close).start()
    with pytest.raises(EngineError, match="broken off"):
        next(stream)
    assert server.hung_up.wait(10)


def test_closing_the_engine_ends_what_runs(server: ModelServer, engine: RemoteEngine) -> None:
    server.chat = endless("a")
    stream = engine.stream(asked())
    next(stream)
    threading.Timer(0.05, engine.close).start()
    with pytest.raises(EngineError, match="is closed"):
        next(stream)
    assert server.hung_up.wait(10)
    engine.close()
    with pytest.raises(EngineError, match="is closed"):
        engine.generate(asked())


def test_several_threads_may_ask_at_once(server: ModelServer, engine: RemoteEngine) -> None:
    def answer(handler: Handler) -> None:
        said = handler.server.bodies[-1]["messages"][0]["content"]
        streamed(*words("Hello"))(handler)
        assert said

    server.chat = answer
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda: texts.append(engine.generate(asked()).text))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == ["Hello"] * 8


class Pieces:
    """Stands for a response whose bytes arrive in these pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = iter(pieces)

    def read1(self, amount: int) -> bytes:
        return next(self._pieces, b"")


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1), max_size=5
    ),
    st.lists(st.integers(0, 200), max_size=8),
    st.sampled_from([b"\n", b"\r\n"]),
)
def test_events_are_the_same_however_the_bytes_arrive(
    texts: list[str], cuts: list[int], end: bytes
) -> None:
    sent = b"".join(b": note" + end + b"data: " + text.encode() + end * 2 for text in texts)
    places = sorted({min(cut, len(sent)) for cut in [0, *cuts, len(sent)]})
    pieces = [sent[a:b] for a, b in zip(places, places[1:], strict=False)]
    reply = Reply(Pieces(pieces), "server", 10**6)  # type: ignore[arg-type]
    assert [data.decode() for data in reply.events()] == texts


def test_an_option_out_of_range_is_refused() -> None:
    makers: list[Callable[[], RemoteOptions]] = [
        lambda: RemoteOptions(idle_seconds=0),
        lambda: RemoteOptions(max_answer_bytes=0),
        lambda: RemoteOptions(picture_format="gif"),  # type: ignore[arg-type]
    ]
    for make in makers:
        with pytest.raises(UsageError):
            make()


def test_a_refusal_is_kept_apart_from_the_text(server: ModelServer, engine: RemoteEngine) -> None:
    server.chat = streamed(
        choice(delta={"content": None, "refusal": "I "}),
        {**choice(delta={"refusal": "won't."}), "shuowen": {"fields": [], "notices": ["x"]}},
        choice(end="stop"),
    )
    *deltas, last = engine.stream(asked())
    assert "".join(each.refusal for each in deltas if isinstance(each, Delta)) == "I won't."
    assert isinstance(last, Completion) and last.text == ""
    assert last.candidates[0].refusal == "I won't."
    assert not last.extra and "x" not in last.notices  # it is not known to be a Shuowen


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["notices", "finish_details", "retracted", "index", "detail", "x"]),
                inner,
            )
        ),
    )
)
def test_whatever_another_shuowen_says_beside_its_answer_does_no_harm(sent: object) -> None:
    beside = Beside()
    beside.take(sent)
    assert retracted_in(sent) >= 0
    assert all(isinstance(each, str) for each in beside.notices)
    assert not {"notices", "retracted", "finish_details"} & beside.extra.keys()
