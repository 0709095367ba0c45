"""Rows and columns from text alone: levels of words, and the white that runs down between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from shuowen.document.model import Box
from shuowen.engines.embedded.records import TableStructure
from shuowen.engines.embedded.table_structure import CellToken, close_grid
from shuowen.reading.rows import find_rows
from shuowen.reading.table_text import Floats, Piece, edges_of

CONFIDENCE = 0.75
"""Of such a grid: merged cells and lines that belong to one row cannot be told."""
MAX_PIECE_WIDTH = 0.5
"""A piece wider than this share of the table may stand across columns and parts none."""
MIN_GUTTER = 0.5
"""White between two columns, in line heights, at least."""


def text_structure(pieces: Sequence[Piece]) -> TableStructure:
    """A grid with a row for each level of text and a column for each run of text between gutters.

    Args:
        pieces: At least one, in the straightened picture.
    """
    boxes = edges_of([piece.box for piece in pieces])
    columns = find_columns(boxes)
    rows = [list(_row_cells(boxes[row], columns)) for row in find_rows(boxes)]
    slots, num_cols = close_grid(rows)
    return TableStructure(num_rows=len(rows), num_cols=num_cols, slots=slots, confidence=CONFIDENCE)


def find_columns(boxes: Floats, max_crossing: float = 0.0) -> Floats:
    """Columns as (left, right), (C, 2), left to right, parted by white from top to bottom.

    Args:
        boxes: Text, (N, 4), N > 0, lines level.
        max_crossing: Number of pieces that may stand in the white between two columns.
    """
    left, right = boxes[:, 0].min(), boxes[:, 2].max()
    gutter = MIN_GUTTER * float(np.median(boxes[:, 3] - boxes[:, 1]))
    narrow = boxes[boxes[:, 2] - boxes[:, 0] <= MAX_PIECE_WIDTH * (right - left)]
    if not len(narrow):
        return np.array([[left, right]])
    places = np.unique(narrow[:, [0, 2]])
    middles = (places[:-1] + places[1:]) / 2
    starts, ends = np.sort(narrow[:, 0]), np.sort(narrow[:, 2])
    num_over = np.searchsorted(starts, middles) - np.searchsorted(ends, middles)
    covered = num_over > max_crossing
    columns: list[list[float]] = []
    for start, end in zip(places[:-1][covered], places[1:][covered], strict=True):
        if columns and start - columns[-1][1] < gutter:
            columns[-1][1] = float(end)
        else:
            columns.append([float(start), float(end)])
    return np.array(columns or [[left, right]])


def _row_cells(row: Floats, columns: Floats) -> Iterator[CellToken]:
    """The cells of one level, every column covered once; pieces in one column share a cell."""
    ranges = [_columns_of(box, columns) for box in row]
    col = 0
    for first, last in ranges:
        for _ in range(col, first):
            yield CellToken()
        if last >= max(col, first):
            start = max(col, first)
            members = [box for box, (f, _) in zip(row, ranges, strict=True) if start <= f <= last]
            yield CellToken(col_span=last - start + 1, box=_around(members))
            col = last + 1
    for _ in range(col, len(columns)):
        yield CellToken()


def _columns_of(box: Floats, columns: Floats) -> tuple[int, int]:
    """First and last column that a piece overlaps, or the nearest one twice."""
    shared = np.minimum(box[2], columns[:, 1]) - np.maximum(box[0], columns[:, 0])
    over = np.flatnonzero(shared > 0)
    if len(over):
        return int(over[0]), int(over[-1])
    nearest = int(np.argmax(shared))
    return nearest, nearest


def _around(boxes: Sequence[Floats]) -> Box | None:
    if not boxes:
        return None
    edges = np.array(boxes)
    (left, top), (right, bottom) = edges[:, :2].min(axis=0), edges[:, 2:].max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))
