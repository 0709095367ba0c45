"""Drawing a planned table: columns as wide as they need, text inside its cell, rules or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shuowen.train.synthesize.layout_text import wrap
from shuowen.train.synthesize.sheet import BLACK, Colour, Extent, Sheet, TextStyle
from shuowen.train.synthesize.tables import TableCell, TablePlan

Ruling = Literal["full", "horizontal", "three", "outer", "none"]
"""All rules, those between rows, those above and below head and body, the outer ones, none."""
RULINGS: tuple[Ruling, ...] = ("full", "horizontal", "three", "outer", "none")

_LEAST_COLUMN_EMS = 2.2


@dataclass(frozen=True, kw_only=True)
class TableStyle:
    """How a table looks.

    Attributes:
        text: Of its cells; a hand's where a form is filled in.
        header: Of its header cells.
        ruling: Which rules are drawn.
        padding_px: Between a cell's text and its edge.
        rule_width: Pixels.
        rule_ink: Colour of the rules.
        zebra: Colour of every second row of the body; None for none.
        header_fill: Colour of the header; None for none.
    """

    text: TextStyle
    header: TextStyle
    ruling: Ruling = "full"
    padding_px: int = 6
    rule_width: int = 1
    rule_ink: Colour = BLACK
    zebra: Colour | None = None
    header_fill: Colour | None = None

    @property
    def shows_grid(self) -> bool:
        """Whether rules tell the rows of the body apart."""
        return self.ruling in ("full", "horizontal")

    def of(self, cell: TableCell) -> TextStyle:
        """The style of a cell's text."""
        return self.header if cell.is_header else self.text


@dataclass(frozen=True, kw_only=True, eq=False)
class TableLayout:
    """Where a table's rows and columns go.

    Attributes:
        xs, ys: Edges of columns and rows from the table's corner, pixels, one more than those.
        lines: Of each cell, by its place, the lines that its text is broken into.
    """

    xs: list[int]
    ys: list[int]
    lines: Mapping[tuple[int, int], list[str]]

    @property
    def width(self) -> int:
        """Of the whole table, pixels."""
        return self.xs[-1]

    @property
    def height(self) -> int:
        """Of the whole table, pixels."""
        return self.ys[-1]


def lay_out(plan: TablePlan, style: TableStyle, width_px: int) -> TableLayout:
    """Columns and rows that hold all text.

    Args:
        plan: What the cells say.
        style: How it is written.
        width_px: Of the table, unless it needs less; narrow columns take what wide ones can spare.
    """
    widths = _column_widths(plan, style, width_px)
    xs = [0, *np.cumsum(widths).tolist()]
    lines = {}
    for cell in plan.cells:
        room = xs[cell.column + cell.column_span] - xs[cell.column] - 2 * style.padding_px
        lines[cell.row, cell.column] = wrap(cell.text, room, style.of(cell).width)
    return TableLayout(xs=xs, ys=[0, *np.cumsum(_row_heights(plan, style, lines))], lines=lines)


def draw_table(
    sheet: Sheet, plan: TablePlan, layout: TableLayout, style: TableStyle, left: int, top: int
) -> None:
    """Draw a table with its corner at (left, top), and remember its cells as marks.

    The sheet's read text is left to the caller: a page reads a table between its paragraphs.
    """
    _fill_rows(sheet, plan, layout, style, left, top)
    _draw_rules(sheet, plan, layout, style, left, top)
    for cell in plan.cells:
        extent = _extent(layout, cell, left, top)
        sheet.mark("cell", cell.text, extent)
        _write(sheet, layout.lines[cell.row, cell.column], cell, style, extent)


def _extent(layout: TableLayout, cell: TableCell, left: int, top: int) -> Extent:
    return Extent(
        left=left + layout.xs[cell.column],
        top=top + layout.ys[cell.row],
        right=left + layout.xs[cell.column + cell.column_span],
        bottom=top + layout.ys[cell.row + cell.row_span],
    )


def _column_widths(plan: TablePlan, style: TableStyle, width_px: int) -> list[int]:
    """As wide as the longest line of each; when that is too much, the wide ones give way."""
    least = style.text.size_px * _LEAST_COLUMN_EMS + 2 * style.padding_px
    wanted = np.full(plan.num_columns, least)
    for cell in sorted(plan.cells, key=lambda cell: cell.column_span):
        longest = max(style.of(cell).width(line) for line in cell.text.split("\n"))
        need = longest + 2 * style.padding_px + 2
        columns = slice(cell.column, cell.column + cell.column_span)
        if missing := max(0.0, need - float(wanted[columns].sum())):
            wanted[columns] += missing / cell.column_span
    if wanted.sum() > width_px:
        wanted = np.minimum(wanted, _level(wanted, width_px))
    return [int(width) for width in np.floor(wanted)]


