from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.document.model import Box, Line, box_around
from shuowen.reading.frame import main_direction, straight_boxes, turned_box
from tests.reading.drawn_lines import line


def sloping(text: str, left: float, top: float, width: float, degrees: float) -> Line:
    """A line turned by some degrees about the page's corner."""
    angle = math.radians(degrees)
    corners = [(left, top), (left + width, top), (left + width, top + 20), (left, top + 20)]
    turned = [
        (x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle))
        for x, y in corners
    ]
    quad = (turned[0], turned[1], turned[2], turned[3])
    return Line(text=text, confidence=1.0, box=box_around(quad), quad=quad)


def test_an_upright_box_stays() -> None:
    boxes = straight_boxes([line("hello", 10, 20, 210, 40)], "horizontal")
    assert boxes.tolist() == [[10, 20, 210, 40]]


@given(st.floats(-2, 2))
def test_a_slope_is_taken_out(degrees: float) -> None:
    pair = [sloping("one", 0, 100, 300, degrees), sloping("two", 900, 100, 300, degrees)]
    first, second = straight_boxes(pair, "horizontal")
    assert first[1] == pytest.approx(second[1], abs=0.5)
    assert first[3] - first[1] == pytest.approx(20, abs=0.5)


@pytest.mark.parametrize("degrees", [-8, -5, 5, 8])
def test_a_note_of_few_slanted_lines_is_straightened(degrees: float) -> None:
    pieces = [sloping("left piece", 0, top, 150, degrees) for top in (100.0, 140.0)] + [
        sloping("right piece", 500, top, 150, degrees) for top in (100.0, 140.0)
    ]
    tops = straight_boxes(pieces, "horizontal")[:, 1]
    assert tops[0] == pytest.approx(tops[2], abs=1.5)
    assert tops[1] == pytest.approx(tops[3], abs=1.5)
    assert tops[1] - tops[0] == pytest.approx(40, abs=1.5)


def test_slanted_lines_do_not_bend_a_page_of_level_ones() -> None:
    level = [line("a long line of text", 0, 40 * n, 300, 40 * n + 20) for n in range(4)]
    slanted = [sloping("on purpose", 400, 40 * n, 200, 8) for n in range(4)]
    boxes = straight_boxes([*level, *slanted], "horizontal")
    assert boxes[:4].tolist() == [[0, 40 * n, 300, 40 * n + 20] for n in range(4)]


def test_lines_with_slopes_of_their_own_bend_nothing() -> None:
    fan = [sloping("one", 0, 100, 200, 8), sloping("two", 0, 200, 200, -8)]
    level = [sloping("three", 0, 300, 50, 0)]
    assert straight_boxes([*fan, *level], "horizontal")[2].tolist() == [0, 300, 50, 320]


def test_short_lines_do_not_bend_the_page() -> None:
    boxes = straight_boxes(
        [line("long line of text", 0, 0, 300, 20), sloping("x", 0, 50, 30, 2)], "horizontal"
    )
    assert boxes[0].tolist() == [0, 0, 300, 20]


def test_vertical_columns_read_from_right_to_left() -> None:
    columns = [line("左", 0, 0, 20, 200, "vertical"), line("右", 100, 0, 120, 200, "vertical")]
    left, right = straight_boxes(columns, "vertical")
    assert right[1] < left[1]
    assert left[2] - left[0] == 200


def test_a_turned_box_is_the_turned_line() -> None:
    column = line("字", 30, 5, 50, 105, "vertical")
    assert np.array_equal(
        turned_box(column.box, "vertical"), straight_boxes([column], "vertical")[0]
    )
    assert turned_box(Box(1, 2, 3, 4), "horizontal").tolist() == [1, 2, 3, 4]


def test_the_direction_of_most_characters_counts() -> None:
    across = line("a title", 0, 0, 100, 20)
    down = line("很长的一列竖排文字", 0, 30, 20, 300, "vertical")
    assert main_direction([across, down]) == "vertical"
    assert main_direction([across]) == "horizontal"
    assert main_direction([]) == "horizontal"
