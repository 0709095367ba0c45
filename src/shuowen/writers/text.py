"""Plain text: everything that was read, headers and page numbers too, in reading order.

A blank line stands between regions and a form feed between pages. A table has one line a row and a
tab between cells; a cell that spans several columns is followed by as many tabs. Words that are
marked as doubtful stand in ⟦white brackets?⟧; what was crossed out is left out.
"""

from __future__ import annotations

from shuowen.document.model import Cell, Document, Page, Region, Table
from shuowen.writers.marks import shown, with_marks
from shuowen.writers.plain import clean, error_sentence, single_line
from shuowen.writers.tables import shown_table, table_rows


def write(document: Document) -> bytes:
    """`document` as UTF-8 plain text."""
    pages = "\n\f".join(map(_page, document.pages))
    return f"{pages}\n".encode() if pages else b""


def _page(page: Page) -> str:
    error = error_sentence(page)
    parts = [f"[{error}]" if error else "", *map(_region, page.regions)]
    return "\n\n".join(part for part in parts if part)


def _region(region: Region) -> str:
    marked = with_marks(region)
    if marked is region:
        return _plain(region)
    return shown(_plain(marked), lambda _: "⟦", "?⟧")


def _plain(region: Region) -> str:
    if table := shown_table(region):
        return _table(table)
    return clean(region.text).strip()


def _table(table: Table) -> str:
    return "\n".join(_row(cells, table.num_cols) for cells in table_rows(table))


def _row(cells: list[Cell], num_cols: int) -> str:
    line, col = "", 0
    for cell in cells:
        line += "\t" * (cell.col_index - col) + single_line(cell.text)
        col = cell.col_index
    return line + "\t" * (num_cols - 1 - col)
