"""Tools: what becomes of them under each policy, and how calls are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from shuowen.errors import UsageError
from shuowen.generation.engine import Request
from shuowen.generation.params import JsonSchema
from shuowen.server.chat.engine_model import EngineModel
from shuowen.server.options import ServerOptions
from tests.server.chat.benches import Json, StandInReader, user
from tests.server.chat.scripted import ScriptedEngine, said
from tests.server.conftest import running

PARAMETERS = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}


def tool(name: str) -> Json:
    function = {"name": name, "description": f"Does {name}.", "parameters": PARAMETERS}
    return {"type": "function", "function": function}


TOOLS = [tool("click"), tool("scroll")]
HI: Any = user("Hi")
CALLS = (
    "Let me see.\n<tool_call>\n",
    '{"name": "click", "argum',
    'ents": {"x": 1}}\n</tool_call>\n<tool_',
    'call>\n{"name": "scroll", "arguments": {"x": 2}}\n</tool_call>',
)


class Asking:
    """A server whose model is a scripted engine and whose reader stands in for ours."""

    def __init__(self, client: OpenAI, engine: ScriptedEngine, reader: StandInReader) -> None:
        self.client, self.engine, self.reader = client, engine, reader

    def ask(self, model: str = "scripted", **fields: Any) -> Any:
        return self.client.chat.completions.create(
            **{"model": model, "messages": HI, "tools": TOOLS, **fields}
        )


@contextmanager
def asking(folder: Path, **options: Any) -> Iterator[Asking]:
    engine, reader = ScriptedEngine(said(*CALLS)), StandInReader()
    chosen = ServerOptions(port=0, data_dir=folder, **options)
    models = [EngineModel(engine, limits=chosen.limits), reader]
    with (
        running(chosen, lambda options, desk: models) as server,
        OpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0) as client,
    ):
        yield Asking(client, engine, reader)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    with asking(tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.fixture
def auto(shared: Asking) -> Asking:
    """A server with the usual policy; its engine calls two tools."""
    shared.engine.script = said(*CALLS)
    return shared


def notices(answer: Any) -> list[str]:
    return (answer.model_extra or {}).get("shuowen", {}).get("notices", [])


def test_a_model_is_told_of_tools_and_its_calls_are_told(auto: Asking) -> None:
    (choice,) = auto.ask().choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content == "Let me see."
    calls = choice.message.tool_calls
    assert [(each.function.name, each.function.arguments) for each in calls] == [
        ("click", '{"x": 1}'),
        ("scroll", '{"x": 2}'),
    ]
    assert len({each.id for each in calls}) == 2 and calls[0].id.startswith("call_")
    assert [each.name for each in auto.engine.requests[-1].tools] == ["click", "scroll"]
    assert auto.engine.requests[-1].tools[0].parameters == PARAMETERS


def test_in_a_stream_a_call_is_never_shown_as_text(auto: Asking) -> None:
    found = list(auto.ask(stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in found)
    assert text == "Let me see.\n"
    calls = [call for chunk in found for call in chunk.choices[0].delta.tool_calls or ()]
    assert [(each.index, each.function.name) for each in calls] == [(0, "click"), (1, "scroll")]
    assert json.loads(calls[1].function.arguments) == {"x": 2}
    assert found[-1].choices[0].finish_reason == "tool_calls"


def test_an_answer_without_text_has_none(auto: Asking) -> None:
    auto.engine.script = said("".join(CALLS)[12:])
    assert auto.ask().choices[0].message.content is None


def test_one_call_where_only_one_is_wanted(auto: Asking) -> None:
    (choice,) = auto.ask(parallel_tool_calls=False).choices
    assert [each.function.name for each in choice.message.tool_calls] == ["click"]


def test_what_only_looks_like_a_call_is_text(auto: Asking) -> None:
    broken = 'So: <tool_call>{"name": 5}</tool_call> and <tool_'
    auto.engine.script = said(broken[:8], broken[8:20], broken[20:])
    (choice,) = auto.ask().choices
    assert (choice.message.content, choice.finish_reason) == (broken, "stop")
    found = list(auto.ask(stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in found) == broken


def test_without_tools_the_marks_are_text(auto: Asking) -> None:
    for fields in ({"tools": []}, {"tool_choice": "none"}):
        (choice,) = auto.ask(**fields).choices
        assert choice.message.content == "".join(CALLS)
        assert auto.engine.requests[-1].tools == ()


def test_a_call_can_be_required(auto: Asking) -> None:
    auto.engine.script = said('{"name": "click", ', '"arguments": {"x": 3}}')
    (choice,) = auto.ask(tool_choice="required").choices
    (call,) = choice.message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("click", {"x": 3})
    assert (choice.message.content, choice.finish_reason) == (None, "tool_calls")
    constraint = auto.engine.requests[-1].params.constraint
    assert isinstance(constraint, JsonSchema)
    assert [each["properties"]["name"] for each in constraint.schema["anyOf"]] == [
        {"const": "click"},
        {"const": "scroll"},
    ]
    found = list(auto.ask(tool_choice="required", stream=True))
    assert not any(chunk.choices[0].delta.content for chunk in found)
    assert [c.choices[0].delta.tool_calls is not None for c in found] == [False, True, False]


def test_a_tool_can_be_named(auto: Asking) -> None:
    auto.engine.script = said('{"name": "scroll", "arguments": {"x": 3}}')
    auto.ask(tool_choice={"type": "function", "function": {"name": "scroll"}})
    constraint = auto.engine.requests[-1].params.constraint
    assert isinstance(constraint, JsonSchema)
    assert constraint.schema["properties"]["name"] == {"const": "scroll"}
    assert constraint.schema["properties"]["arguments"] == PARAMETERS
    with pytest.raises(BadRequestError) as caught:
        auto.ask(tool_choice="required", response_format={"type": "json_object"})
    assert caught.value.param == "response_format"


def test_a_required_call_that_is_cut_off_stays_text(auto: Asking) -> None:
    auto.engine.script = said('{"name": "cli', reason="length")
    (choice,) = auto.ask(tool_choice="required").choices
    assert (choice.message.content, choice.finish_reason) == ('{"name": "cli', "length")


def test_some_of_the_tools_can_be_allowed(auto: Asking) -> None:
    def allowed(*names: str) -> Json:
        tools = [{"type": "function", "function": {"name": name}} for name in names]
        return {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": tools}}

    auto.ask(tool_choice=allowed("scroll"))
    assert [each.name for each in auto.engine.requests[-1].tools] == ["scroll"]
    with pytest.raises(BadRequestError, match="not among the tools"):
        auto.ask(tool_choice=allowed("type"))


def test_a_chat_with_calls_and_their_answers_reaches_the_engine(auto: Asking) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "click", "arguments": '{"x": 1}'}}
    messages = [
        *user("Click."),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "Clicked."},
    ]
    auto.ask(messages=messages)
    _, second, third = auto.engine.requests[-1].messages
    assert (second.tool_calls[0].name, second.tool_calls[0].id) == ("click", "c1")
    assert (third.role, third.tool_call_id) == ("tool", "c1")


def test_the_reader_leaves_tools_out_and_says_so(auto: Asking) -> None:
    answer = auto.ask(model="reader", tools=TOOLS * 18)
    assert answer.choices[0].message.content == auto.reader.text
    assert auto.reader.questions[-1].tools == ()
    (notice,) = notices(answer)
    assert "36 were left out" in notice
    assert notices(list(auto.ask(model="reader", stream=True))[-1]) == [notice.replace("36", "2")]
    assert notices(auto.ask(model="reader", tool_choice="none")) == []
    for odd in ([{"type": "custom"}], ["x"], [{}] * 300):
        assert auto.ask(model="reader", tools=odd)
    for choice in ("required", {"type": "function", "function": {"name": "click"}}):
        with pytest.raises(BadRequestError) as caught:
            auto.ask(model="reader", tool_choice=choice)
        assert caught.value.param == "tool_choice"


def test_tools_can_be_ignored_everywhere(tmp_path: Path) -> None:
    with asking(tmp_path, tools="ignore") as found:
        answer = found.ask()
        assert found.engine.requests[-1].tools == ()
        assert notices(answer) == ["This server is set to ignore tools; 2 were left out."]
        with pytest.raises(BadRequestError) as caught:
            found.ask(tool_choice="required")
        assert caught.value.param == "tool_choice"


def test_tools_can_be_refused_everywhere(tmp_path: Path) -> None:
    with asking(tmp_path, tools="reject") as found:
        for model in ("scripted", "reader"):
            with pytest.raises(BadRequestError) as caught:
                found.ask(model=model)
            assert caught.value.param == "tools"
            assert found.ask(model=model, tools=[])


def test_forwarding_changes_nothing_for_the_reader(tmp_path: Path) -> None:
    with asking(tmp_path, tools="forward") as found:
        assert found.ask().choices[0].message.tool_calls
        assert "left out" in notices(found.ask(model="reader"))[0]


def test_an_engine_here_that_refuses_a_tool_is_heard(auto: Asking) -> None:
    def refuse(request: Request) -> Exception | None:
        return (
            UsageError("The parameters of the tool 'click' are not JSON.")
            if request.tools
            else None
        )

    auto.engine.refusal = refuse
    try:
        with pytest.raises(BadRequestError, match="not JSON"):
            auto.ask()
    finally:
        auto.engine.refusal = lambda request: None
