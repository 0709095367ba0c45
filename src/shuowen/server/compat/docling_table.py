"""A table as docling-core's TableData: its cells, and the grid that they cover."""

from __future__ import annotations

from typing import Any

from shuowen.document.model import Cell, Table
from shuowen.server.compat.measures import Measure
from shuowen.writers.plain import clean
from shuowen.writers.tables import table_rows


def table_data(table: Table, measure: Measure) -> dict[str, Any]:
    """Cells in reading order, empty ones too, and for every slot the cell that covers it."""
    rows = table_rows(table)
    num_rows, num_cols = len(rows), _num_cols(rows)
    cells = [(cell, _cell(cell, num_rows, measure)) for row in rows for cell in row]
    grid: list[list[dict[str, Any] | None]] = [[None] * num_cols for _ in range(num_rows)]
    for cell, written in cells:
        for row in range(cell.row_index, min(cell.row_index + cell.row_span, num_rows)):
            for col in range(cell.col_index, min(cell.col_index + cell.col_span, num_cols)):
                grid[row][col] = written
    return {
        "table_cells": [written for _, written in cells],
        "num_rows": num_rows,
        "num_cols": num_cols,
        "grid": [[slot for slot in row if slot is not None] for row in grid],
    }


def _num_cols(rows: list[list[Cell]]) -> int:
    return max((cell.col_index + cell.col_span for row in rows for cell in row), default=0)


def _cell(cell: Cell, num_rows: int, measure: Measure) -> dict[str, Any]:
    box = {} if cell.box is None else {"bbox": measure.from_top(cell.box)}
    end = min(cell.row_index + cell.row_span, num_rows)
    return {
        **box,
        "row_span": end - cell.row_index,
        "col_span": cell.col_span,
        "start_row_offset_idx": cell.row_index,
        "end_row_offset_idx": end,
        "start_col_offset_idx": cell.col_index,
        "end_col_offset_idx": cell.col_index + cell.col_span,
        "text": clean(cell.text).strip(),
        "column_header": cell.is_header,
        "row_header": False,
        "row_section": False,
    }
