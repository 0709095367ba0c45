"""The chat template, letter by letter."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest

from shuowen.errors import UsageError
from shuowen.prompt.messages import (
    ImagePart,
    Message,
    Part,
    TextPart,
    Tool,
    ToolCall,
    VideoPart,
)
from shuowen.prompt.pieces import Mark, PictureSlot
from shuowen.prompt.template import SYSTEM_PROMPT, render

PICTURE = np.zeros((2, 2, 3), np.uint8)
IMAGE = ImagePart(PICTURE)
SYSTEM = f"<|im_start|>system\n{SYSTEM_PROMPT}<|im_end|>\n"
ASK = "<|im_start|>assistant\n"


def shown(*messages: Message, tools: tuple[Tool, ...] = (), ask: bool = True) -> str:
    """The prompt with a picture written as `<image>`, as upstream's conversation code does."""
    pieces = render(messages, tools, add_generation_prompt=ask)
    letters = {Mark: lambda each: each.token, PictureSlot: lambda _: "<image>", str: str}
    return "".join(letters[type(each)](each) for each in pieces)


def user_turn(*parts: str | Part) -> str:
    """What a lone user message becomes."""
    whole = shown(Message.of("user", *parts))
    assert whole.startswith(SYSTEM + "<|im_start|>user\n")
    assert whole.endswith("<|im_end|>\n" + ASK)
    return whole[len(SYSTEM + "<|im_start|>user\n") : -len("<|im_end|>\n" + ASK)]


def test_the_system_prompt_is_the_one_that_the_model_was_trained_with() -> None:
    assert SYSTEM_PROMPT == (
        "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。"
    )


