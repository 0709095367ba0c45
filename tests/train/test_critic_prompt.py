"""A critic is trained on the very prompt that it is asked with."""

from __future__ import annotations

import numpy as np
import pytest

from shuowen.generation.solution_steps import judged_turns, question_parts
from shuowen.prompt.messages import ImagePart, Message
from shuowen.prompt.pieces import Piece
from shuowen.prompt.template import render
from shuowen.train.records import ArrayPicture, Stepwise, messages_of
from shuowen.train.solution_turns import solution_turns

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
STEPS = ("First.", "Second,\nwhich is long.", "So 4.")


def pieces(messages: tuple[Message, ...]) -> list[str]:
    """The prompt; texts next to each other are one, for so they are encoded."""
    joined = ""
    for piece in render(messages, add_generation_prompt=False):
        joined += _shown(piece)
    return joined.split("\0")


def _shown(piece: Piece) -> str:
    return piece if isinstance(piece, str) else f"\0{type(piece).__name__} {piece}\0"


@pytest.mark.parametrize("num_pictures", [0, 1, 2])
@pytest.mark.parametrize("system", [None, "Judge."])
def test_training_and_scoring_write_the_same(num_pictures: int, system: str | None) -> None:
    record = Stepwise(
        key="a",
        question="<image>\n" * num_pictures + "What is 2 + 2?",
        pictures=(ArrayPicture(PIXELS),) * num_pictures,
        solution_steps=STEPS,
        labels=(True, False, True),
    )
    learnt = messages_of(solution_turns(record, system), record.pictures)
    chat = Message.of("user", *[ImagePart(PIXELS)] * num_pictures, "What is 2 + 2?")
    asked = judged_turns(question_parts([chat]), STEPS, ["+", "-", "+"], system)
    assert pieces(learnt) == pieces(asked)
