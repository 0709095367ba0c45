"""HTML tables as trees: table > tr > td, the form in which tables are compared.

The parser forgives what browsers forgive: end tags left out, cells outside a row, thead and tbody
or none, spans that are not numbers. A header cell counts as a cell. A table inside a cell is not a
table of its own: its text belongs to that cell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

# HTML's own bounds for spans: https://html.spec.whatwg.org/multipage/tables.html (colspan 1 to
# 1000, rowspan up to 65534; 0 means "to the end", which no reader here writes, and counts as 1).
_MAX_COL_SPAN = 1000
_MAX_ROW_SPAN = 65534


@dataclass(frozen=True, kw_only=True)
class TableNode:
    """A node of a table's tree. Only cells (`td`) have spans other than 1 and text."""

    tag: str
    row_span: int = 1
    col_span: int = 1
    text: str = ""
    children: tuple[TableNode, ...] = ()

    @property
    def num_nodes(self) -> int:
        """Nodes in this tree, itself included."""
        return 1 + sum(child.num_nodes for child in self.children)


def parse_tables(html: str) -> list[TableNode]:
    """The outermost tables in `html`, in order; none when there is no table in it."""
    parser = _TableParser()
    parser.feed(html)
    parser.close()
    parser.end_table()
    return parser.tables


def table_text(table: TableNode) -> str:
    """The text of all cells, one line a row."""
    return "\n".join(" ".join(cell.text for cell in row.children) for row in table.children)


@dataclass
class _OpenCell:
    row_span: int
    col_span: int
    pieces: list[str] = field(default_factory=list)


class _TableParser(HTMLParser):
    """Collects `tables`; rows and cells end where their end tag is or should have been."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[TableNode] = []
        self._depth = 0
        self._rows: list[TableNode] = []
        self._cells: list[TableNode] | None = None
        self._cell: _OpenCell | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
        elif self._depth == 1 and tag in ("td", "th"):
            self._start_cell(dict(attrs))
        elif self._depth == 1 and tag in ("tr", "thead", "tbody", "tfoot"):
            self._end_row()
            self._cells = [] if tag == "tr" else None
        elif self._cell is not None:
            self._cell.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._depth > 1:
            self._depth -= 1
        elif tag == "table":
            self.end_table()
        elif self._depth == 1 and tag in ("td", "th"):
            self._end_cell()
        elif self._depth == 1 and tag in ("tr", "thead", "tbody", "tfoot"):
            self._end_row()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.pieces.append(data)

    def end_table(self) -> None:
        """Closes the table that is open, if one is."""
        self._end_row()
        if self._depth:
            self.tables.append(TableNode(tag="table", children=tuple(self._rows)))
        self._depth, self._rows = 0, []

    def _start_cell(self, attributes: dict[str, str | None]) -> None:
        self._end_cell()
        if self._cells is None:
            self._cells = []
        self._cell = _OpenCell(
            row_span=_span(attributes.get("rowspan"), _MAX_ROW_SPAN),
            col_span=_span(attributes.get("colspan"), _MAX_COL_SPAN),
        )

    def _end_cell(self) -> None:
        if self._cell is None or self._cells is None:
            return
        cell, self._cell = self._cell, None
        text = "".join(cell.pieces).strip()
        self._cells.append(
            TableNode(tag="td", row_span=cell.row_span, col_span=cell.col_span, text=text)
        )

    def _end_row(self) -> None:
        self._end_cell()
        if self._cells is not None:
            self._rows.append(TableNode(tag="tr", children=tuple(self._cells)))
        self._cells = None


def _span(value: str | None, largest: int) -> int:
    """A span attribute as browsers take it: 1 when it is absent or no number."""
    digits = (value or "").strip()
    return min(max(int(digits), 1), largest) if digits.isdecimal() else 1
