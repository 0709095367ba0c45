"""The plan of a table: which cells there are, how they span, and what they say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from shuowen.train.synthesize.made import Language
from shuowen.train.synthesize.table_columns import Column, draw_columns, group_names

Align = Literal["left", "centre", "right"]


@dataclass(frozen=True, kw_only=True)
class TableCell:
    """A cell at the top left of the slots that it spans.

    Attributes:
        row, column: From 0.
        row_span, column_span: Slots that it covers, from 1.
        text: What it says; "\\n" where a line is broken on purpose. Empty for nothing.
        is_header: Whether it names a row or a column.
        align: Of its text.
    """

    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    text: str = ""
    is_header: bool = False
    align: Align = "left"


@dataclass(frozen=True, kw_only=True)
class TablePlan:
    """Cells that cover a grid of slots, each slot once.

    Attributes:
        num_rows, num_columns: Of the grid.
        num_header_rows: Rows at the top that name columns.
        cells: By row, then column.
    """

    num_rows: int
    num_columns: int
    num_header_rows: int
    cells: tuple[TableCell, ...]


@dataclass(frozen=True, kw_only=True)
class TableShape:
    """What `draw_plan` draws from.

    Attributes:
        most_rows, most_columns: Of the body and of the grid; at least 2 each.
        merge_share: Chance, 0 to 1, of each kind of merged cells.
        empty_share: Chance, 0 to 1, that a table has empty cells, rows or columns.
        shows_grid: Whether something will be drawn between rows. Without it nobody could see that
            cells of the body are merged or that a row is empty, so there is neither.
    """

    most_rows: int = 10
    most_columns: int = 7
    merge_share: float = 0.4
    empty_share: float = 0.3
    shows_grid: bool = True


def draw_plan(
    rng: np.random.Generator, language: Language, shape: TableShape | None = None
) -> TablePlan:
    """A table of random shape and content; totals are the sums of what stands above them."""
    shape = shape or TableShape()
    num_body_rows = int(rng.integers(2, shape.most_rows + 1))
    columns = draw_columns(rng, language, int(rng.integers(2, shape.most_columns + 1)))
    values = [column.draw_values(rng, num_body_rows) for column in columns]
    if rng.random() < shape.empty_share:
        _empty_some(rng, columns, values, shape)
    header = _header(rng, language, columns, shape)
    across = _rows_across(rng, num_body_rows, len(columns), shape)
    for column_values in values[1:]:
        for row in across:
            column_values[row] = ""
    body = _body(rng, columns, values, shape, across)
    body = [replace(cell, row=cell.row + header.num_rows) for cell in body]
    total = _total(rng, language, columns, values, header.num_rows + num_body_rows)
    cells = (*header.cells, *body, *total)
    return TablePlan(
        num_rows=header.num_rows + num_body_rows + bool(total),
        num_columns=len(columns),
        num_header_rows=header.num_rows,
        cells=tuple(sorted(cells, key=lambda cell: (cell.row, cell.column))),
    )


@dataclass(frozen=True, kw_only=True)
class _Header:
    num_rows: int
    cells: tuple[TableCell, ...]


def _header(
    rng: np.random.Generator, language: Language, columns: list[Column], shape: TableShape
) -> _Header:
    """One row of names, or two where groups of columns have a name of their own."""
    names = [
        TableCell(row=0, column=at, text=column.name, is_header=True, align="centre")
        for at, column in enumerate(columns)
    ]
    if len(columns) < 3 or rng.random() >= shape.merge_share:
        return _Header(num_rows=1, cells=tuple(names))
    cells: list[TableCell] = []
    for (start, end), group in zip(
        _groups(rng, len(columns)), group_names(rng, language, len(columns)), strict=False
    ):
        if end - start == 1:
            cells.append(replace(names[start], row_span=2))
            continue
        span = end - start
        cells.append(replace(names[start], text=group, column_span=span))
        cells.extend(replace(name, row=1) for name in names[start:end])
    return _Header(num_rows=2, cells=tuple(cells))


def _groups(rng: np.random.Generator, num_columns: int) -> list[tuple[int, int]]:
    """Columns in runs of 1 to 3, the first alone, at least one run longer than 1."""
    groups, start = [(0, 1)], 1
    while start < num_columns:
        least = 2 if start == 1 and num_columns - start >= 2 else 1
        end = min(start + int(rng.integers(least, 4)), num_columns)
        groups.append((start, end))
        start = end
    return groups


def _body(
    rng: np.random.Generator,
    columns: list[Column],
    values: list[list[str]],
    shape: TableShape,
    across: list[int],
) -> list[TableCell]:
    """Cells of the body, its rows from 0; those of columns that may be merged, in runs of rows."""
    num_rows = len(values[0])
    cells = [
        TableCell(row=row, column=0, column_span=len(columns), text=values[0][row])
        for row in across
    ]
    for at, column in enumerate(columns):
        can_merge = column.can_merge and shape.shows_grid
        is_merged = can_merge and bool(rng.random() < shape.merge_share)
        for start, end in _runs(rng, num_rows, across, is_merged):
            cells.append(
                TableCell(
                    row=start,
                    column=at,
                    row_span=end - start,
                    text=values[at][start],
                    is_header=at == 0 and is_merged,
                    align=column.align,
                )
            )
    return cells


def _rows_across(
    rng: np.random.Generator, num_rows: int, num_columns: int, shape: TableShape
) -> list[int]:
    """Rows that are one cell from left to right, as titles of what follows; mostly none."""
    has_room = num_rows >= 4 and num_columns >= 3 and shape.shows_grid
    if not has_room or rng.random() >= shape.merge_share / 2:
        return []
    return sorted({0, int(rng.integers(2, num_rows))} if rng.random() < 0.5 else {0})


def _runs(
    rng: np.random.Generator, num_rows: int, across: list[int], is_merged: bool
) -> list[tuple[int, int]]:
    """Rows of a column in runs of 1, or of 1 to 3 when merged; rows across are left out."""
    runs, start = [], 0
    while start < num_rows:
        if start in across:
            start += 1
            continue
        end = min(start + (int(rng.integers(1, 4)) if is_merged else 1), num_rows)
        end = min([end, *(row for row in across if row > start)])
        runs.append((start, end))
        start = end
    return runs


def _total(
    rng: np.random.Generator,
    language: Language,
    columns: list[Column],
    values: list[list[str]],
    row: int,
) -> list[TableCell]:
    """A last row with sums, where columns can be summed up; its name spans what cannot."""
    sums = [column.total(values[at]) for at, column in enumerate(columns)]
    num_named = next((at for at, text in enumerate(sums) if text is not None), 0)
    if not num_named or rng.random() < 0.4:
        return []
    names = ("合计", "总计", "小计") if language == "zh" else ("Total", "Sum", "Grand total")
    name = TableCell(
        row=row,
        column=0,
        column_span=num_named,
        text=str(rng.choice(names)),
        is_header=True,
        align="centre",
    )
    rest = [
        TableCell(row=row, column=at, text=sums[at] or "", align=columns[at].align)
        for at in range(num_named, len(columns))
    ]
    return [name, *rest]


def _empty_some(
    rng: np.random.Generator, columns: list[Column], values: list[list[str]], shape: TableShape
) -> None:
    """Empties single cells, and now and then a row or a column."""
    num_rows = len(values[0])
    share = rng.uniform(0.03, 0.2)
    for column in values[1:]:
        for row in range(num_rows):
            if rng.random() < share:
                column[row] = ""
    if shape.shows_grid and rng.random() < 0.3:
        row = int(rng.integers(num_rows))
        for column in values:
            column[row] = ""
    if rng.random() < 0.3 and len(columns) > 2:
        values[int(rng.integers(1, len(columns)))][:] = [""] * num_rows
