from __future__ import annotations

import cv2
import numpy as np
import pytest

from shuowen.engines.embedded.layout import KINDS, _centers, _decode, find_layout
from shuowen.image.page import Pixels


def drawn_page(width: int = 1000, height: int = 1400) -> Pixels:
    """A page with a paragraph above and a ruled table below."""
    page = np.full((height, width, 3), 255, np.uint8)
    for row in range(12):
        cv2.putText(
            page,
            "The quick brown fox jumps over the lazy dog again.",
            (100, 150 + 36 * row),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.9,
            (0, 0, 0),
            2,
        )
    for row in range(9):
        cv2.line(page, (100, 750 + 50 * row), (900, 750 + 50 * row), (0, 0, 0), 2)
        for col in range(5 * (row < 8)):
            cv2.putText(
                page,
                f"{row * 37 + col}.5",
                (130 + 160 * col, 785 + 50 * row),
                cv2.FONT_HERSHEY_SIMPLEX,
                0.8,
                (0, 0, 0),
                2,
            )
    for col in range(6):
        cv2.line(page, (100 + 160 * col, 750), (100 + 160 * col, 1150), (0, 0, 0), 2)
    return page


def test_a_drawn_page_shows_its_text_and_its_table() -> None:
    found = find_layout(drawn_page())
    table = next(seen for seen in found if seen.kind == "table")
    assert table.box.top == pytest.approx(750, abs=40)
    assert table.box.bottom == pytest.approx(1150, abs=40)
    text = next(seen for seen in found if seen.kind == "text")
    assert text.box.left == pytest.approx(100, abs=40)
    assert text.box.bottom < 700


def test_boxes_lie_on_the_page_most_confident_first() -> None:
    found = find_layout(cv2.resize(drawn_page(), (700, 500)))
    assert all(0 <= seen.box.left < seen.box.right <= 700 for seen in found)
    assert all(0 <= seen.box.top < seen.box.bottom <= 500 for seen in found)
    confidences = [seen.confidence for seen in found]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0.5 <= confidence <= 1 for confidence in confidences)


def test_an_empty_page_has_no_layout() -> None:
    assert find_layout(np.full((300, 200, 3), 255, np.uint8)) == []


def test_a_distribution_on_one_bin_is_that_many_strides() -> None:
    stride = 64
    logits = np.full((len(_centers(stride)), 4, 8), -50, np.float32)
    for side, distance in enumerate([0, 1, 2, 7]):
        logits[:, side, distance] = 50
    left, top, right, bottom = _decode(logits.reshape(len(logits), 32), stride)[0]
    assert (left, top, right, bottom) == (32, 32 - 64, 32 + 128, 32 + 448)


def test_a_distribution_over_two_bins_is_their_mean() -> None:
    logits = np.full((len(_centers(8)), 4, 8), -50, np.float32)
    logits[:, :, [3, 4]] = 50
    box = _decode(logits.reshape(len(logits), 32), 8)[0]
    assert box.tolist() == pytest.approx([4 - 28, 4 - 28, 4 + 28, 4 + 28])


@pytest.mark.parametrize(("stride", "num_cells"), [(8, 7600), (16, 1900), (32, 475), (64, 130)])
def test_feature_maps_have_the_cells_of_the_network(stride: int, num_cells: int) -> None:
    assert _centers(stride).shape == (num_cells, 2)


def test_every_class_has_a_kind() -> None:
    assert len(KINDS) == 10
