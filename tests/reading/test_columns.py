from __future__ import annotations

import numpy as np

from shuowen.reading.columns import find_split
from shuowen.reading.frame import Floats


def prose(left: float, top: float, num_rows: int, width: float = 400) -> list[list[float]]:
    """Full lines of one width, 20 high, 30 apart; the last is short."""
    rows = [[left, top + 30 * i, left + width, top + 30 * i + 20] for i in range(num_rows)]
    rows[-1][2] = left + width / 3
    return rows


def heights(boxes: Floats) -> Floats:
    return boxes[:, 3] - boxes[:, 1]


def test_two_bodies_of_prose_are_split_at_their_gutter() -> None:
    boxes = np.array(prose(0, 0, 6) + prose(420, 0, 6), float)
    split = find_split(boxes, heights(boxes))
    assert split is not None
    assert sorted(split.left) == list(range(6))
    assert sorted(split.right) == list(range(6, 12))
    assert len(split.above) == len(split.below) == 0


def test_a_headline_and_a_page_number_stay_outside() -> None:
    headline, number = [0, -60, 820, -20], [400, 400, 430, 420]
    boxes = np.array([headline, *prose(0, 0, 6), *prose(420, 0, 6), number], float)
    split = find_split(boxes, heights(boxes))
    assert split is not None
    assert split.above.tolist() == [0]
    assert split.below.tolist() == [13]


def test_running_heads_far_above_two_columns_are_not_theirs() -> None:
    heads = [[0, -100, 150, -80], [750, -100, 820, -80]]
    boxes = np.array([*heads, *prose(0, 0, 6), *prose(420, 0, 6)], float)
    split = find_split(boxes, heights(boxes))
    assert split is not None
    assert sorted(split.above) == [0, 1]


def test_names_and_prices_are_read_across() -> None:
    names = [[0, 30 * i, 300, 30 * i + 20] for i in range(8)]
    prices = [[500, 30 * i, 560, 30 * i + 20] for i in range(8)]
    boxes = np.array(names + prices, float)
    assert find_split(boxes, heights(boxes)) is None


def test_labels_and_their_explanations_are_read_across() -> None:
    labels = [[0, 90 * i, 100, 90 * i + 20] for i in range(4)]
    boxes = np.array(labels + prose(200, 0, 12, 600), float)
    assert find_split(boxes, heights(boxes)) is None


def test_one_column_has_no_gutter() -> None:
    boxes = np.array(prose(0, 0, 10), float)
    assert find_split(boxes, heights(boxes)) is None


def test_a_figure_may_be_one_side() -> None:
    figure = [420, 0, 820, 300]
    boxes = np.array([*prose(0, 0, 10), figure], float)
    line_heights = np.full(len(boxes), 20.0)
    split = find_split(boxes, line_heights)
    assert split is not None
    assert split.right.tolist() == [10]
