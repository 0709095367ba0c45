"""Answers cut into steps, and the chat that a process critic is shown."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shuowen.generation.solution_steps import (
    BAD,
    GOOD,
    PRM_SYSTEM_PROMPT,
    judged_turns,
    question_parts,
    split_solution,
)
from shuowen.prompt.messages import ImagePart, Message, TextPart
from shuowen.prompt.pieces import Mark, PictureSlot
from shuowen.prompt.template import render

PIXELS = np.zeros((4, 4, 3), np.uint8)
PARAGRAPHS = st.lists(st.text("ab\n ", min_size=1).filter(str.strip), max_size=40)


def shown(messages: tuple[Message, ...]) -> str:
    """The prompt as text, a picture as <image>."""
    pieces = render(messages, add_generation_prompt=False)
    texts = [
        "<image>" if isinstance(p, PictureSlot) else p.token if isinstance(p, Mark) else p
        for p in pieces
    ]
    return "".join(texts)


def test_paragraphs_are_steps() -> None:
    assert split_solution("One.\n\nTwo.\nStill two.\n\n\n\nThree.\n") == (
        "One.",
        "Two.\nStill two.",
        "Three.",
    )
    assert split_solution(" \n\n ") == ("",)


def test_too_many_paragraphs_are_grouped_evenly() -> None:
    response = "\n\n".join(str(number) for number in range(25))
    steps = split_solution(response)
    assert steps[0] == "0\n\n1\n\n2" and steps[-1] == "24"
    assert len(steps) == 9  # ⌈25 / 12⌉ = 3 paragraphs a step
    assert len(split_solution(response, None)) == 25
    assert split_solution(response, 1) == (response,)


@given(PARAGRAPHS, st.integers(1, 15))
def test_nothing_is_lost_and_no_step_too_many(paragraphs: list[str], max_steps: int) -> None:
    response = "\n\n".join(paragraphs)
    steps = split_solution(response, max_steps)
    assert 1 <= len(steps) <= max_steps
    assert "".join("".join(steps).split()) == "".join(response.split())
    assert "\n\n".join(steps) == "\n\n".join(split_solution(response, None))


def test_the_chat_is_the_one_that_critics_are_trained_on() -> None:
    question = question_parts([Message.of("user", "What is it?", ImagePart(PIXELS))])
    chat = judged_turns(question, ["A cat.", "So a pet."], [GOOD, BAD], PRM_SYSTEM_PROMPT)
    assert shown(chat) == (
        f"<|im_start|>system\n{PRM_SYSTEM_PROMPT}<|im_end|>\n"
        "<|im_start|>user\n### Question:\n<image>\nWhat is it?\n\n### Solution Process:\nA cat."
        "<|im_end|>\n<|im_start|>assistant\n+<|im_end|>\n"
        "<|im_start|>user\nSo a pet.<|im_end|>\n<|im_start|>assistant\n-<|im_end|>\n"
    )
    assert "steps" not in PRM_SYSTEM_PROMPT and PRM_SYSTEM_PROMPT.count("\n- ") == 5


def test_a_question_without_words_or_pictures_is_one_too() -> None:
    only_picture = judged_turns((ImagePart(PIXELS),), ["A."], [])
    assert "### Question:\n<image>\n\n### Solution Process:\nA." in shown(only_picture)
    nothing = judged_turns((), ["A."], [GOOD])
    assert "### Question:\n\n\n### Solution Process:\nA." in shown(nothing)


def test_the_system_message_of_the_chat_is_not_the_critics() -> None:
    asked = [Message.of("system", "Be brief."), Message.of("user", "2 + 2?")]
    assert question_parts(asked) == (TextPart("2 + 2?"),)


def test_earlier_turns_are_part_of_the_question() -> None:
    chat = [
        Message.of("user", ImagePart(PIXELS), "What is it?"),
        Message.of("assistant", "A cat."),
        Message.of("user", "How old?"),
    ]
    text = shown(judged_turns(question_parts(chat), ["Four."], [GOOD]))
    assert (
        "### Question:\nUser:\n<image>\nWhat is it?\nAssistant:\nA cat.\nUser:\nHow old?\n\n"
        "### Solution Process:\nFour." in text
    )
