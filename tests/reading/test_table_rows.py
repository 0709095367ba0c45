from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shuowen.document.model import Box, Line
from shuowen.engines.embedded.table_structure import covered
from shuowen.reading.table_rows import find_columns, text_structure
from shuowen.reading.table_text import Piece, edges_of, quad_of


def piece(left: float, top: float, right: float, bottom: float) -> Piece:
    box = Box(left, top, right, bottom)
    line = Line(text="ab", confidence=1, box=box, quad=quad_of(box))
    return Piece(line=line, box=box, span_boxes=())


def test_white_from_top_to_bottom_parts_columns() -> None:
    boxes = edges_of(
        [Box(0, 0, 40, 10), Box(60, 0, 90, 10), Box(0, 20, 30, 30), Box(120, 20, 150, 30)]
    )
    assert find_columns(boxes).tolist() == [[0, 40], [60, 90], [120, 150]]


def test_a_heading_across_columns_parts_none_and_spans_them() -> None:
    pieces = [piece(0, 0, 150, 10), piece(0, 20, 40, 30), piece(100, 20, 150, 30)]
    structure = text_structure(pieces)
    assert (structure.num_rows, structure.num_cols) == (2, 2)
    assert structure.slots[0].col_span == 2


def test_some_crossing_is_forgiven_when_asked() -> None:
    boxes = [Box(x, y, x + 30, y + 10) for y in range(0, 200, 20) for x in (0, 100)]
    crossing = edges_of([*boxes, Box(25, 200, 75, 210), Box(60, 220, 110, 230)])
    assert len(find_columns(crossing)) == 1
    assert len(find_columns(crossing, max_crossing=2)) == 2


places = st.tuples(
    st.integers(0, 300), st.integers(0, 200), st.integers(1, 150), st.integers(1, 30)
)


@given(st.lists(places, min_size=1, max_size=25))
def test_the_grid_always_closes(found: list[tuple[int, int, int, int]]) -> None:
    structure = text_structure([piece(x, y, x + w, y + h) for x, y, w, h in found])
    slots = [place for slot in structure.slots for place in covered(slot)]
    assert len(slots) == len(set(slots)) == structure.num_rows * structure.num_cols
    assert np.isfinite(edges_of([s.box for s in structure.slots if s.box])).all()
