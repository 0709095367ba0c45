"""A sheet with one table or two, closely cut, as a detector of tables hands it on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shuowen.train.synthesize.look import Look, draw_look
from shuowen.train.synthesize.made import DocumentOptions, Language
from shuowen.train.synthesize.sheet import Sheet
from shuowen.train.synthesize.table_drawing import TableLayout, TableStyle, draw_table, lay_out
from shuowen.train.synthesize.table_style import draw_table_style
from shuowen.train.synthesize.table_truth import plain_table_html, table_html, table_lines
from shuowen.train.synthesize.tables import TablePlan, TableShape, draw_plan

_WIDTH_EMS = (28.0, 60.0)
_TWO_CHANCE = 0.08


def draw_table_sheet(
    rng: np.random.Generator, options: DocumentOptions, language: Language
) -> Sheet:
    """A table, now and then a second one below; its body by hand as often as the options say."""
    look = draw_look(rng, options, language)
    style = _style(rng, look, options)
    shape = TableShape(shows_grid=style.shows_grid)
    plans = [draw_plan(rng, language, shape) for _ in range(1 + (rng.random() < _TWO_CHANCE))]
    most = round(rng.uniform(*_WIDTH_EMS) * look.body.size_px)
    layouts = [lay_out(plan, style, most) for plan in plans]
    return _drawn(rng, plans, layouts, style, look)


def _style(rng: np.random.Generator, look: Look, options: DocumentOptions) -> TableStyle:
    style = draw_table_style(rng, look)
    if rng.random() < options.handwriting_share:
        style = replace(style, text=replace(look.hand, leading=1.25))
    return style


def _drawn(
    rng: np.random.Generator,
    plans: list[TablePlan],
    layouts: list[TableLayout],
    style: TableStyle,
    look: Look,
) -> Sheet:
    margins = [round(look.body.size_px * share) for share in rng.uniform(0.4, 2.5, 4)]
    gap = 2 * look.body.line_height
    width = margins[0] + margins[1] + max(layout.width for layout in layouts)
    height = margins[2] + margins[3] + sum(layout.height + gap for layout in layouts) - gap
    sheet = Sheet(width, height, rng)
    top = margins[2]
    for plan, layout in zip(plans, layouts, strict=True):
        draw_table(sheet, plan, layout, style, margins[0], top)
        sheet.text_lines.extend(table_lines(plan))
        top += layout.height + gap
    sheet.html = "\n".join(table_html(plan) for plan in plans)
    sheet.plain_html = "\n".join(plain_table_html(plan) for plan in plans)
    return sheet
