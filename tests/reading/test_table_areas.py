from __future__ import annotations

import numpy as np

from shuowen.document.model import Box
from shuowen.engines.embedded.records import LayoutBox
from shuowen.reading.table_areas import table_areas
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
