"""A critic of readings is asked in the form that it was trained in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from shuowen.evals.crops.critics import AGGREGATES, PartsCritic
from shuowen.evals.crops.crop import LINE_PROMPT, EvalCrop
from shuowen.generation.solution_steps import judged_turns
from shuowen.model.critic import ProcessCritic
from shuowen.model.prompt_settings import prompt_settings
from shuowen.prompt.messages import ImagePart, Part, TextPart
from shuowen.prompt.options import EncodeOptions
from shuowen.prompt.processor import Processor
from shuowen.train.nano.model import NANO
from shuowen.train.nano.tokenizer import write_tokenizer
from shuowen.train.records import PICTURE_MARK, ArrayPicture, Stepwise, messages_of
from shuowen.train.solution_turns import solution_turns
from shuowen.train.step_labels import reading_parts

PIXELS = np.zeros((48, 96, 3), np.uint8)
CROP = EvalCrop(key="a", pixels=PIXELS, text="一二三", labels=(), group="a")


class Spy:
    """Calls a part likely when it is a character of the truth."""

    def __init__(self) -> None:
        self.asked: list[tuple[Sequence[Part], Sequence[Sequence[str]]]] = []

    def chances_in_one_pass(
        self, question: Sequence[Part], solutions: Sequence[Sequence[str]]
    ) -> list[list[float]]:
        self.asked.append((question, solutions))
        return [[0.9 if part and part in CROP.text else 0.2 for part in each] for each in solutions]


@pytest.fixture
def spy() -> Spy:
    return Spy()


@pytest.fixture
def critic(spy: Spy, monkeypatch: pytest.MonkeyPatch) -> PartsCritic:
    network = object.__new__(ProcessCritic)
    monkeypatch.setattr(network, "chances_in_one_pass", spy.chances_in_one_pass, raising=False)
    return PartsCritic(network)


def test_parts_are_judged_and_added_up(critic: PartsCritic, spy: Spy) -> None:
    readings = ["一二三", "一四三", ""]
    found = {name: critic.by(each)(CROP, readings) for name, each in AGGREGATES.items()}
    assert found["mean"] == pytest.approx([0.9, 2 / 3, 0.2])
    assert found["min"] == pytest.approx([0.9, 0.2, 0.2])
    assert found["last"] == pytest.approx([0.9, 0.9, 0.2])
    assert found["product"] == pytest.approx([0.9**3, 0.9 * 0.2 * 0.9, 0.2])
    ((question, solutions),) = spy.asked  # once, for all ways to add up
    assert solutions == [("一", "二", "三"), ("一", "四", "三"), ("",)]
    assert question[1] == TextPart(LINE_PROMPT)


def test_an_outcome_is_judged_as_a_whole(critic: PartsCritic, spy: Spy) -> None:
    assert critic.as_outcome()(CROP, ["一二三", "四"]) == pytest.approx([0.9, 0.2])
    assert spy.asked[0][1] == [("一二三",), ("四",)]


def test_training_and_asking_write_the_same_tokens(tmp_path: Path) -> None:
    processor = Processor(write_tokenizer(tmp_path, CROP.text), prompt_settings(NANO))
    parts = reading_parts("一二四")
    record = Stepwise(
        key="a",
        question=f"{PICTURE_MARK}\n{LINE_PROMPT}",
        pictures=(ArrayPicture(PIXELS),),
        solution_steps=parts,
        labels=(True, True, True),
    )
    trained = messages_of(solution_turns(record), record.pictures)
    asked = judged_turns((ImagePart(PIXELS), TextPart(LINE_PROMPT)), parts, ["+"] * 3)
    ids = [
        processor.encode(
            messages, EncodeOptions(), max_new_tokens=0, add_generation_prompt=False
        ).token_ids_T.tolist()
        for messages in (trained, asked)
    ]
    assert ids[0] == ids[1]
