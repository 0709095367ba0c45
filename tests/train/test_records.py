"""Turns and pictures as the messages that inference is given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shuowen.errors import InputError
from shuowen.prompt.messages import ImagePart, TextPart
from shuowen.train.records import ArrayPicture, FilePicture, Turn, messages_of
from tests.train.small_data import pixels

FIRST, SECOND = ArrayPicture(pixels(1)), ArrayPicture(pixels(2))


def shown(*turns: Turn, pictures: tuple[ArrayPicture, ...] = ()) -> list[list[object]]:
    """Parts of each message: texts, and pictures as their number."""
    arrays = [each.pixels for each in (FIRST, SECOND)]
    return [
        [
            next(i for i, each in enumerate(arrays, 1) if each is part.picture)
            if isinstance(part, ImagePart)
            else part.text
            for part in message.parts
            if isinstance(part, ImagePart | TextPart)
        ]
        for message in messages_of(turns, pictures)
    ]


def test_pictures_stand_at_their_marks() -> None:
    turns = (Turn("user", "<image>\nWhat?"), Turn("assistant", "A."), Turn("user", "And\n<image>"))
    assert shown(*turns, pictures=(FIRST, SECOND)) == [[1, "What?"], ["A."], ["And", 2]]


def test_labels_that_the_template_writes_are_taken_off() -> None:
    turn = Turn("user", "Image-1: <image>\nImage-2: <image>\nCompare Image-1: them.")
    assert shown(turn, pictures=(FIRST, SECOND)) == [[1, 2, "Compare Image-1: them."]]


def test_without_marks_all_pictures_come_before_the_first_question() -> None:
    turns = (Turn("system", "S"), Turn("user", "Q"), Turn("assistant", "A"), Turn("user", "R"))
    assert shown(*turns, pictures=(FIRST, SECOND)) == [["S"], [1, 2, "Q"], ["A"], ["R"]]


def test_without_pictures_a_mark_is_text() -> None:
    assert shown(Turn("user", "What does <image> mean?")) == [["What does <image> mean?"]]


def test_a_mark_in_an_answer_is_text() -> None:
    turns = (Turn("user", "<image>\nQ"), Turn("assistant", "It says <image>."))
    assert shown(*turns, pictures=(FIRST,)) == [[1, "Q"], ["It says <image>."]]


def test_marks_and_pictures_must_be_equally_many() -> None:
    with pytest.raises(InputError, match=r"row 7 has 1 pictures and 2 marks"):
        messages_of((Turn("user", "<image><image>"),), (FIRST,), "row 7")
    with pytest.raises(InputError, match="no user turn"):
        messages_of((Turn("assistant", "A"),), (FIRST,))


def test_a_file_is_opened_when_it_is_needed_and_named_when_it_cannot_be(tmp_path: Path) -> None:
    picture = FilePicture(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"a\.png does not exist"):
        picture.load()
    Image.fromarray(pixels(3)).save(picture.path)
    assert np.array_equal(picture.load(), pixels(3))
    picture.path.write_bytes(picture.path.read_bytes()[:60])
    with pytest.raises(InputError, match=r"a\.png"):
        picture.load()
    pdf = tmp_path / "b.pdf"
    pdf.write_bytes(b"%PDF-1.4\n")
    with pytest.raises(InputError, match="not a picture"):
        FilePicture(pdf).load()