def _level(wanted: np.ndarray, width_px: float) -> float:
    """The width to which the widest columns are cut so that all together fit."""
    ascending = np.sort(wanted)
    for index, width in enumerate(ascending):
        rest = len(ascending) - index
        if float(width) * rest >= width_px:
            return width_px / rest
        width_px -= float(width)
    return float(ascending[-1])


def _row_heights(
    plan: TablePlan, style: TableStyle, lines: Mapping[tuple[int, int], list[str]]
) -> list[int]:
    """High enough for every cell; what a merged cell needs beyond its rows goes to the last."""
    heights = [style.text.line_height + 2 * style.padding_px] * plan.num_rows
    for cell in sorted(plan.cells, key=lambda cell: cell.row_span):
        num_lines = len(lines[cell.row, cell.column])
        need = num_lines * style.of(cell).line_height + 2 * style.padding_px
        rows = range(cell.row, cell.row + cell.row_span)
        missing = need - sum(heights[row] for row in rows)
        heights[rows[-1]] += max(0, missing)
    return heights


def _fill_rows(
    sheet: Sheet, plan: TablePlan, layout: TableLayout, style: TableStyle, left: int, top: int
) -> None:
    for row in range(plan.num_rows):
        is_header = row < plan.num_header_rows
        is_odd = (row - plan.num_header_rows) % 2 == 1
        colour = style.header_fill if is_header else style.zebra if is_odd else None
        if colour:
            area = Extent(
                left=left,
                top=top + layout.ys[row],
                right=left + layout.width,
                bottom=top + layout.ys[row + 1],
            )
            sheet.box(area, fill=colour)


def _draw_rules(
    sheet: Sheet, plan: TablePlan, layout: TableLayout, style: TableStyle, left: int, top: int
) -> None:
    whole = Extent(left=left, top=top, right=left + layout.width, bottom=top + layout.height)
    if style.ruling in ("full", "outer"):
        sheet.box(whole, outline=style.rule_ink, width=style.rule_width)
    if style.ruling == "full":
        for cell in plan.cells:
            extent = _extent(layout, cell, left, top)
            sheet.box(extent, outline=style.rule_ink, width=style.rule_width)
        return
    for row in _ruled_rows(plan, style.ruling):
        for start, end in _free_stretches(plan, row):
            sheet.rule(
                (left + layout.xs[start], top + layout.ys[row]),
                (left + layout.xs[end], top + layout.ys[row]),
                style.rule_width + (row in (0, plan.num_rows) and style.ruling == "three"),
                style.rule_ink,
            )


def _ruled_rows(plan: TablePlan, ruling: Ruling) -> list[int]:
    """Rows above which there is a rule; the number of rows stands for the one at the bottom."""
    if ruling == "horizontal":
        return list(range(plan.num_rows + 1))
    if ruling == "three":
        return [0, plan.num_header_rows, plan.num_rows]
    return [plan.num_header_rows] if ruling == "outer" else []


def _free_stretches(plan: TablePlan, row: int) -> list[tuple[int, int]]:
    """Columns above whose `row` a rule can run without crossing a merged cell."""
    crossed = {
        column
        for cell in plan.cells
        if cell.row < row < cell.row + cell.row_span
        for column in range(cell.column, cell.column + cell.column_span)
    }
    stretches: list[tuple[int, int]] = []
    for column in range(plan.num_columns):
        if column in crossed:
            continue
        if stretches and stretches[-1][1] == column:
            stretches[-1] = (stretches[-1][0], column + 1)
        else:
            stretches.append((column, column + 1))
    return stretches


def _write(
    sheet: Sheet, lines: list[str], cell: TableCell, style: TableStyle, extent: Extent
) -> None:
    text = style.of(cell)
    room = extent.inset(style.padding_px)
    spare = room.height - len(lines) * text.line_height
    top = room.top + max(0.0, spare / 2) + (text.line_height - text.size_px) / 2
    for line in lines:
        free = max(0.0, room.width - text.width(line))
        share = {"left": 0.0, "centre": 0.5, "right": 1.0}[cell.align]
        sheet.write(line, room.left + share * free, top, text)
        top += text.line_height
