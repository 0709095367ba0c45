"""Boxes of several looks are joined, those of neighbouring lines are cut apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.engines.embedded.detector import TextBox
from shuowen.engines.embedded.overlaps import LEAST_KEPT, add_missing, cut_apart


def box(left: float, top: float, right: float, bottom: float, lean: float = 0.0) -> TextBox:
    """An upright box; its right side lies `lean` lower than its left one."""
    corners = [[left, top], [right, top + lean], [right, bottom + lean], [left, bottom]]
    return TextBox(quad=np.array(corners, np.float32), score=0.9)


def rows(boxes: list[TextBox]) -> list[tuple[float, float]]:
    return [(float(each.quad[0, 1]), float(each.quad[3, 1])) for each in boxes]


def test_later_looks_add_only_what_was_missed() -> None:
    known, again, new = box(0, 0, 100, 10), box(5, 0, 90, 10), box(200, 0, 300, 10)
    assert add_missing([known], [again, new]) == [known, new]
    assert add_missing([], [new]) == [new]
    assert add_missing([known], []) == [known]


def test_dense_lines_are_cut_halfway_into_their_overlap() -> None:
    # Three lines 16 apart in boxes 26 high overlap by 10.
    boxes = [box(0, top, 300, top + 26) for top in (0, 16, 32)]
    assert rows(cut_apart(boxes)) == [(0, 21), (21, 37), (37, 58)]


def test_a_heading_and_small_print_share_the_cut() -> None:
    boxes = [box(0, 0, 200, 40), box(0, 34, 300, 54)]
    assert rows(cut_apart(boxes)) == [(0, 37), (37, 54)]


def test_lines_that_barely_touch_stay() -> None:
    boxes = [box(0, 0, 300, 20), box(0, 16, 300, 36)]
    assert rows(cut_apart(boxes)) == [(0, 20), (16, 36)]


@pytest.mark.parametrize(
    "other",
    [
        box(290, 10, 600, 30),  # beside, not below
        box(0, 2, 300, 21),  # the same line, found twice
        box(100, 5, 140, 15),  # inside
        box(0, 200, 300, 220),  # far away
    ],
)
def test_what_is_no_neighbouring_line_cuts_nothing(other: TextBox) -> None:
    first = box(0, 0, 300, 20)
    assert rows(cut_apart([first, other])) == rows([first, other])


def test_columns_of_vertical_text_stay() -> None:
    boxes = [box(0, 0, 20, 200), box(4, 0, 24, 200)]
    assert cut_apart(boxes) == boxes
    assert cut_apart([]) == []


def test_slanting_lines_are_cut_along_themselves() -> None:
    upper, lower = cut_apart([box(0, top, 800, top + 26, lean=40) for top in (0, 16)])
    assert upper.quad[2:, 1] == pytest.approx([61, 21])
    assert lower.quad[:2, 1] == pytest.approx([21, 61])
    # Further apart than a box is high: their bounds overlap, the lines themselves do not.
    boxes = [box(0, top, 800, top + 26, lean=40) for top in (0, 30)]
    assert rows(cut_apart(boxes)) == rows(boxes)


@given(
    st.lists(
        st.tuples(*[st.integers(0, 300)] * 2, st.integers(10, 300), st.integers(5, 60)), max_size=12
    )
)
def test_cut_boxes_lie_inside_the_boxes_and_keep_their_order(
    sizes: list[tuple[int, int, int, int]],
) -> None:
    boxes = [box(x, y, x + width, y + height) for x, y, width, height in sizes]
    apart = cut_apart(boxes)
    assert len(apart) == len(boxes)
    for before, after in zip(boxes, apart, strict=True):
        height = before.quad[3, 1] - before.quad[0, 1]
        assert before.quad[0, 1] <= after.quad[0, 1] < after.quad[3, 1] <= before.quad[3, 1]
        assert after.quad[3, 1] - after.quad[0, 1] >= LEAST_KEPT * height - 1e-3
        assert (after.quad[:, 0] == before.quad[:, 0]).all()
