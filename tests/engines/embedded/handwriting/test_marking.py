"""What is crossed out leaves the text and stays beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.document.model import Box, Direction, Line
from shuowen.engines.embedded.ctc import Reading
from shuowen.engines.embedded.handwriting.marking import marked
from shuowen.engines.embedded.lines import make_line
from tests.engines.embedded.handwriting.drawn_strikes import (
    CHINESE,
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
ROW = 28
SURE, UNSURE = 0.95, 0.3


def latin_reading(width: int, confidence: float = SURE) -> Reading:
    """What a recogniser would see in the line of `SENTENCE`."""
    ends = [latin_place(SENTENCE[: n + 1], SENTENCE[: n + 1])[1] for n in range(len(SENTENCE))]
    middles = [(a + b) / 2 / width for a, b in zip([20, *ends], ends, strict=False)]
    return Reading(text=SENTENCE, confidences=(confidence,) * len(SENTENCE), centers=tuple(middles))


def line_of(picture: Picture, reading: Reading, direction: Direction = "horizontal") -> Line:
    """The line, as if it stood at (100, 500) on a page."""
    height, width = picture.shape[:2]
    if direction == "vertical":
        height, width = width, height
    quad = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) + (100, 500)
    line = make_line(quad.astype(np.float32), reading, direction)
    assert line is not None
    return line


def latin(picture: Picture, confidence: float = SURE) -> Line:
    return marked(line_of(picture, latin_reading(picture.shape[1], confidence)), picture)


def chinese(picture: Picture, direction: Direction = "horizontal") -> Line:
    count = len(CHINESE)
    places = [chinese_place(n, n) for n in range(count)]
    centers = tuple((a + b) / 2 / picture.shape[1] for a, b in places)
    reading = Reading(text=CHINESE, confidences=(SURE,) * count, centers=centers)
    return marked(line_of(picture, reading, direction), picture)


def test_a_clean_line_stays_the_very_same() -> None:
    picture = latin_line(SENTENCE)
    line = line_of(picture, latin_reading(picture.shape[1]))
    assert marked(line, picture) is line


def test_a_line_without_extent_stays_the_very_same() -> None:
    read = make_line(np.zeros((4, 2), np.float32), latin_reading(400), "horizontal")
    assert read is not None
    assert marked(read, np.full((48, 1, 3), 255, np.uint8)) is read


def test_a_struck_word_goes_from_the_text_to_what_is_crossed_out() -> None:
    place = latin_place(SENTENCE, "signed")
    line = latin(stroke(latin_line(SENTENCE), place, ROW))
    assert line.text == "please send the copy back to us"
    assert [span.text for span in line.spans] == line.text.split()
    (struck,) = line.crossed_out
    assert struck.text == "signed"
    assert struck.box == Box(
        pytest.approx(100 + place[0], abs=8), 500, pytest.approx(100 + place[1], abs=8), 548
    )


def test_words_at_the_ends_leave_no_space_behind() -> None:
    picture = stroke(latin_line(SENTENCE), latin_place(SENTENCE, "please"), ROW)
    assert latin(picture).text == "send the signed copy back to us"
    picture = stroke(latin_line(SENTENCE), latin_place(SENTENCE, "back to us"), ROW)
    assert latin(picture).text == "please send the signed copy"


def test_struck_chinese_characters_go_one_by_one() -> None:
    line = chinese(stroke(chinese_line(), chinese_place(5, 8), 22))
    assert line.text == CHINESE[:5] + CHINESE[9:]
    assert [struck.text for struck in line.crossed_out] == [CHINESE[5:9]]


def test_a_column_is_marked_from_top_to_bottom() -> None:
    line = chinese(stroke(chinese_line(), chinese_place(5, 8), 22), "vertical")
    assert line.text == CHINESE[:5] + CHINESE[9:]
    top, bottom = chinese_place(5, 8)
    box = line.crossed_out[0].box
    assert (box.top, box.bottom) == pytest.approx((500 + top, 500 + bottom), abs=14)
    assert (box.left, box.right) == (100, 148)


def test_part_of_a_word_without_spaces_is_struck() -> None:
    """The recogniser often leaves out spaces in handwriting."""
    picture = stroke(latin_line(SENTENCE), latin_place(SENTENCE, "signed"), ROW)
    spaced = latin_reading(picture.shape[1])
    kept = [n for n, character in enumerate(SENTENCE) if character != " "]
    joined = Reading(
        text="".join(SENTENCE[n] for n in kept),
        confidences=(SURE,) * len(kept),
        centers=tuple(spaced.centers[n] for n in kept),
    )
    line = marked(line_of(picture, joined), picture)
    (struck,) = line.crossed_out
    assert "igne" in struck.text
    assert "igne" not in line.text
    assert len(line.spans) == 2
    assert line.text == "".join(span.text for span in line.spans)
    assert line.spans[0].box.right < line.spans[1].box.left


@pytest.mark.parametrize("is_black", [False, True])
def test_a_scribble_counts_only_over_what_is_hardly_read(is_black: bool) -> None:
    place, clean = latin_place(SENTENCE, "signed"), latin_line(SENTENCE)
    picture = blackened(clean, place) if is_black else zigzag(clean, place, 12, 40)
    assert latin(picture, UNSURE).text == "please send the copy back to us"
    assert latin(picture, SURE).text == SENTENCE


@pytest.mark.parametrize(("word", "is_struck"), [("signed", True), ("please", False)])
def test_a_bar_before_all_words_is_no_scribble(word: str, is_struck: bool) -> None:
    place = latin_place(SENTENCE, word)
    picture = blackened(latin_line(SENTENCE), place)
    reading, (left, right) = latin_reading(picture.shape[1]), np.array(place) / picture.shape[1]
    kept = [n for n, center in enumerate(reading.centers) if not left <= center <= right]
    unread = Reading(
        text="".join(SENTENCE[n] for n in kept),
        confidences=(SURE,) * len(kept),
        centers=tuple(reading.centers[n] for n in kept),
    )
    line = marked(line_of(picture, unread), picture)
    assert line.text == unread.text.strip()
    assert [struck.text for struck in line.crossed_out] == [""] * is_struck


def test_of_a_line_that_is_struck_as_a_whole_no_text_is_left() -> None:
    line = latin(stroke(latin_line(SENTENCE), latin_place(SENTENCE, SENTENCE), ROW))
    assert line.text == ""
    assert line.spans == ()
    assert line.confidence == pytest.approx(SURE)
    assert line.crossed_out[0].text == SENTENCE.replace(" ", "")


def test_confidence_is_that_of_what_is_left() -> None:
    picture = stroke(latin_line(SENTENCE), latin_place(SENTENCE, "signed"), ROW)
    sure = latin_reading(picture.shape[1])
    start = SENTENCE.index("signed")
    struck = range(start, start + len("signed"))
    confidences = tuple(0.1 if n in struck else 0.9 for n in range(len(SENTENCE)))
    reading = Reading(text=sure.text, confidences=confidences, centers=sure.centers)
    assert marked(line_of(picture, reading), picture).confidence == pytest.approx(0.9)


@given(st.integers(0, 11), st.integers(1, 4))
def test_no_character_is_lost_or_doubled(first: int, count: int) -> None:
    line = chinese(stroke(chinese_line(), chinese_place(first, first + count), 24))
    struck = "".join(each.text for each in line.crossed_out)
    assert sorted(line.text + struck) == sorted(CHINESE)
    assert "".join(span.text for span in line.spans) == line.text
