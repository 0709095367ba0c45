from __future__ import annotations

import cv2
import numpy as np
import pytest

from shuowen.engines.embedded.handwriting.crossed_out import crossed_out
from tests.engines.embedded.handwriting.drawn_strikes import (
    Picture,
    blackened,
    chinese_line,
    chinese_place,
    latin_line,
    latin_place,
    stroke,
    zigzag,
)

SENTENCE = "please send the signed copy back to us"
SIGNED = latin_place(SENTENCE, "signed")
X_HEIGHT_ROW = 28
BASELINE_ROW = 36


def places(picture: Picture) -> list[tuple[int, int, bool]]:
    width = picture.shape[1]
    return [
        (round(s.start * width), round(s.end * width), s.is_scribble) for s in crossed_out(picture)
    ]


def test_a_stroke_through_a_word_is_found_where_it_is() -> None:
    ((start, end, is_scribble),) = places(stroke(latin_line(SENTENCE), SIGNED, X_HEIGHT_ROW))
    assert (start, end) == pytest.approx((SIGNED[0] - 4, SIGNED[1] + 4), abs=4)
    assert not is_scribble


def test_a_stroke_through_chinese_characters_is_found() -> None:
    place = chinese_place(5, 8)
    ((start, end, _),) = places(stroke(chinese_line(), place, 22))
    assert (start, end) == pytest.approx(place, abs=14)


@pytest.mark.parametrize("slope", [-0.05, 0.05])
def test_a_slanted_stroke_is_found(slope: float) -> None:
    picture = latin_line(SENTENCE)
    rise = round(slope * (SIGNED[1] - SIGNED[0]) / 2)
    ends = (SIGNED[0], X_HEIGHT_ROW - rise), (SIGNED[1], X_HEIGHT_ROW + rise)
    cv2.line(picture, *ends, (20, 20, 20), 3, cv2.LINE_AA)
    assert len(places(picture)) == 1


def test_two_strokes_are_found() -> None:
    twice = stroke(stroke(latin_line(SENTENCE), SIGNED, 23), SIGNED, 32)
    assert places(twice)
    assert all(start >= SIGNED[0] - 8 and end <= SIGNED[1] + 8 for start, end, _ in places(twice))


def test_a_zigzag_is_a_scribble() -> None:
    ((start, end, is_scribble),) = places(zigzag(latin_line(SENTENCE), SIGNED, 12, 40))
    assert is_scribble
    assert SIGNED[0] <= (start + end) / 2 <= SIGNED[1]


def test_a_blackened_word_is_a_scribble() -> None:
    assert [found[2] for found in places(blackened(latin_line(SENTENCE), SIGNED))] == [True]


def test_light_writing_on_dark_paper_is_struck_out_too() -> None:
    picture = stroke(latin_line(SENTENCE), SIGNED, X_HEIGHT_ROW)
    assert len(places(255 - picture)) == 1


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE,
        "tttt ffff ttff little offer buffet HHHH",
        "a ---- b ==== c ____ d \u2014\u2014\u2014 e ++++ f",
        "1 - 2 = 3 + 4 --- 5 === 6",
        "EEEEEEEE FFFFFFFF ########",
    ],
)
def test_writing_is_not_crossed_out(text: str) -> None:
    assert places(latin_line(text)) == []


def test_chinese_strokes_and_dashes_are_not_crossed_out() -> None:
    assert places(chinese_line()) == []


@pytest.mark.parametrize("thickness", [1, 2, 3, 4])
@pytest.mark.parametrize("row", [BASELINE_ROW + 3, BASELINE_ROW + 5])
def test_an_underlined_word_is_not_crossed_out(row: int, thickness: int) -> None:
    picture = latin_line("happy typing, go jogging quickly")
    place = latin_place("happy typing, go jogging quickly", "jogging")
    assert places(stroke(picture, place, row, thickness)) == []


def test_a_rule_across_the_whole_line_is_not_a_strike() -> None:
    picture = latin_line(SENTENCE)
    assert places(stroke(picture, (0, picture.shape[1]), X_HEIGHT_ROW)) == []


def test_a_blank_to_be_filled_in_is_not_crossed_out() -> None:
    text = "Name:            Date:           "
    picture = latin_line(text)
    place = latin_place(text, "            Date")
    assert places(stroke(picture, (place[0] + 8, place[0] + 100), BASELINE_ROW, 2)) == []


def test_a_box_around_a_word_is_not_two_strikes() -> None:
    picture = latin_line(SENTENCE)
    cv2.rectangle(picture, (SIGNED[0] - 5, 4), (SIGNED[1] + 5, 45), (20, 20, 20), 2)
    assert places(picture) == []


def test_blurred_letters_that_run_together_are_not_crossed_out() -> None:
    small = cv2.resize(latin_line(SENTENCE), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    blurred = cv2.resize(cv2.GaussianBlur(small, (0, 0), 1.2), None, fx=4, fy=4)
    assert places(np.asarray(blurred, np.uint8)) == []


def test_a_bold_word_is_not_a_scribble() -> None:
    bold = latin_line(SENTENCE)
    part = bold[:, SIGNED[0] : SIGNED[1]]
    bold[:, SIGNED[0] : SIGNED[1]] = cv2.erode(part, np.ones((2, 3), np.uint8))
    assert places(bold) == []


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_picture_has_nothing_crossed_out(level: int) -> None:
    assert places(np.full((48, 300, 3), level, np.uint8)) == []
