from __future__ import annotations

import cv2
import msgspec
import numpy as np

from shuowen.document.model import Box, Line
from shuowen.engines.embedded.records import LayoutBox
from shuowen.image.page import Pixels
from shuowen.reading.table_areas import table_areas
from shuowen.reading.table_text import quad_of
from tests.reading.table_pictures import draw, make_line

GRID = [["Name", "Count", "Price"], ["Apple", "12", "3.50"], ["Pear", "7", "2.25"]]


def seen(kind: str, box: Box, confidence: float = 0.9) -> LayoutBox:
    return LayoutBox(kind=kind, box=box, confidence=confidence)  # type: ignore[arg-type]


def test_a_table_that_was_taken_for_a_figure_is_found() -> None:
    for is_ruled in (True, False):
        drawn = draw(GRID, is_ruled=is_ruled)
        found = table_areas([seen("figure", drawn.box)], drawn.lines, drawn.size, drawn.pixels)
        assert [area.kind for area in found] == ["table"]
        assert all(found[0].box.contains(line.box.center) for line in drawn.lines)


def test_a_picture_of_a_table_alone_is_found_without_any_layout() -> None:
    drawn = draw(GRID, is_ruled=False)
    assert [a.kind for a in table_areas([], drawn.lines, drawn.size, drawn.pixels)] == ["table"]


def test_a_table_seen_in_part_grows_to_its_rules() -> None:
    drawn = draw(GRID, is_ruled=True)
    part = seen("table", Box(150, 5, 450, 150))
    (found,) = table_areas([part], drawn.lines, drawn.size, drawn.pixels)
    assert all(found.box.contains(line.box.center) for line in drawn.lines)


def test_the_head_above_an_unruled_table_is_taken_in() -> None:
    drawn = draw(GRID, is_ruled=False)
    (found,) = table_areas(
        [seen("table", Box(0, 55, 440, 150))], drawn.lines, drawn.size, drawn.pixels
    )
    assert found.box.contains(drawn.lines[0].box.center)


def test_prose_in_two_columns_is_no_table() -> None:
    pixels = np.full((700, 1000, 3), 255, np.uint8)
    words = "these are some words of ordinary prose"
    lines = [make_line(words, x, 20 + 30 * row) for row in range(20) for x in (20, 520)]
    figure = seen("figure", Box(0, 0, 1000, 700))
    found = table_areas([figure], lines, (1000, 700), pixels)
    assert [area.kind for area in found] == ["figure"]


def test_a_grid_with_no_text_is_no_table() -> None:
    drawn = draw([["", ""], ["", ""]], is_ruled=True)
    assert table_areas([], [], drawn.size, drawn.pixels) == []


def test_what_the_network_saw_elsewhere_stays() -> None:
    drawn = draw(GRID, is_ruled=True)
    pixels = np.vstack([drawn.pixels, np.full((200, drawn.size[0], 3), 255, np.uint8)])
    note = make_line("a note below the table", 20, drawn.size[1] + 60)
    text = seen("text", Box(0, drawn.size[1] + 40, drawn.size[0], drawn.size[1] + 120), 0.8)
    size = (pixels.shape[1], pixels.shape[0])
    found = table_areas([text], [*drawn.lines, note], size, pixels)
    assert [area.kind for area in found] == ["table", "text"]


def assert_no_table(lines: list[Line], pixels: Pixels) -> None:
    size = (pixels.shape[1], pixels.shape[0])
    figure = seen("figure", Box(0, 0, *size))
    assert all(area.kind == "figure" for area in table_areas([figure], lines, size, pixels))


def test_a_receipt_with_totals_at_its_foot_is_no_table() -> None:
    pixels = np.full((400, 500, 3), 255, np.uint8)
    lines = [make_line(text, 20, 20 + 30 * row) for row, text in enumerate(["Corner shop"] * 10)]
    lines += [make_line("12.50", 400, 20 + 30 * row) for row in range(4, 9)]
    assert_no_table(lines, pixels)


def test_a_chart_with_scattered_labels_is_no_table() -> None:
    pixels = np.full((400, 700, 3), 255, np.uint8)
    lines = [
        make_line("12.5", 20 + 130 * col, 20 + 30 * row)
        for row in range(10)
        for col in (row % 5, (row + 2) % 5)
    ]
    assert_no_table(lines, pixels)


def test_a_streak_through_a_receipt_s_text_makes_no_table() -> None:
    pixels = np.full((460, 420, 3), 255, np.uint8)
    cv2.line(pixels, (190, 10), (190, 450), (90, 90, 90), 2)
    lines = []
    for row in range(4):
        top = 20 + 110 * row
        cv2.line(pixels, (10, top - 10), (410, top - 10), (0, 0, 0), 2)
        lines += [make_line("Total with the tax", 20, top), make_line("GST", 20, top + 30)]
        lines += [make_line("of all goods today", 20, top + 60), make_line("62.80", 330, top + 30)]
    cv2.line(pixels, (10, 450), (410, 450), (0, 0, 0), 2)
    assert_no_table(lines, pixels)


def test_rules_that_part_a_single_row_make_no_table() -> None:
    pixels = np.full((460, 420, 3), 255, np.uint8)
    cv2.rectangle(pixels, (10, 10), (410, 450), (0, 0, 0), 2)
    lines = []
    for row in range(4):
        top = 10 + 110 * row
        cv2.line(pixels, (10, top), (410, top), (0, 0, 0), 2)
        lines += [make_line("thanks for your visit", 30, top + 20 + 30 * n) for n in range(3)]
    cv2.line(pixels, (290, 10), (290, 120), (0, 0, 0), 2)
    lines.append(make_line("62.80", 320, 30))
    assert_no_table(lines, pixels)


def test_one_piece_across_the_white_of_a_small_table_is_forgiven() -> None:
    texts = [["Name of a key", "Text", "90"], ["Name", "Meaning of it", "7"], ["Days", "Age", "0"]]
    drawn = draw(texts, is_ruled=False)
    found = table_areas([], drawn.lines, drawn.size, drawn.pixels)
    assert [area.kind for area in found] == ["table"]


def test_a_ruled_table_on_a_large_page_is_found_where_it_is() -> None:
    drawn = draw(GRID, is_ruled=True)
    page = np.full((2500, 1000, 3), 255, np.uint8)
    page[1800 : 1800 + drawn.size[1], 300 : 300 + drawn.size[0]] = drawn.pixels
    texts = [line.text for line in drawn.lines]
    lines = [
        make_line(text, line.box.left + 300, line.box.top + 1800)
        for text, line in zip(texts, drawn.lines, strict=True)
    ]
    large = cv2.resize(page, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    (found,) = table_areas([], [twice(line) for line in lines], (2000, 5000), np.asarray(large))
    assert found.kind == "table"
    assert Box(590, 3590, 1490, 3930).share_inside(found.box) > 0.8
    assert found.box.share_inside(Box(590, 3590, 1490, 3930)) > 0.95


def twice(line: Line) -> Line:
    box = Box(
        *(2 * edge for edge in (line.box.left, line.box.top, line.box.right, line.box.bottom))
    )
    return msgspec.structs.replace(line, box=box, quad=quad_of(box))
