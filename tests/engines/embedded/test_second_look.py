"""Only the doubted words of a line are read again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.engines.embedded.ctc import Reading
from shuowen.engines.embedded.second_look import doubted_parts, read_again

LINE = np.full((48, 480, 3), 255, np.uint8)


def make(text: str, doubted: str = "") -> Reading:
    """One equally wide slot a character; those in `doubted` have a low confidence."""
    centers = tuple((n + 0.5) / len(text) for n in range(len(text)))
    confidences = tuple(0.4 if character in doubted else 0.99 for character in text)
    return Reading(text=text, confidences=confidences, centers=centers)


class Careful:
    """Answers every part with the same text and remembers how wide the parts were."""

    def __init__(self, text: str, confidence: float = 0.95) -> None:
        self.reading = Reading(
            text=text, confidences=(confidence,) * len(text), centers=(0.5,) * len(text)
        )
        self.widths: list[int] = []

    def __call__(self, part: np.ndarray) -> Reading:
        self.widths.append(part.shape[1])
        return self.reading


def test_a_sure_line_is_not_read_again() -> None:
    careful = Careful("x")
    reading = make("sure of all")
    assert read_again(LINE, reading, careful, 0.9) == reading
    assert careful.widths == []


def test_a_doubted_chinese_character_is_replaced_with_its_neighbours() -> None:
    careful = Careful("三X五六七")
    again = read_again(LINE, make("一二三四五六七八九十" * 2, ""), careful, 0.9)
    assert again.text == "一二三四五六七八九十" * 2
    doubted = Reading(
        text="一二三四五六七八九十甲乙丙丁",
        confidences=(0.99,) * 4 + (0.3,) + (0.99,) * 9,
        centers=tuple((n + 0.5) / 14 for n in range(14)),
    )
    again = read_again(LINE, doubted, careful, 0.9)
    assert again.text == "一二" + "三X五六七" + "八九十甲乙丙丁"
    assert careful.widths == [pytest.approx(480 * 5 / 14, abs=20)]
    assert len(again.text) == len(again.confidences) == len(again.centers)


def test_a_mostly_doubted_line_is_read_as_a_whole() -> None:
    careful = Careful("all new")
    assert read_again(LINE, make("几乎全部", "几乎全部"), careful, 0.9).text == "all new"
    assert careful.widths == [480]


def test_what_was_read_stands_where_nothing_is_read_again() -> None:
    for reading in (make("almost", "almost"), make("一二三四五六七八九十", "五")):
        assert read_again(LINE, reading, Careful(""), 0.9) == reading


def test_a_line_without_text_is_read_as_a_whole() -> None:
    assert read_again(LINE, make(""), Careful("found"), 0.9).text == "found"


@given(st.text("ab 中文", min_size=1, max_size=40), st.lists(st.floats(0, 1), min_size=40))
def test_parts_are_apart_in_order_and_hold_every_doubted_character(
    text: str, confidences: list[float]
) -> None:
    reading = Reading(
        text=text,
        confidences=tuple(confidences[: len(text)]),
        centers=tuple((n + 0.5) / len(text) for n in range(len(text))),
    )
    parts = doubted_parts(reading, np.zeros(480, np.float32), 0.9)
    inside = {n for part in parts for n in range(part.first, part.last)}
    doubted = {n for n, value in enumerate(reading.confidences) if value < 0.9}
    assert {n for n in doubted if text[n] != " "} <= inside
    for part in parts:
        assert 0 <= part.start < part.end <= 1
    for left, right in zip(parts, parts[1:], strict=False):
        assert left.last <= right.first
        assert left.end <= right.start
