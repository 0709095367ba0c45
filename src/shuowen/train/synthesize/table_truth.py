"""What a table says, in the forms in which it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from shuowen.train.synthesize.layout_text import join_lines
from shuowen.train.synthesize.tables import TableCell, TablePlan


def table_html(plan: TablePlan) -> str:
    """The table with thead, tbody and th, one line a row."""
    rows = _rows(plan)
    head, body = rows[: plan.num_header_rows], rows[plan.num_header_rows :]
    lines = ["<table>"]
    for name, part in (("thead", head), ("tbody", body)):
        if part:
            lines += [f"<{name}>", *(_row(cells, marks_headers=True) for cells in part)]
            lines.append(f"</{name}>")
    return "\n".join((*lines, "</table>"))


def plain_table_html(plan: TablePlan) -> str:
    """The table as it is scored and asked for: table, tr and td alone, in one line.

    Header cells are td as well: measures of tables count them alike, and a model that is taught
    has fewer tokens to write.
    """
    rows = (_row(cells, marks_headers=False) for cells in _rows(plan))
    return f"<table>{''.join(rows)}</table>"


def table_lines(plan: TablePlan) -> list[str]:
    """What is read in each row, from left to right; rows without text are left out.

    A merged cell is read in the row where it begins.
    """
    lines = (
        " ".join(join_lines(cell.text.split("\n")) for cell in cells if cell.text)
        for cells in _rows(plan)
    )
    return [line for line in lines if line]


def _rows(plan: TablePlan) -> list[list[TableCell]]:
    rows: list[list[TableCell]] = [[] for _ in range(plan.num_rows)]
    for cell in sorted(plan.cells, key=lambda cell: cell.column):
        rows[cell.row].append(cell)
    return rows


def _row(cells: Sequence[TableCell], *, marks_headers: bool) -> str:
    return "<tr>" + "".join(_cell(cell, marks_headers) for cell in cells) + "</tr>"


def _cell(cell: TableCell, marks_headers: bool) -> str:
    tag = "th" if marks_headers and cell.is_header else "td"
    spans = "".join(
        f' {name}="{count}"'
        for name, count in (("rowspan", cell.row_span), ("colspan", cell.column_span))
        if count > 1
    )
    text = "<br>".join(escape(line, quote=False) for line in cell.text.split("\n"))
    return f"<{tag}{spans}>{text}</{tag}>"
