"""Pages: a title, columns of paragraphs, lists and tables, a running head and a number."""

from __future__ import annotations

import numpy as np

from shuowen.train.synthesize import wording
from shuowen.train.synthesize.flow import Flow
from shuowen.train.synthesize.look import Look, draw_look
from shuowen.train.synthesize.made import DocumentOptions, Language
from shuowen.train.synthesize.paragraphs import (
    place_of,
    write_heading,
    write_lines,
    write_list,
    write_paragraph,
)
from shuowen.train.synthesize.sheet import Extent, Sheet
from shuowen.train.synthesize.table_drawing import draw_table, lay_out
from shuowen.train.synthesize.table_style import draw_table_style
from shuowen.train.synthesize.table_truth import table_lines
from shuowen.train.synthesize.tables import TableShape, draw_plan

_A4_INCHES = (8.27, 11.69)
_MOST_BLOCKS = 40
_COLUMN_EMS = 6.5
"""A table has so many columns that each could be so wide, or numbers would be broken."""


def draw_page(rng: np.random.Generator, options: DocumentOptions, language: Language) -> Sheet:
    """A page of print, or of handwriting, of `options.dpi`."""
    look = draw_look(rng, options, language)
    is_handwritten = bool(rng.random() < options.handwriting_share)
    look = look.by_hand() if is_handwritten else look
    width, height = (round(side * options.dpi) for side in _A4_INCHES)
    sheet = Sheet(width, height, rng)
    margin = width * rng.uniform(0.08, 0.13)
    area = Extent(left=margin, top=margin, right=width - margin, bottom=height - margin)
    if is_handwritten and rng.random() < 0.5:
        _rule_paper(sheet, area, look)
    if rng.random() < 0.4:
        _running_head(sheet, area, look)
    _fill(sheet, area, look, num_columns=1 if is_handwritten or rng.random() < 0.6 else 2)
    if rng.random() < 0.6:
        _page_number(sheet, area, look)
    return sheet


def _fill(sheet: Sheet, area: Extent, look: Look, num_columns: int) -> None:
    rng = sheet.rng
    top = Flow([area])
    if rng.random() < 0.8:
        write_lines(sheet, top, wording.heading(rng, look.language), look.title, align="centre")
        top.skip(look.body.size_px)
    flow = Flow(_columns(area, area.bottom - top.room, num_columns, look.body.size_px * 2.0))
    num_headings, end = 0, rng.uniform(0.4, 1.6)
    for _ in range(_MOST_BLOCKS):
        kind = rng.random()
        if kind < 0.2:
            num_headings += 1
            done = write_heading(sheet, flow, look, num_headings)
        elif kind < 0.35:
            done = write_list(sheet, flow, look)
        elif kind < 0.5:
            done = _write_table(sheet, flow, look)
        else:
            done = write_paragraph(sheet, flow, look)
        is_enough = num_columns == 1 and flow.room < area.height * (1 - end)
        if not done or is_enough:
            return


def _columns(area: Extent, top: float, num_columns: int, gap: float) -> list[Extent]:
    width = (area.width - gap * (num_columns - 1)) / num_columns
    lefts = (area.left + index * (width + gap) for index in range(num_columns))
    return [Extent(left=left, top=top, right=left + width, bottom=area.bottom) for left in lefts]


def _write_table(sheet: Sheet, flow: Flow, look: Look) -> bool:
    """A small table with a caption, where there is room; always True, as a page goes on without."""
    rng = sheet.rng
    style = draw_table_style(rng, look)
    most_columns = max(2, min(5, int(flow.width / (_COLUMN_EMS * style.text.size_px))))
    shape = TableShape(most_rows=6, most_columns=most_columns, shows_grid=style.shows_grid)
    plan = draw_plan(rng, look.language, shape)
    layout = lay_out(plan, style, int(flow.width))
    caption = ("表{} " if look.language == "zh" else "Table {}. ").format(rng.integers(1, 10))
    needed = layout.height + 3.5 * look.body.line_height
    if flow.room < needed:
        return True
    flow.skip(look.body.size_px * 0.5)
    write_lines(sheet, flow, caption + wording.heading(rng, look.language), look.body)
    place = place_of(flow, layout.height)
    if place is not None:
        draw_table(sheet, plan, layout, style, round(place.left), round(place.top))
        sheet.text_lines.extend(table_lines(plan))
    flow.skip(look.body.line_height)
    return True


def _running_head(sheet: Sheet, area: Extent, look: Look) -> None:
    text = wording.heading(sheet.rng, look.language)
    small = look.body.scaled(0.85)
    top = area.top - 2.2 * small.size_px
    sheet.write(text, area.left, top, small)
    sheet.text_lines.append(text)
    if sheet.rng.random() < 0.6:
        under = top + 1.5 * small.size_px
        sheet.rule((area.left, under), (area.right, under))


def _page_number(sheet: Sheet, area: Extent, look: Look) -> None:
    number = int(sheet.rng.integers(1, 400))
    forms = ("{}", "- {} -", "第{}页") if look.language == "zh" else ("{}", "- {} -", "Page {}")
    text = wording.pick(sheet.rng, forms).format(number)
    small = look.body.scaled(0.85)
    left = (area.left + area.right - small.width(text)) / 2
    sheet.write(text, left, area.bottom + small.size_px, small)
    sheet.text_lines.append(text)


def _rule_paper(sheet: Sheet, area: Extent, look: Look) -> None:
    """Faint lines as in an exercise book, where the lines of writing come to stand."""
    top = area.top + look.body.line_height
    while top < area.bottom:
        sheet.rule((area.left, top), (area.right, top), ink=(170, 190, 215))
        top += look.body.line_height
