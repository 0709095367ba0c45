"""A form as a grid: labels and values in cells side by side, long values across the sheet."""

from __future__ import annotations

from dataclasses import replace

from shuowen.train.synthesize.flow import Flow
from shuowen.train.synthesize.form_entries import Entry
from shuowen.train.synthesize.look import Look
from shuowen.train.synthesize.sheet import Extent, Sheet, TextStyle
from shuowen.train.synthesize.table_drawing import TableLayout, TableStyle, draw_table, lay_out
from shuowen.train.synthesize.table_truth import table_lines
from shuowen.train.synthesize.tables import TableCell, TablePlan

_LONG_CHARACTERS = {"zh": 10, "en": 18}


def plan_grid(entries: list[Entry], long_characters: int) -> TablePlan:
    """Two entries a row; one that is longer, or has nobody beside it, has the row to itself."""
    cells: list[TableCell] = []
    row, waiting = 0, list(entries)
    while waiting:
        first = waiting.pop(0)
        is_alone = len(first.value) > long_characters or not waiting
        beside = None if is_alone or len(waiting[0].value) > long_characters else waiting.pop(0)
        cells.append(_label(first, row, 0))
        cells.append(_value(first, row, 1, span=1 if beside else 3))
        if beside:
            cells += [_label(beside, row, 2), _value(beside, row, 3, span=1)]
        row += 1
    return TablePlan(num_rows=row, num_columns=4, num_header_rows=0, cells=tuple(cells))


def _label(entry: Entry, row: int, column: int) -> TableCell:
    return TableCell(row=row, column=column, text=entry.label, is_header=True, align="centre")


def _value(entry: Entry, row: int, column: int, span: int) -> TableCell:
    return TableCell(row=row, column=column, column_span=span, text=entry.value)


def draw_grid(
    sheet: Sheet, flow: Flow, look: Look, entries: list[Entry], values: TextStyle
) -> None:
    """Draw the entries as a grid as wide as the column, and remember them as fields."""
    plan = plan_grid(entries, _LONG_CHARACTERS[look.language])
    padding = round(look.body.size_px * float(sheet.rng.uniform(0.4, 0.8)))
    style = TableStyle(
        text=replace(values, leading=1.25),
        header=replace(look.body, leading=1.25),
        padding_px=padding,
        rule_ink=look.body.ink,
    )
    layout = _widened(plan, style, lay_out(plan, style, int(flow.width)), int(flow.width))
    place = flow.take(layout.height)
    if place is None:
        return
    left, top = round(place.left), round(place.top)
    draw_table(sheet, plan, layout, style, left, top)
    sheet.text_lines.extend(table_lines(plan))
    labels = {cell.row * 4 + cell.column: cell.text for cell in plan.cells if cell.is_header}
    for cell in plan.cells:
        if not cell.is_header:
            extent = Extent(
                left=left + layout.xs[cell.column],
                top=top + layout.ys[cell.row],
                right=left + layout.xs[cell.column + cell.column_span],
                bottom=top + layout.ys[cell.row + 1],
            )
            sheet.fill_in(labels[cell.row * 4 + cell.column - 1], cell.text, extent)


def _widened(plan: TablePlan, style: TableStyle, layout: TableLayout, width_px: int) -> TableLayout:
    """The layout with the columns of values made wider, so that the grid fills the column."""
    spare = max(0, width_px - layout.width) // 2
    xs = [x + spare * (index // 2) for index, x in enumerate(layout.xs)]
    return TableLayout(xs=xs, ys=layout.ys, lines=layout.lines)
