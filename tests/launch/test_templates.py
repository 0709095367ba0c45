"""The template internvl2_5 as other engines get it says what our own says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2
import pytest

from shuowen.launch.templates import lmdeploy_file, vllm_file
from shuowen.prompt.messages import Message, TextPart, Tool, ToolCall
from shuowen.prompt.pieces import Mark
from shuowen.prompt.template import SYSTEM_PROMPT, render

TOOL = Tool(
    name="weather",
    description="Tells the weather.",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}},
)
CALL = ToolCall(id="call_1", name="weather", arguments='{"city": "北京"}')

CHATS = {
    "one question": [Message.of("user", "What is this?")],
    "own system prompt": [Message.of("system", "Be short."), Message.of("user", "Hi")],
    "several turns": [
        Message.of("user", "One"),
        Message.of("assistant", "1"),
        Message.of("user", "Two\nlines"),
    ],
}
CALLS = [
    Message.of("user", "Weather?"),
    Message(role="assistant", parts=(TextPart("I look."),), tool_calls=(CALL, CALL)),
    Message(role="tool", parts=(TextPart("rain"),), tool_call_id="call_1"),
    Message(role="tool", parts=(TextPart("sun"),), tool_call_id="call_1"),
]


def text_of(messages: list[Message], tools: tuple[Tool, ...] = ()) -> str:
    pieces = render(messages, tools)
    return "".join(piece.token if isinstance(piece, Mark) else str(piece) for piece in pieces)


def as_json(message: Message) -> dict[str, Any]:
    content = "\n".join(part.text for part in message.parts if isinstance(part, TextPart))
    calls = [
        {"function": {"name": each.name, "arguments": each.arguments}}
        for each in message.tool_calls
    ]
    return {"role": message.role, "content": content, "tool_calls": calls}


def rendered_by_jinja(messages: list[Message], tools: tuple[Tool, ...] = ()) -> str:
    """As transformers sets Jinja up, which vLLM uses (utils/chat_template_utils.py)."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    functions = [
        {"name": each.name, "description": each.description, "parameters": dict(each.parameters)}
        for each in tools
    ]
    return environment.from_string(vllm_file()).render(
        messages=[as_json(message) for message in messages],
        tools=[{"type": "function", "function": each} for each in functions],
        add_generation_prompt=True,
    )


def rendered_by_lmdeploy(messages: list[Message]) -> str:
    """As LMDeploy joins the parts of such a file (model.py, BaseChatTemplate.messages2prompt)."""
    parts = json.loads(lmdeploy_file())
    first = {"user": parts["user"], "assistant": parts["assistant"], "system": parts["system"]}
    last = {
        "user": parts["eoh"],
        "assistant": parts["eoa"] + parts["separator"],
        "system": parts["eosys"],
    }
    text = ""
    if messages[0].role != "system":
        text = parts["system"] + parts["meta_instruction"] + parts["eosys"]
    for message in messages:
        text += first[message.role] + as_json(message)["content"] + last[message.role]
    return str(text + parts["assistant"])


@pytest.mark.parametrize("name", CHATS)
def test_lmdeploys_file_says_the_same(name: str) -> None:
    assert rendered_by_lmdeploy(CHATS[name]) == text_of(CHATS[name])


@pytest.mark.parametrize("name", CHATS)
def test_vllms_file_says_the_same(name: str) -> None:
    assert rendered_by_jinja(CHATS[name]) == text_of(CHATS[name])
    assert rendered_by_jinja(CHATS[name], (TOOL,)) == text_of(CHATS[name], (TOOL,))


def test_vllms_file_writes_calls_and_their_answers_the_same() -> None:
    assert rendered_by_jinja(CALLS, (TOOL,)) == text_of(CALLS, (TOOL,))


def test_both_carry_the_prompt_that_the_model_was_trained_with() -> None:
    assert SYSTEM_PROMPT in lmdeploy_file()
    assert SYSTEM_PROMPT in vllm_file()
    assert "SYSTEM_PROMPT" not in vllm_file()
    assert json.loads(lmdeploy_file())["stop_words"][0] == "<|im_end|>"


def test_the_file_is_part_of_the_package() -> None:
    assert (Path(__file__).parents[2] / "src/shuowen/launch/internvl2_5.jinja").is_file()
