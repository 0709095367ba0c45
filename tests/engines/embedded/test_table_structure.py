from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shuowen.engines.embedded.table_structure import (
    CellToken,
    close_grid,
    covered,
    find_structure,
)

cells = st.builds(CellToken, row_span=st.integers(1, 6), col_span=st.integers(1, 6), box=st.none())


@given(st.lists(st.lists(cells, max_size=6), min_size=1, max_size=6))
def test_every_slot_of_the_grid_is_covered_exactly_once(rows: list[list[CellToken]]) -> None:
    slots, num_cols = close_grid(rows)
    places = [place for slot in slots for place in covered(slot)]
    expected = {(row, col) for row in range(len(rows)) for col in range(num_cols)}
    assert len(places) == len(set(places))
    assert set(places) == expected


def test_spans_push_later_cells_aside_as_in_html() -> None:
    slots, num_cols = close_grid(
        [[CellToken(row_span=2), CellToken(col_span=2)], [CellToken(), CellToken()]]
    )
    assert num_cols == 3
    assert [(s.row_index, s.col_index, s.row_span, s.col_span) for s in slots] == [
        (0, 0, 2, 1),
        (0, 1, 1, 2),
        (1, 1, 1, 1),
        (1, 2, 1, 1),
    ]


def test_the_network_sees_the_rows_and_columns_of_a_drawn_table() -> None:
    picture = np.full((200, 420, 3), 255, np.uint8)
    for row in range(4):
        for col in range(3):
            text = ["Name", "Count", "Price"][col] if row == 0 else f"{row * 17 + col * 5}.0"
            place = (20 + col * 140, 35 + row * 45)
            cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.7, (0, 0, 0), 2)
    structure = find_structure(picture)
    assert (structure.num_rows, structure.num_cols) == (4, 3)
    assert structure.confidence > 0.9
    boxes = [slot.box for slot in structure.slots if slot.box is not None]
    assert all(-5 <= box.left < box.right <= 425 for box in boxes)


def test_a_single_pixel_is_no_reason_to_fail() -> None:
    structure = find_structure(np.zeros((1, 1, 3), np.uint8))
    assert 0 <= structure.confidence <= 1
