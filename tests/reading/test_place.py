"""Lines, spans, crossed-out words and cells all go where the picture goes."""

from __future__ import annotations

import numpy as np
import pytest

from shuowen.document.model import Box, Cell, CrossedOut, Line, Region, Span, Table
from shuowen.image.frame import turned_frame
from shuowen.image.warp import Warp
from shuowen.reading.place import Placing, between, to_original

SIZE = (300, 200)


def line(box: Box) -> Line:
    half = Box(box.left, box.top, (box.left + box.right) / 2, box.bottom)
    return Line(
        text="ab",
        confidence=0.9,
        box=box,
        quad=(
            (box.left, box.top),
            (box.right, box.top),
            (box.right, box.bottom),
            (box.left, box.bottom),
        ),
        spans=(Span(text="ab", box=half, confidences=(0.9, 0.9)),),
        crossed_out=(CrossedOut(box=half, text="x"),),
    )


def test_everything_on_a_line_moves_with_it() -> None:
    # The original turned by a quarter counter-clockwise: (x, y) came from (300 - y, x).
    back = to_original(turned_frame(SIZE, 90), SIZE)
    moved = back.line(line(Box(20, 30, 120, 50)))
    assert moved.box == Box(250, 20, 270, 120)
    assert moved.quad == ((270, 20), (270, 120), (250, 120), (250, 20))
    assert moved.spans[0].box == Box(250, 20, 270, 70)
    assert moved.crossed_out == (CrossedOut(box=Box(250, 20, 270, 70), text="x"),)
    assert moved.text == "ab"


def test_boxes_are_cut_off_at_the_edge_and_quadrilaterals_are_not() -> None:
    shifted = Placing(carry=lambda points: points + (200.0, -40.0), size=SIZE)
    moved = shifted.line(line(Box(20, 30, 120, 50)))
    assert moved.box == Box(220, 0, 300, 10)
    assert moved.quad[0] == (220, -10)


def test_the_box_of_a_line_holds_the_middle_that_sags_on_a_bent_page() -> None:
    xs, ys = np.meshgrid(np.linspace(0, 300, 31), np.linspace(0, 200, 21))
    grid = np.stack([xs, ys + 24 * np.sin(np.pi * xs / 300)], axis=2)
    frame = turned_frame((300, 230), 0).flat(Warp(grid=grid, size=SIZE))
    moved = to_original(frame, (300, 230)).line(line(Box(0, 100, 300, 120)))
    assert moved.quad[0] == (0, 100)
    assert moved.box.top == 100
    assert moved.box.bottom == pytest.approx(144, abs=0.2)


def test_cells_of_a_table_and_figures_move_by_their_own_boxes() -> None:
    back = to_original(turned_frame(SIZE, 180), SIZE)
    cells = (Cell(row_index=0, col_index=0, box=Box(0, 0, 10, 10)), Cell(row_index=0, col_index=1))
    table = Table(num_rows=1, num_cols=2, cells=cells)
    region = Region(id="p1-x", kind="table", box=Box(0, 0, 40, 10), text="", table=table)
    moved = back.region(region)
    assert moved.box == Box(260, 190, 300, 200)
    assert moved.table is not None
    assert [cell.box for cell in moved.table.cells] == [Box(290, 190, 300, 200), None]


def test_text_is_boxed_by_its_lines() -> None:
    upright = turned_frame(SIZE, 0)
    level = upright.straightened(10.0)
    there = between(upright, level)
    assert there is not None
    moved = there.line(line(Box(50, 60, 250, 80)))
    region = Region(id="p1-x", kind="text", box=moved.box, text="ab", lines=(moved,))
    back = to_original(level, SIZE).region(region)
    assert np.allclose(np.array(back.lines[0].quad), line(Box(50, 60, 250, 80)).quad, atol=0.2)
    assert np.allclose(
        (back.box.left, back.box.top, back.box.right, back.box.bottom), (50, 60, 250, 80), atol=0.2
    )
    assert between(upright, upright) is None
