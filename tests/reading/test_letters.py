from __future__ import annotations

import pytest

from shuowen.reading.frame import straight_boxes
from shuowen.reading.letters import letter_sizes
from tests.reading.drawn_lines import CHINESE, line

BODY = [line(CHINESE[:20], 0, 30 * i, 408, 30 * i + 20) for i in range(5)]


def test_equal_lines_have_their_height() -> None:
    sizes = letter_sizes(BODY, straight_boxes(BODY, "horizontal"))
    assert sizes == pytest.approx([20.0] * 5)


def test_a_superscript_makes_no_larger_letters() -> None:
    lines = [*BODY, line(CHINESE[:20], 0, 200, 412, 230)]
    sizes = letter_sizes(lines, straight_boxes(lines, "horizontal"))
    assert sizes[-1] < 21


def test_small_print_in_tall_boxes_is_small() -> None:
    lines = [*BODY, line(CHINESE[:20], 0, 200, 308, 219)]
    sizes = letter_sizes(lines, straight_boxes(lines, "horizontal"))
    assert sizes[-1] < 16


def test_a_page_of_short_lines_goes_by_height() -> None:
    lines = [line("a", 0, 0, 10, 20), line("b", 0, 30, 10, 70)]
    assert letter_sizes(lines, straight_boxes(lines, "horizontal")).tolist() == [20, 40]
