from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.reading.frame import Floats
from shuowen.reading.order import order_blocks

EDGES = st.tuples(
    st.integers(0, 900), st.integers(0, 900), st.integers(5, 400), st.integers(5, 60)
).map(lambda t: (t[0], t[1], t[0] + t[2], t[1] + t[3]))


def flat(boxes: Floats) -> list[int]:
    blocks = order_blocks(boxes, boxes[:, 3] - boxes[:, 1])
    return [index for block in blocks for row in block for index in row]


@pytest.mark.parametrize("num_columns", [1, 2, 3, 4])
def test_columns_are_read_one_after_the_other(num_columns: int) -> None:
    boxes = np.array(
        [
            [col * 320, row * 30, col * 320 + 300, row * 30 + 20]
            for col in range(num_columns)
            for row in range(8)
        ],
        float,
    )
    shuffled = list(range(len(boxes)))
    random.Random(num_columns).shuffle(shuffled)
    assert [shuffled[index] for index in flat(boxes[shuffled])] == list(range(len(boxes)))


def test_a_heading_across_divides_columns_above_from_columns_below() -> None:
    def column(left: int, top: int) -> list[list[int]]:
        return [[left, top + 30 * i, left + 300, top + 30 * i + 20] for i in range(5)]

    heading = [0, 200, 620, 230]
    parts = [*column(0, 0), *column(320, 0), heading, *column(0, 260), *column(320, 260)]
    assert flat(np.array(parts, float)) == list(range(21))


def test_a_tall_part_is_a_row_by_itself() -> None:
    boxes = np.array([[0, 0, 100, 20], [200, 0, 400, 300], [0, 30, 100, 50]], float)
    blocks = order_blocks(boxes, np.array([20.0, 20.0, 20.0]))
    assert blocks == [[[0], [1], [2]]]


def test_nothing_is_in_no_order() -> None:
    assert order_blocks(np.empty((0, 4)), np.empty(0)) == []


@given(st.lists(EDGES, max_size=60))
@settings(deadline=None)
def test_every_box_is_read_once(edges: list[tuple[int, int, int, int]]) -> None:
    assert sorted(flat(np.array(edges, float).reshape(-1, 4))) == list(range(len(edges)))


@given(
    st.lists(EDGES, min_size=1, max_size=40, unique=True),
    st.sampled_from([0.25, 0.5, 2.0, 8.0]),
    st.integers(-512, 512),
)
@settings(deadline=None)
def test_size_and_place_change_nothing(
    edges: list[tuple[int, int, int, int]], scale: float, shift: int
) -> None:
    boxes = np.array(edges, float)
    assert flat(boxes * scale + shift) == flat(boxes)
