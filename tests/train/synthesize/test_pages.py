from __future__ import annotations

import numpy as np

from shuowen.train.synthesize.flow import Flow
from shuowen.train.synthesize.made import DocumentOptions
from shuowen.train.synthesize.pages import draw_page
from shuowen.train.synthesize.sheet import Extent, Sheet

COLUMNS = [
    Extent(left=0, top=10, right=50, bottom=60),
    Extent(left=60, top=10, right=110, bottom=60),
]


def test_columns_are_filled_one_after_the_other() -> None:
    flow = Flow(COLUMNS)
    places = [flow.take(20) for _ in range(5)]
    assert [(place.left, place.top) for place in places if place] == [
        (0, 10),
        (0, 30),
        (60, 10),
        (60, 30),
    ]
    assert places[4] is None
    assert flow.is_full and flow.room == 0


def test_a_gap_ends_with_its_column() -> None:
    flow = Flow(COLUMNS)
    flow.take(40)
    flow.skip(30)
    assert flow.room == 0 and not flow.is_full
    place = flow.take(20)
    assert place and (place.left, place.top) == (60, 10)


def pages(count: int) -> list[Sheet]:
    options = DocumentOptions(dpi=72, handwriting_share=0.0)
    return [draw_page(np.random.default_rng(seed), options, "en") for seed in range(count)]


def test_pages_have_what_pages_have() -> None:
    sheets = pages(10)
    assert any(mark.kind == "cell" for sheet in sheets for mark in sheet.marks)
    assert any(line.startswith("- ") for sheet in sheets for line in sheet.text_lines)
    assert any(sheet.text_lines[-1].startswith("Page ") for sheet in sheets)
    assert any(line.startswith("Table ") for sheet in sheets for line in sheet.text_lines)


def test_the_left_column_is_read_before_the_right_one() -> None:
    """Without tables, whose cells are drawn in another order, lines are read as they are drawn."""
    checked = 0
    for sheet in pages(14):
        if any(mark.kind == "cell" for mark in sheet.marks):
            continue
        lines = [mark for mark in sheet.marks if mark.kind == "line"]
        assert [mark.text for mark in lines] == sheet.text_lines
        middle = sheet.size[0] / 2
        right = [mark for mark in lines if mark.polygon[0, 0] > middle and mark.polygon[0, 1] > 90]
        if len(right) < 5:
            continue
        first = lines.index(right[0])
        foot = sheet.size[1] * 0.9
        assert all(
            mark.polygon[0, 0] > middle or mark.polygon[0, 1] > foot for mark in lines[first:]
        )
        checked += 1
    assert checked
