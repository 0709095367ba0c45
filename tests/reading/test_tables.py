from __future__ import annotations

from collections.abc import Sequence

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.document.model import Box, Line, Region, Table
from shuowen.engines.embedded.detector import TextBox
from shuowen.engines.embedded.engine import EmbeddedEngine
from shuowen.image.page import Pixels
from shuowen.reading.table_text import quad_of
from shuowen.reading.tables import fill_table
from tests.reading.table_pictures import Drawn, draw

PRICES = [["Name", "Count", "Price"], ["Apple", "12", "3.50"], ["Pear", "7", "2.25"]]


def region_of(drawn: Drawn) -> Region:
    return Region(id="p1-x", kind="table", box=drawn.box, text="", lines=tuple(drawn.lines))


def table_of(region: Region) -> Table:
    assert region.table is not None
    return region.table


def texts(table: Table) -> list[list[str]]:
    rows: list[list[str]] = [[] for _ in range(table.num_rows)]
    for cell in table.cells:
        rows[cell.row_index].append(cell.text)
    return rows


def assert_whole(region: Region) -> None:
    """The invariants of every table: slots covered once, each line in exactly one cell."""
    table = table_of(region)
    places = [
        (row, col)
        for cell in table.cells
        for row in range(cell.row_index, cell.row_index + cell.row_span)
        for col in range(cell.col_index, cell.col_index + cell.col_span)
    ]
    assert len(places) == len(set(places))
    assert set(places) == {(r, c) for r in range(table.num_rows) for c in range(table.num_cols)}
    held = sorted(index for cell in table.cells for index in cell.line_indices)
    assert held == list(range(len(region.lines)))


@pytest.mark.parametrize("is_ruled", [True, False])
def test_text_stands_in_its_cells(is_ruled: bool) -> None:
    region = fill_table(region_of(drawn := draw(PRICES, is_ruled=is_ruled)), drawn.pixels)
    assert texts(table_of(region)) == PRICES
    assert region.text.splitlines()[1] == "Apple\t12\t3.50"
    assert region.notices == ()
    assert_whole(region)
    first = table_of(region).cells[0]
    assert first.is_header == is_ruled  # the network names no header in this small drawing
    assert first.confidence == pytest.approx(0.9)
    assert first.box is not None
    assert first.box.contains(drawn.lines[0].box.center)


def test_empty_rows_and_columns_are_kept() -> None:
    grid = [["Name", "", "Price"], ["", "", ""], ["Pear", "", "2.25"]]
    drawn = draw(grid, is_ruled=True)
    assert texts(table_of(fill_table(region_of(drawn), drawn.pixels))) == grid


def test_a_line_that_runs_over_a_wall_is_split_between_its_words() -> None:
    drawn = draw([["one", "two"], ["three", "four"]], is_ruled=True)
    (first, second), rest = drawn.lines[:2], drawn.lines[2:]
    box = first.box.union(second.box)
    joined = Line(
        text="one two",
        confidence=0.9,
        box=box,
        quad=quad_of(box),
        spans=(*first.spans, *second.spans),
    )
    region = region_of(Drawn(pixels=drawn.pixels, lines=[joined, *rest]))
    filled = fill_table(region, drawn.pixels)
    assert texts(table_of(filled)) == [["one", "two"], ["three", "four"]]
    assert [line.text for line in filled.lines[:2]] == ["one", "two"]
    assert_whole(filled)


def test_a_character_that_the_detector_overlooked_is_read() -> None:
    grid = [["Name", "Count"], ["Apple", "8"], ["Pear", "31"]]
    drawn = draw(grid, is_ruled=True, unread="8")
    without = fill_table(region_of(drawn), drawn.pixels)
    assert texts(table_of(without))[1] == ["Apple", ""]
    filled = fill_table(region_of(drawn), drawn.pixels, EmbeddedEngine().read_lines)
    assert texts(table_of(filled)) == grid
    assert_whole(filled)


def test_other_regions_and_empty_tables_stay_as_they_are() -> None:
    drawn = draw(PRICES, is_ruled=True)
    text = Region(id="a", kind="text", box=drawn.box, text="x", lines=tuple(drawn.lines))
    empty = Region(id="b", kind="table", box=drawn.box, text="")
    assert [fill_table(each, drawn.pixels) for each in (text, empty)] == [text, empty]


def test_five_thousand_cells_are_worked_out() -> None:
    grid = [[f"{row * 50 + col}" for col in range(50)] for row in range(100)]
    drawn = draw(grid, width=56, height=30, is_ruled=True)
    region = fill_table(region_of(drawn), drawn.pixels)
    assert texts(table_of(region)) == grid


def test_a_character_in_a_large_scan_s_cell_is_read() -> None:
    drawn = draw(PRICES, is_ruled=True, unread="7")
    large = np.asarray(cv2.resize(drawn.pixels, None, fx=6, fy=6), np.uint8)
    lines = [enlarged(line, 6) for line in drawn.lines]
    asked: list[TextBox] = []

    def read_lines(pixels: Pixels, text_boxes: Sequence[TextBox]) -> list[Line]:
        asked.extend(text_boxes)
        return []

    fill_table(region_of(Drawn(pixels=large, lines=lines)), large, read_lines)
    places = [(box.quad[:, 0].mean() / 6, box.quad[:, 1].mean() / 6) for box in asked]
    assert len(places) == 1
    row, col = next(
        (r, c) for r, cells in enumerate(PRICES) for c, t in enumerate(cells) if t == "7"
    )
    assert int((places[0][0] - 10) // 140) == col
    assert int((places[0][1] - 10) // 44) == row


def enlarged(line: Line, factor: float) -> Line:
    def box(old: Box) -> Box:
        return Box(*(factor * edge for edge in (old.left, old.top, old.right, old.bottom)))

    spans = tuple(msgspec.structs.replace(span, box=box(span.box)) for span in line.spans)
    new = box(line.box)
    return msgspec.structs.replace(line, box=new, quad=quad_of(new), spans=spans)


def test_a_table_beyond_reason_says_that_it_is_partial() -> None:
    drawn = draw(PRICES, is_ruled=True)
    many = Drawn(pixels=drawn.pixels, lines=drawn.lines * 700)
    region = fill_table(region_of(many), drawn.pixels)
    assert region.table is None
    assert [notice.code for notice in region.notices] == ["table_partial"]
    assert len(region.lines) == len(many.lines)


def test_text_without_any_grid_is_said_to_be_partial() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    lines = [
        Line(text="ab", confidence=0.5, box=(box := Box(x, y, x + 60, y + 20)), quad=quad_of(box))
        for x, y in [(10, 10), (10, 12), (11, 13), (12, 10), (9, 9)]
    ]
    region = fill_table(region_of(Drawn(pixels=noise, lines=lines)), noise)
    assert [notice.code for notice in region.notices] == ["table_partial"]
    assert_whole(region)


boxes = st.builds(
    lambda x, y, width, height: Box(x, y, x + width, y + height),
    st.floats(-20, 320),
    st.floats(-20, 220),
    st.floats(0, 200),
    st.floats(0, 60),
)


@settings(max_examples=8, deadline=None)
@given(st.lists(boxes, min_size=1, max_size=6), boxes)
def test_any_lines_anywhere_end_in_exactly_one_cell(found: list[Box], place: Box) -> None:
    pixels = draw(PRICES, is_ruled=True).pixels[:200, :300]
    lines = [Line(text="ab", confidence=0.5, box=box, quad=quad_of(box)) for box in found]
    region = Region(id="x", kind="table", box=place, text="", lines=tuple(lines))
    assert_whole(fill_table(region, pixels))
