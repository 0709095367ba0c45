from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shuowen.reading.rows import find_rows, row_box

EDGES = st.tuples(
    st.integers(0, 500), st.integers(0, 500), st.integers(1, 200), st.integers(1, 60)
).map(lambda t: (t[0], t[1], t[0] + t[2], t[1] + t[3]))


def test_pieces_of_one_level_go_left_to_right() -> None:
    boxes = np.array([[300, 2, 400, 22], [0, 0, 100, 20], [0, 30, 100, 50]], float)
    assert find_rows(boxes) == [[1, 0], [2]]


def test_boxes_over_each_other_are_two_rows() -> None:
    boxes = np.array([[0, 0, 100, 20], [5, 6, 105, 26]], float)
    assert find_rows(boxes) == [[0], [1]]


def test_no_boxes_make_no_rows() -> None:
    assert find_rows(np.empty((0, 4))) == []


def test_a_row_has_the_box_around_its_pieces() -> None:
    boxes = np.array([[0, 0, 100, 20], [300, 2, 400, 22]], float)
    assert row_box(boxes, [0, 1]).tolist() == [0, 0, 400, 22]


@given(st.lists(EDGES, max_size=40))
def test_every_box_is_in_one_row(edges: list[tuple[int, int, int, int]]) -> None:
    rows = find_rows(np.array(edges, float).reshape(-1, 4))
    assert sorted(index for row in rows for index in row) == list(range(len(edges)))
