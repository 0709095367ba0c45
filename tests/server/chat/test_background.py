"""Open WebUI's background calls: told apart from what people write, answered in their shape.

The prompts here have Open WebUI's skeleton and marks, and words of our own.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.server.chat.background import answer_background, answer_for_reader, told
from shuowen.server.chat.model import Began, Counted, Ended, Said
from tests.server.chat.questions import assistant, file, question, system, user

HISTORY = "USER: Read this receipt {please}\nASSISTANT: # Tea House\n\nDate: 1 May\n\n| Total | 5 |"
CHINESE = "USER: 读出这张发票\nASSISTANT: ## 电子发票\n\n日期：2020年5月1日\n\n| 合计 | 95 |"
ASKED = {
    "title": ("Write a short title.", '{ "title": "a title" }'),
    "tags": ("Write a few tags.", '{ "tags": ["a", "b"] }'),
    "follow_ups": ("Guess what the user might ask next.", '{ "follow_ups": ["a?", "b?"] }'),
    "queries": ("Write search queries.", '{\n  "queries": ["a"]\n}'),
    "prompt": ("Write a prompt for image generation.", '{\n    "prompt": "a"\n}'),
    "text": ("You are an autocompletion system.", '`{ "text": "a" }`'),
}


def prompt(key: str, history: str = HISTORY) -> str:
    task, form = ASKED[key]
    end = "<type>General</type>\n<text>abc</text>\n#### Output:" if key == "text" else ""
    return (
        f"### Task:\n{task}\n### Output:\nJSON format: {form}\n### Chat History:\n"
        f"<chat_history>\n{history}\n</chat_history>\n{end}"
    )


def answer(key: str, history: str = HISTORY) -> Any:
    found = answer_background(question(user(prompt(key, history))))
    assert found is not None
    whole = json.loads(found[found.find("{") : found.rfind("}") + 1])  # as Open WebUI cuts it
    assert list(whole) == [key]
    return whole[key]


def test_a_title_is_the_heading_that_was_read_or_what_was_asked() -> None:
    assert answer("title") == "Tea House"
    assert answer("title", CHINESE) == "电子发票"
    assert answer("title", "USER: **What** is `this`?\nASSISTANT: No.") == "What is this ?"
    long = answer("title", f"USER: {'word ' * 50}\nASSISTANT: ok")
    assert len(long) <= 41 and long.endswith("…")
    assert answer("title", "USER: None\nASSISTANT: ") == "New chat"


def test_tags_say_what_kind_of_document_it_is() -> None:
    assert answer("tags") == ["Receipt", "Table"]
    assert answer("tags", CHINESE) == ["发票", "表格"]
    assert answer("tags", "USER: hi\nASSISTANT: hello") == ["General"]


def test_follow_ups_ask_for_labels_that_are_there() -> None:
    assert answer("follow_ups") == ["What is the total?", "What is the date?"]
    assert answer("follow_ups", CHINESE) == ["合计是多少？", "日期是哪天？"]
    assert answer("follow_ups", "USER: hi\nASSISTANT: hello") == []


def test_queries_are_the_last_question_without_braces() -> None:
    assert answer("queries") == ["Read this receipt please"]
    assert answer("queries", f"{HISTORY}\nUSER: 合计多少？") == ["合计多少？"]
    assert answer("queries", "USER: \nASSISTANT: ") == []


def test_prompts_and_completions() -> None:
    assert answer("prompt") == "Read this receipt {please}"
    assert answer("text") == ""


def test_an_emoji() -> None:
    text = "Your task is to reflect a mood by an emoji.\n\nMessage: ```thanks```"
    assert answer_background(question(user(text))) == "🙂"


def test_what_only_a_language_model_can_answer_is_left_to_one() -> None:
    tools = 'Available Tools: [{"name": "search"}]\nReturn a "tool_calls" array.'
    asked = question(system(tools), user("Query: weather?"))
    assert answer_background(asked) is None
    assert json.loads(answer_for_reader(asked) or "") == {"tool_calls": []}
    compaction = (
        "### Task:\nShorten the messages that will be compacted.\n\n### Previous Summary:\n\n"
        "### Messages Being Compacted:\nUSER: hi"
    )
    assert answer_background(question(user(compaction))) is None
    assert answer_for_reader(question(user(compaction))) == ""


ORDINARY = [
    *("Give me a title for this chat", "Which tags?", "What are good search queries for tea?"),
    '### Task:\nReturn { "title": "x" }',
    "<chat_history>\nUSER: hi\n</chat_history>\nWrite a title",
    f"Explain this prompt: {prompt('title')}",
    prompt("title").replace("<chat_history>", "<history>"),
    '### Task:\nAnswer with JSON format: { "total": 5 }\n<chat_history>\n\n</chat_history>',
    "Your task is to write about an emoji.",
    "Available Tools: hammer and nails",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_what_people_write_is_no_background_call(text: str) -> None:
    assert answer_background(question(user(text))) is None
    assert answer_for_reader(question(user(text))) is None


def test_a_chat_or_a_picture_is_no_background_call() -> None:
    call = prompt("title")
    assert answer_background(question(user("hi"), assistant("hello"), user(call))) is None
    assert answer_background(question(user(call, file(b"x")))) is None
    assert answer_background(question(system("Be brief."), user(call))) is not None


@given(st.text())
def test_no_text_is_taken_for_a_call(text: str) -> None:
    asked = question(user(f"### Task:\n{text}"))
    assert answer_background(asked) is None


@given(st.text(st.characters(codec="utf-8")), st.sampled_from(sorted(ASKED)))
def test_any_chat_gives_json_of_the_right_shape(history: str, key: str) -> None:
    found = answer_background(question(user(prompt(key, history))))
    value = json.loads(found or "")[key]
    is_list = key in ("tags", "follow_ups", "queries")
    assert isinstance(value, list if is_list else str)


def test_events() -> None:
    began, said, ended, counted = told("标题 four", question(user("12345678")))
    assert isinstance(began, Began) and isinstance(ended, Ended)
    assert isinstance(said, Said) and said.text == "标题 four"
    assert isinstance(counted, Counted)
    assert (counted.prompt_tokens, counted.completion_tokens) == (2, 4)
