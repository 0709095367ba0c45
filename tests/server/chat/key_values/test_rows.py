"""Rows of text and the places of their parts."""

from __future__ import annotations

from shuowen.document.model import Box, Line, Region, Repair, Span, box_around
from shuowen.server.chat.key_values.rows import joined, page_rows, table_cells
from tests.server.chat.key_values.laid_out import document, line, table, written


def test_pieces_on_one_level_are_a_row_and_far_ones_are_apart() -> None:
    page = written(("TOTAL", 0, 0), ("RM", 300, 2), ("5.00", 330, 1), ("next", 0, 30)).pages[0]
    assert [row.text for row in page_rows(page, 1)] == ["TOTAL\tRM 5.00", "next"]


def test_a_part_knows_its_place_to_the_letter() -> None:
    (row,) = page_rows(written(("Tel:0123 45", 100, 40)).pages[0], 1)
    part = row.part(4, 11)
    assert part is not None
    assert (part.text, part.box) == ("0123 45", Box(140, 40, 210, 60))


def test_a_turned_page_has_rows_and_boxes_on_the_original() -> None:
    # Upright, "Total" stands left of "5"; on the picture as it came, a quarter turn away, below it.
    lines = tuple(_turned(line(*piece)) for piece in (("Total", 100, 100), ("5", 300, 100)))
    box = lines[0].box.union(lines[1].box)
    turned = Region(id="made", kind="text", box=box, text="Total 5", lines=lines)
    page = document(turned, repair=Repair(rotation_degrees=90)).pages[0]
    (row,) = page_rows(page, 1)
    assert row.text == "Total\t5"
    part = row.part(6, 7)
    assert part is not None and part.box == lines[1].box


def test_cells_of_a_row_are_joined_by_tabs() -> None:
    made = table([["Name", "A. Person", ""], ["Date", "", "1 May"]])
    grid = table_cells(document(made).pages[0], made, 1)
    rows = [joined([cell for cell in cells if cell]).text for cells in grid]
    assert rows == ["Name\tA. Person", "Date\t1 May"]


def _turned(upright: Line) -> Line:
    """An upright line where it was before the picture, 1000 wide, was turned."""
    (a, b), (c, d), (e, f), (g, h) = ((1000 - y, x) for x, y in upright.quad)
    quad = ((a, b), (c, d), (e, f), (g, h))
    box = box_around(quad)
    span = Span(text=upright.text, box=box, confidences=(0.9,) * len(upright.text))
    return Line(text=upright.text, confidence=0.9, box=box, quad=quad, spans=(span,))
