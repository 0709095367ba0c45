"""From a grid and placed text to the document's table."""

from __future__ import annotations

from collections.abc import Sequence

from shuowen.document.model import Box, Cell, Line, Table, union_of
from shuowen.document.text import join_lines
from shuowen.engines.embedded.records import CellSlot, TableStructure
from shuowen.image.perspective import Flattening
from shuowen.reading.rows import find_rows
from shuowen.reading.table_text import Piece, edges_of


def make_table(
    structure: TableStructure,
    pieces: Sequence[Piece],
    homes: Sequence[int],
    flattening: Flattening,
    origin: Box,
) -> Table:
    """The table with its text.

    Args:
        structure: The grid, in the straightened picture.
        pieces: Its text; `Cell.line_indices` counts in this order.
        homes: The slot of each piece.
        flattening: From the crop to the straightened picture.
        origin: The crop's place on the page.
    """
    held: dict[int, list[int]] = {}
    for piece, home in enumerate(homes):
        held.setdefault(home, []).append(piece)
    cells = tuple(
        _cell(
            slot,
            pieces,
            _in_order(pieces, held.get(index, [])),
            _page_box(slot.box, flattening, origin),
            slot.row_index < structure.num_header_rows,
        )
        for index, slot in enumerate(structure.slots)
    )
    return Table(num_rows=structure.num_rows, num_cols=structure.num_cols, cells=cells)


def table_text(table: Table) -> str:
    """The table as plain text: a line for each row, a tab between cells."""
    rows: list[list[str]] = [[] for _ in range(table.num_rows)]
    for cell in table.cells:
        rows[cell.row_index].append(cell.text)
    return "\n".join("\t".join(row) for row in rows)


def _in_order(pieces: Sequence[Piece], indices: Sequence[int]) -> list[int]:
    boxes = edges_of([pieces[index].box for index in indices])
    return [indices[member] for row in find_rows(boxes) for member in row]


def _cell(
    slot: CellSlot,
    pieces: Sequence[Piece],
    indices: Sequence[int],
    box: Box | None,
    is_header: bool,
) -> Cell:
    lines = [pieces[index].line for index in indices]
    if lines:
        text_box = union_of([line.box for line in lines])
        box = box.union(text_box) if box else text_box
    return Cell(
        row_index=slot.row_index,
        col_index=slot.col_index,
        row_span=slot.row_span,
        col_span=slot.col_span,
        text=join_lines(lines),
        box=box,
        confidence=_mean_confidence(lines),
        is_header=is_header,
        line_indices=tuple(indices),
    )


def _page_box(box: Box | None, flattening: Flattening, origin: Box) -> Box | None:
    if box is None:
        return None
    on_crop = flattening.original_box(box)
    return Box(
        round(max(on_crop.left + origin.left, origin.left), 1),
        round(max(on_crop.top + origin.top, origin.top), 1),
        round(min(on_crop.right + origin.left, origin.right), 1),
        round(min(on_crop.bottom + origin.top, origin.bottom), 1),
    )


def _mean_confidence(lines: Sequence[Line]) -> float | None:
    """Mean over characters."""
    num_characters = sum(len(line.text) for line in lines)
    if not num_characters:
        return None
    return round(sum(line.confidence * len(line.text) for line in lines) / num_characters, 4)
