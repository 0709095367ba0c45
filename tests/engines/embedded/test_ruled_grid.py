from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shuowen.document.model import Box
from shuowen.engines.embedded.ruled_grid import merged_labels, ruled_structure
from shuowen.engines.embedded.ruled_lines import find_rules


def drawn(rows: int, cols: int, *, missing: tuple[tuple[int, int, int, int], ...] = ()):
    """A grid of 100 x 40 pixel cells from (20, 20); `missing` are rubbed-out rectangles."""
    picture = np.full((rows * 40 + 40, cols * 100 + 40, 3), 255, np.uint8)
    for row in range(rows + 1):
        cv2.line(picture, (20, 20 + row * 40), (20 + cols * 100, 20 + row * 40), (0, 0, 0), 2)
    for col in range(cols + 1):
        cv2.line(picture, (20 + col * 100, 20), (20 + col * 100, 20 + rows * 40), (0, 0, 0), 2)
    for left, top, right, bottom in missing:
        picture[top:bottom, left:right] = 255
    return picture


def spans(picture: np.ndarray, text: tuple[Box, ...] = ()):
    structure = ruled_structure(find_rules(picture, text))
    assert structure is not None
    return [(s.row_index, s.col_index, s.row_span, s.col_span) for s in structure.slots]


def test_a_full_grid_gives_its_cells() -> None:
    structure = ruled_structure(find_rules(drawn(3, 4), []))
    assert structure is not None
    assert (structure.num_rows, structure.num_cols, len(structure.slots)) == (3, 4, 12)
    assert structure.confidence == 1
    first = structure.slots[0].box
    assert first is not None
    assert abs(first.left - 20) < 3
    assert abs(first.bottom - 60) < 3


def test_walls_that_are_not_printed_merge_cells() -> None:
    across, down = (115, 23, 125, 57), (23, 95, 117, 105)
    found = spans(drawn(3, 3, missing=(across, down)))
    assert (0, 0, 1, 2) in found
    assert (1, 0, 2, 1) in found
    assert len(found) == 7


def test_faint_noisy_blurred_rules_are_still_rules() -> None:
    picture = cv2.GaussianBlur(drawn(3, 4), (0, 0), 1.3).astype(np.float64) * 0.5 + 120
    picture += np.random.default_rng(1).normal(0, 5, picture.shape)
    assert len(spans(picture.clip(0, 255).astype(np.uint8))) == 12


def test_strokes_inside_text_are_no_rules() -> None:
    picture = drawn(2, 2)
    cv2.line(picture, (40, 40), (100, 40), (0, 0, 0), 2)
    assert len(spans(picture, (Box(35, 30, 105, 50),))) == 4


def test_open_sides_are_closed_where_rules_end() -> None:
    structure = ruled_structure(find_rules(drawn(3, 3)[:, 40:-40], []))
    assert structure is not None
    assert structure.num_cols == 3


def test_a_large_picture_has_small_masks_and_the_same_grid() -> None:
    large = cv2.resize(drawn(3, 4), None, fx=12, fy=12, interpolation=cv2.INTER_NEAREST)
    large = cv2.dilate(large, np.ones((15, 15), np.uint8))  # rules of 10 px
    rules = find_rules(np.asarray(large, np.uint8), [])
    assert max(rules.horizontal.shape) == max(rules.vertical.shape) == 2000
    assert rules.scale == 2000 / max(large.shape)
    structure = ruled_structure(rules)
    assert structure is not None
    assert (structure.num_rows, structure.num_cols, len(structure.slots)) == (3, 4, 12)
    first = structure.slots[0].box
    assert first is not None
    assert abs(first.left - 12 * 20) < 12 * 3
    assert abs(first.bottom - 12 * 60) < 12 * 3


def test_a_blank_picture_has_no_grid() -> None:
    assert ruled_structure(find_rules(np.full((80, 90, 3), 255, np.uint8), [])) is None


@given(st.data(), st.integers(1, 7), st.integers(1, 7))
def test_merged_cells_are_always_rectangles(data: st.DataObject, rows: int, cols: int) -> None:
    beside = data.draw(arrays(bool, (rows, cols - 1)))
    below = data.draw(arrays(bool, (rows - 1, cols)))
    labels, added = merged_labels(beside, below)
    assert labels.shape == (rows, cols)
    assert added >= 0
    for label in np.unique(labels):
        row, col = np.nonzero(labels == label)
        area = (np.ptp(row) + 1) * (np.ptp(col) + 1)
        assert area == len(row)
