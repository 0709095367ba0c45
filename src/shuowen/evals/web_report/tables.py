"""Tables of truth and reading as HTML of our own making: nothing of a reading's markup is kept."""

from __future__ import annotations

from collections import Counter
from html import escape

from shuowen.evals.normalise import normalise_text
from shuowen.evals.table_trees import TableNode, parse_tables

_MAX_SPAN = 200
_MAX_ROWS = 500


def rendered_tables(html: str, other: str) -> str:
    """The tables in `html`; cells whose text is in no cell of `other` are marked."""
    known = Counter(_normal(cell) for table in parse_tables(other) for cell in _cells(table))
    return "".join(_table(table, known) for table in parse_tables(html))


def _table(table: TableNode, known: Counter[str]) -> str:
    rows = "".join(
        f"<tr>{''.join(_cell(cell, known) for cell in row.children)}</tr>"
        for row in table.children[:_MAX_ROWS]
    )
    return f'<table class="shown">{rows}</table>'


def _cell(cell: TableNode, known: Counter[str]) -> str:
    normal = _normal(cell)
    is_known = not normal or known[normal] > 0
    known[normal] -= 1
    spans = "".join(
        f' {name}="{min(span, _MAX_SPAN)}"'
        for name, span in (("rowspan", cell.row_span), ("colspan", cell.col_span))
        if span > 1
    )
    mark = "" if is_known else ' class="differs"'
    return f"<td{spans}{mark}>{escape(cell.text)}</td>"


def _cells(table: TableNode) -> list[TableNode]:
    return [cell for row in table.children for cell in row.children]


def _normal(cell: TableNode) -> str:
    return normalise_text(cell.text, fold_case=True)
