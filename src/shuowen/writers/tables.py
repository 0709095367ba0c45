"""Tables for text writers: cells row by row, and the HTML that Markdown needs too."""

from __future__ import annotations

from html import escape

from shuowen.document.model import Cell, Region, Table
from shuowen.writers.plain import clean


def shown_table(region: Region) -> Table | None:
    """The region's table; None when it has no cells, or text that is in none of them."""
    table = region.table
    if table is None or not table.cells:
        return None
    is_text_outside = region.text.strip() and not any(cell.text.strip() for cell in table.cells)
    return None if is_text_outside else table


def table_rows(table: Table) -> list[list[Cell]]:
    """Cells by the row and column where they begin; an empty cell for every slot nobody covers."""
    num_rows = max([table.num_rows, *(cell.row_index + 1 for cell in table.cells)])
    rows: list[list[Cell]] = [[] for _ in range(num_rows)]
    for cell in sorted((*table.cells, *_empty_cells(table)), key=_place):
        rows[cell.row_index].append(cell)
    return rows


def _place(cell: Cell) -> tuple[int, int]:
    return cell.row_index, cell.col_index


def _empty_cells(table: Table) -> list[Cell]:
    covered = {
        (row, col)
        for cell in table.cells
        for row in range(cell.row_index, min(cell.row_index + cell.row_span, table.num_rows))
        for col in range(cell.col_index, min(cell.col_index + cell.col_span, table.num_cols))
    }
    return [
        Cell(row_index=row, col_index=col)
        for row in range(table.num_rows)
        for col in range(table.num_cols)
        if (row, col) not in covered
    ]


def html_table(table: Table, attributes: str = "") -> str:
    """`table` as HTML, one line a row and no blank line; spans and header cells kept.

    Rows stand directly in the table, without `thead` and `tbody`: header cells may be anywhere, and
    a cell may span from what would be the head into the body.
    """
    rows = ("<tr>" + "".join(map(_html_cell, row)) + "</tr>" for row in table_rows(table))
    return "\n".join((f"<table{attributes}>", *rows, "</table>"))


def _html_cell(cell: Cell) -> str:
    tag = "th" if cell.is_header else "td"
    spans = "".join(
        f' {name}="{count}"'
        for name, count in (("rowspan", cell.row_span), ("colspan", cell.col_span))
        if count > 1
    )
    return f"<{tag}{spans}>{html_lines(cell.text)}</{tag}>"


def html_lines(text: str) -> str:
    """`text` cleaned and escaped, its lines apart by `<br>`."""
    return "<br>".join(escape(clean(text).strip()).split("\n"))
