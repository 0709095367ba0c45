"""A table as a grid of cells that know their neighbours: the table checks of olmOCR-bench.

Source of the rules: olmOCR-bench's published code (allenai/olmocr, olmocr/bench/table_parsing.py,
tests.py). A neighbour is the nearest other cell in a direction, one for every row or column that a
cell spans. Headings are the heading cells that can be reached by going on and on in a direction, or
where there are none the cells at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Literal

Direction = Literal["up", "down", "left", "right"]

_STEPS: dict[Direction, tuple[int, int]] = {
    "up": (-1, 0),
    "down": (1, 0),
    "left": (0, -1),
    "right": (0, 1),
}
_MAX_SPAN = 200


@dataclass(frozen=True, kw_only=True)
class GridCell:
    """A cell at its upper left place in the grid; spans are at least 1."""

    text: str
    is_heading: bool
    row: int
    col: int
    row_span: int
    col_span: int


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The cells of a table and which of them is where."""

    cells: tuple[GridCell, ...]
    places: dict[tuple[int, int], int]
    """Position in `cells` by row and column; a cell that spans stands at each of its places."""
    num_rows: int
    num_cols: int

    def neighbours(self, index: int, direction: Direction) -> set[int]:
        """The nearest other cells in a direction, as positions in `cells`."""
        row_step, col_step = _STEPS[direction]
        found = {
            self._nearest(row, col, row_step, col_step, index)
            for row, col in _places_of(self.cells[index])
        }
        return {each for each in found if each is not None}

    def headings(self, index: int, direction: Direction) -> set[int]:
        """Heading cells in a direction, or the last cells there when none is a heading."""
        seen, ahead = {index}, [index]
        ends = set()
        while ahead:
            current = ahead.pop()
            following = self.neighbours(current, direction)
            if not following:
                ends.add(current)
            ahead += following - seen
            seen |= following
        headings = {each for each in seen if self.cells[each].is_heading}
        return headings - {index} or ends - {index}

    def _nearest(self, row: int, col: int, row_step: int, col_step: int, own: int) -> int | None:
        row, col = row + row_step, col + col_step
        while 0 <= row < self.num_rows and 0 <= col < self.num_cols:
            found = self.places.get((row, col))
            if found is not None and found != own:
                return found
            row, col = row + row_step, col + col_step
        return None


def _places_of(cell: GridCell) -> Iterable[tuple[int, int]]:
    return (
        (row, col)
        for row in range(cell.row, cell.row + cell.row_span)
        for col in range(cell.col, cell.col + cell.col_span)
    )


def parse_grid(html: str) -> Grid:
    """The grid of one HTML table; a cell is a heading as th or inside thead."""
    parser = _GridParser()
    parser.feed(html)
    parser.close()
    cells: list[GridCell] = []
    places: dict[tuple[int, int], int] = {}
    rows = [row for row in parser.rows if row]
    for row_index, row in enumerate(rows):
        col = 0
        for read in row:
            while (row_index, col) in places:
                col += 1
            cell = GridCell(
                text="".join(read.pieces).strip(),
                is_heading=read.is_heading,
                row=row_index,
                col=col,
                row_span=min(read.row_span, len(rows) - row_index),
                col_span=read.col_span,
            )
            for place in _places_of(cell):
                places.setdefault(place, len(cells))
            cells.append(cell)
    return Grid(
        cells=tuple(cells),
        places=places,
        num_rows=len(rows),
        num_cols=1 + max((col for _, col in places), default=-1),
    )


@dataclass
class _ReadCell:
    is_heading: bool
    row_span: int
    col_span: int
    pieces: list[str] = field(default_factory=list)


class _GridParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[_ReadCell]] = []
        self._is_head = False
        self._cell: _ReadCell | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            spans = dict(attrs)
            self._cell = _ReadCell(
                is_heading=tag == "th" or self._is_head,
                row_span=_span(spans.get("rowspan")),
                col_span=_span(spans.get("colspan")),
            )
            if not self.rows:
                self.rows.append([])
            self.rows[-1].append(self._cell)
        elif tag == "br" and self._cell is not None:
            self._cell.pieces.append("\n")
        self._is_head = tag == "thead" or (self._is_head and tag not in ("tbody", "tfoot"))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr"):
            self._cell = None
        self._is_head = self._is_head and tag != "thead"

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.pieces.append(data)


def _span(value: str | None) -> int:
    digits = (value or "").strip()
    return min(max(int(digits), 1), _MAX_SPAN) if re.fullmatch("[0-9]{1,5}", digits) else 1
