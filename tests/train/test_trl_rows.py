"""Rows as TRL's documentation of data sets has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shuowen.train.jsonl import parse_row
from shuowen.train.records import (
    Conversation,
    FilePicture,
    Preference,
    Record,
    Stepwise,
    Turn,
)
from shuowen.train.row_fields import RowError

SKY = "What color is the sky?"
ASKED = [{"role": "user", "content": SKY}]
BLUE = [{"role": "assistant", "content": "It is blue."}]
GREEN = [{"role": "assistant", "content": "It is green."}]
PARTS = [{"type": "image"}, {"type": "text", "text": SKY}]


def parsed(row: dict[str, Any]) -> Record:
    return parse_row(row, Path("root"), "row 1")


TURN = Turn("user", SKY)
CONVERSATION = Conversation(key="row 1", turns=(TURN, Turn("assistant", "It is blue.")))
PREFERENCE = Preference(key="row 1", turns=(TURN,), chosen="It is blue.", rejected="It is green.")


@pytest.mark.parametrize(
    "row",
    [
        {"messages": ASKED + BLUE},
        {"prompt": SKY, "completion": "It is blue."},
        {"prompt": ASKED, "completion": BLUE},
    ],
)
def test_conversations(row: dict[str, Any]) -> None:
    assert parsed(row) == CONVERSATION


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": SKY, "chosen": "It is blue.", "rejected": "It is green."},
        {"prompt": ASKED, "chosen": BLUE, "rejected": GREEN},
        {"chosen": ASKED + BLUE, "rejected": ASKED + GREEN},
    ],
)
def test_preferences(row: dict[str, Any]) -> None:
    assert parsed(row) == PREFERENCE


def test_the_prompt_of_two_chats_is_what_they_share() -> None:
    system = [{"role": "system", "content": "S"}]
    more = [{"role": "user", "content": "Sure?"}]
    prompt = system + ASKED + BLUE + more
    record = parsed({"chosen": prompt + BLUE, "rejected": prompt + GREEN})
    assert isinstance(record, Preference)
    assert [turn.text for turn in record.turns] == ["S", SKY, "It is blue.", "Sure?"]
    assert (record.chosen, record.rejected) == ("It is blue.", "It is green.")


def test_judged_solutions() -> None:
    row = {"prompt": SKY, "completions": ["It is day.", "So green."], "labels": [True, False]}
    expected = Stepwise(
        key="row 1",
        question=SKY,
        solution_steps=("It is day.", "So green."),
        labels=(True, False),
    )
    assert parsed(row) == expected
    assert parsed({**row, "prompt": ASKED}) == expected


def test_pictures_are_listed_beside_or_named_inside() -> None:
    message = {"role": "user", "content": PARTS}
    beside = parsed({"images": ["a.png"], "messages": [message, *BLUE]})
    named = [{"type": "image", "image": "a.png"}, PARTS[1]]
    inside = parsed({"messages": [{"role": "user", "content": named}, *BLUE]})
    assert beside == inside
    assert isinstance(beside, Conversation)
    assert beside.turns[0].text == f"<image>\n{SKY}"
    assert beside.pictures == (FilePicture(Path("root/a.png")),)


def test_pictures_of_a_shared_prompt_count_once() -> None:
    asked = [{"role": "user", "content": [{"type": "image", "image": "a.png"}, PARTS[1]]}]
    record = parsed({"chosen": asked + BLUE, "rejected": asked + GREEN})
    assert isinstance(record, Preference)
    assert record.pictures == (FilePicture(Path("root/a.png")),)
    assert record == parsed({"prompt": asked, "chosen": BLUE, "rejected": GREEN})


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"text": "The sky is blue."}, "none of conversations"),
        ({"prompt": SKY, "completion": "A", "label": True}, "one by one"),
        ({"prompt": SKY}, "none of conversations"),
        ({"messages": []}, "list of messages"),
        ({"messages": ASKED}, "nothing to learn"),
        ({"messages": [{"role": "tool", "content": "A"}]}, "role"),
        ({"messages": ["A"]}, "role"),
        ({"messages": [{"role": "user", "content": [{"type": "audio"}]}]}, "neither text nor"),
        ({"messages": [{"role": "user"}]}, '"content" is missing'),
        ({"messages": BLUE + [{"role": "system", "content": "S"}]}, "elsewhere than first"),
        ({"prompt": ASKED, "chosen": BLUE}, "assistant says is neither"),
        ({"prompt": ASKED, "chosen": BLUE, "rejected": GREEN + GREEN}, '"rejected" is not one'),
        ({"prompt": ASKED + BLUE, "chosen": BLUE, "rejected": GREEN}, "does not end with the user"),
        ({"chosen": "A", "rejected": "B"}, "does not end with the user"),
        ({"prompt": SKY, "completions": [], "labels": []}, '"completions"'),
        ({"prompt": SKY, "completions": ["A"], "labels": [1]}, '"labels"'),
        ({"prompt": SKY, "completions": ["A"], "labels": [True, True]}, "1 completions and 2"),
        ({"prompt": ASKED + BLUE, "completions": ["A"], "labels": [True]}, "one question"),
    ],
)
def test_other_rows_are_refused_with_the_reason(row: dict[str, Any], says: str) -> None:
    with pytest.raises(RowError) as caught:
        parsed(row)
    assert says in str(caught.value)
