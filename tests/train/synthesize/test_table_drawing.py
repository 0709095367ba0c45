from __future__ import annotations

import numpy as np
import pytest

from shuowen.train.synthesize.look import draw_look
from shuowen.train.synthesize.made import DocumentOptions
from shuowen.train.synthesize.sheet import Sheet
from shuowen.train.synthesize.table_drawing import RULINGS, draw_table, lay_out
from shuowen.train.synthesize.table_style import draw_table_style
from shuowen.train.synthesize.tables import TableShape, draw_plan


@pytest.mark.parametrize("seed", range(24))
def test_text_stays_inside_its_cell_and_the_table_inside_its_width(seed: int) -> None:
    rng = np.random.default_rng(seed)
    look = draw_look(rng, DocumentOptions(), "zh" if seed % 2 else "en")
    style = draw_table_style(rng, look)
    plan = draw_plan(rng, look.language, TableShape(most_columns=6))
    width = round(look.body.size_px * rng.uniform(26, 50))
    layout = lay_out(plan, style, width)
    assert layout.width <= width
    sheet = Sheet(layout.width + 40, layout.height + 40, rng)
    draw_table(sheet, plan, layout, style, 20, 20)
    cells = [mark.polygon for mark in sheet.marks if mark.kind == "cell"]
    lines = [mark for mark in sheet.marks if mark.kind == "line"]
    lefts, tops = (np.array([cell[0, axis] for cell in cells]) for axis in (0, 1))
    rights, bottoms = (np.array([cell[2, axis] for cell in cells]) for axis in (0, 1))
    for line in lines:
        x, y = line.polygon.mean(axis=0)
        (home,) = np.flatnonzero((lefts <= x) & (x < rights) & (tops <= y) & (y < bottoms))
        assert line.polygon[0, 0] >= lefts[home] - 1, line.text
        assert line.polygon[2, 0] <= rights[home] + 1, line.text
        assert line.polygon[0, 1] >= tops[home] - 2, line.text
        assert line.polygon[2, 1] <= bottoms[home] + 2, line.text


def test_every_way_of_ruling_is_drawn_now_and_then() -> None:
    rng = np.random.default_rng(0)
    look = draw_look(rng, DocumentOptions(), "en")
    styles = [draw_table_style(rng, look) for _ in range(100)]
    assert {style.ruling for style in styles} == set(RULINGS)
    assert any(style.zebra for style in styles)