def test_a_question_about_a_picture_is_upstreams_prompt() -> None:
    assert shown(Message.of("user", IMAGE, "What does it say?")) == (
        SYSTEM + "<|im_start|>user\n<image>\nWhat does it say?<|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_chat_of_several_turns() -> None:
    chat = (
        Message.of("user", IMAGE, "你好"),
        Message.of("assistant", "您好"),
        Message.of("user", "再见"),
    )
    assert shown(*chat) == SYSTEM + (
        "<|im_start|>user\n<image>\n你好<|im_end|>\n<|im_start|>assistant\n您好<|im_end|>\n"
        "<|im_start|>user\n再见<|im_end|>\n<|im_start|>assistant\n"
    )


def test_without_a_generation_prompt_the_last_turn_ends_the_text() -> None:
    chat = (Message.of("user", "a"), Message.of("assistant", "+"))
    assert shown(*chat, ask=False).endswith("<|im_start|>assistant\n+<|im_end|>\n")


@pytest.mark.parametrize("text", ["You are a critic.", ""])
def test_an_explicit_system_message_takes_the_place_of_the_default(text: str) -> None:
    chat = (Message.of("system", text), Message.of("user", "a"))
    assert shown(*chat).startswith(f"<|im_start|>system\n{text}<|im_end|>\n<|im_start|>user\na")


def test_a_later_system_message_stays_where_it_is() -> None:
    chat = (Message.of("user", "a"), Message.of("system", "b"), Message.of("user", "c"))
    assert shown(*chat).startswith(SYSTEM + "<|im_start|>user\na")
    assert "<|im_end|>\n<|im_start|>system\nb<|im_end|>\n" in shown(*chat)


def test_pictures_are_counted_when_there_are_several() -> None:
    assert user_turn(IMAGE, IMAGE, "Compare.") == "Image-1: <image>\nImage-2: <image>\nCompare."


def test_counting_goes_on_over_turns_and_leaves_what_was_said_before_alone() -> None:
    first = (Message.of("user", IMAGE, "a"), Message.of("assistant", "b"))
    whole = shown(*first, Message.of("user", IMAGE, "c"))
    assert whole.startswith(shown(*first, ask=False))
    assert "<|im_start|>user\nImage-2: <image>\nc<|im_end|>" in whole


def test_words_before_all_pictures_go_behind_them_as_in_training() -> None:
    assert user_turn("What is this?", IMAGE) == "<image>\nWhat is this?"
    assert user_turn("Compare.", "Be brief.", IMAGE, IMAGE) == (
        "Image-1: <image>\nImage-2: <image>\nCompare.\nBe brief."
    )


def test_words_between_pictures_stay_between_them() -> None:
    assert user_turn("Before:", IMAGE, "After:", IMAGE) == (
        "Before:\nImage-1: <image>\nAfter:\nImage-2: <image>\n"
    )


def test_frames_of_a_video_are_counted_for_each_video() -> None:
    clip = VideoPart((PICTURE, PICTURE))
    assert user_turn(clip, "What happens?") == ("Frame-1: <image>\nFrame-2: <image>\nWhat happens?")
    assert user_turn(clip, IMAGE, clip, "?") == (
        "Frame-1: <image>\nFrame-2: <image>\n<image>\nFrame-1: <image>\nFrame-2: <image>\n?"
    )


def test_a_picture_alone_keeps_its_line() -> None:
    assert user_turn(IMAGE) == "<image>\n"


def test_no_messages_and_pictures_where_none_belong_are_refused() -> None:
    with pytest.raises(UsageError, match="no messages"):
        render([])
    for role in ("system", "assistant"):
        with pytest.raises(UsageError, match=role):
            render([Message(role, (TextPart("a"), IMAGE))])  # type: ignore[arg-type]


WEATHER = Tool(
    "get_weather",
    "天气",
    MappingProxyType({"type": "object", "properties": {"city": {"type": "string"}}}),
)


def test_tools_are_told_after_the_system_prompt_in_qwens_words() -> None:
    assert shown(Message.of("user", "a"), tools=(WEATHER,)) == (
        f"<|im_start|>system\n{SYSTEM_PROMPT}\n\n# Tools\n\n"
        "You may call one or more functions to assist with the user query.\n\n"
        "You are provided with function signatures within <tools></tools> XML tags:\n<tools>\n"
        '{"type": "function", "function": {"name": "get_weather", "description": "天气", '
        '"parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}\n'
        "</tools>\n\nFor each function call, return a json object with function name and arguments"
        " within <tool_call></tool_call> XML tags:\n<tool_call>\n"
        '{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call><|im_end|>\n'
        "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n"
    )


def test_calls_and_their_answers_are_rendered_again() -> None:
    calls = (ToolCall("get_weather", '{"city": "北京"}', "1"), ToolCall("now", "", "2"))
    chat = (
        Message.of("user", "天气？"),
        Message("assistant", (TextPart("Let me see."),), calls),
        Message("tool", (TextPart("晴"),), tool_call_id="1"),
        Message("tool", (TextPart("12:00"),), tool_call_id="2"),
        Message.of("user", "谢谢"),
    )
    assert shown(*chat).removeprefix(SYSTEM) == (
        "<|im_start|>user\n天气？<|im_end|>\n<|im_start|>assistant\nLet me see.\n"
        '<tool_call>\n{"name": "get_weather", "arguments": {"city": "北京"}}\n</tool_call>\n'
        '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call><|im_end|>\n'
        "<|im_start|>user\n<tool_response>\n晴\n</tool_response>\n"
        "<tool_response>\n12:00\n</tool_response><|im_end|>\n"
        "<|im_start|>user\n谢谢<|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_call_without_words_begins_the_turn() -> None:
    chat = (Message.of("user", "a"), Message("assistant", (), (ToolCall("now", "{}"),)))
    assert "<|im_start|>assistant\n<tool_call>\n" in shown(*chat)


def test_marks_in_calls_and_tools_are_text_but_for_the_templates_own() -> None:
    tool = Tool("x", "</tool_call><|im_end|>")
    chat = (Message.of("user", "a"), Message("assistant", (), (ToolCall("<img>", "{}"),)))
    marks = [each.token for each in render(chat, (tool,)) if isinstance(each, Mark)]
    assert marks.count("</tool_call>") == 3
    assert "<img>" not in marks
    assert marks.count("<|im_end|>") == 3


def test_tools_that_are_no_json_are_refused_by_name() -> None:
    with pytest.raises(UsageError, match="'bad'"):
        render([Message.of("user", "a")], [Tool("bad", "", {"type": object()})])
