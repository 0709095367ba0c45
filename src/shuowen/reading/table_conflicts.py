"""Where a grid and the text contradict each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from shuowen.engines.embedded.records import CellSlot, TableStructure
from shuowen.reading.rows import find_rows
from shuowen.reading.table_text import Floats, Piece, edges_of

WIDE_GAP = 1.5
"""White, in line heights, that parts two words of one level into two cells."""
MAX_LINES_IN_CELL = 60
MAX_ACROSS = 0.25
"""Share of a piece's width that may lie in another cell."""


def conflicts(structure: TableStructure, pieces: Sequence[Piece], homes: Sequence[int]) -> float:
    """How much text and grid contradict each other, 0 for not at all.

    The sum of three shares: of pieces that stand apart in one cell, lie across a wall, or are torn
    from their level; of rows without text; and of columns without text.

    Args:
        structure: At least one slot with a box.
        pieces: At least one, split at the grid's walls.
        homes: The slot of each piece.
    """
    rows, cols = np.zeros(structure.num_rows, bool), np.zeros(structure.num_cols, bool)
    for slot in (structure.slots[home] for home in set(homes)):
        rows[slot.row_index : slot.row_index + slot.row_span] = True
        cols[slot.col_index : slot.col_index + slot.col_span] = True
    boxes = edges_of([piece.box for piece in pieces])
    held = np.array(homes)
    apart = sum(_num_apart(boxes[held == home]) for home in set(homes))
    across = _num_across(boxes, homes, structure.slots)
    torn = _num_torn(boxes, [structure.slots[home] for home in homes])
    return (apart + across + torn) / len(pieces) + float((~rows).mean()) + float((~cols).mean())


def _num_apart(boxes: Floats) -> int:
    """Gaps of wide white between neighbours on one level."""
    if len(boxes) > MAX_LINES_IN_CELL:
        return len(boxes)
    levels = (boxes[row] for row in find_rows(boxes))
    return sum(
        int(
            (level[1:, 0] - level[:-1, 2] > WIDE_GAP * np.ptp(level[:, [1, 3]], axis=1).min()).sum()
        )
        for level in levels
    )


def _num_torn(boxes: Floats, slots: Sequence[CellSlot]) -> int:
    """Pieces whose row is not the row of most others on their level."""
    torn = 0
    for level in find_rows(boxes):
        rows = [slots[index].row_index for index in level if slots[index].row_span == 1]
        if rows:
            torn += len(rows) - max(Counter(rows).values())
    return torn


def _num_across(boxes: Floats, homes: Sequence[int], slots: Sequence[CellSlot]) -> int:
    """Pieces of which a good part lies in another cell than their own."""
    own = edges_of([slots[home].box for home in homes])
    shared = np.minimum(boxes[:, 2], own[:, 2]) - np.maximum(boxes[:, 0], own[:, 0])
    outside = shared < (1 - MAX_ACROSS) * (boxes[:, 2] - boxes[:, 0])
    others = edges_of([slot.box for slot in slots])
    return sum(
        _overlaps_most(boxes[index], others, homes[index])
        for index in np.flatnonzero(outside).tolist()
    )


def _overlaps_most(box: Floats, slots: Floats, home: int) -> bool:
    """Whether a good part of a box lies in one slot that is not its home."""
    wide = np.minimum(box[2], slots[:, 2]) - np.maximum(box[0], slots[:, 0])
    high = np.minimum(box[3], slots[:, 3]) - np.maximum(box[1], slots[:, 1])
    over = (wide > MAX_ACROSS * (box[2] - box[0])) & (high > 0.5 * (box[3] - box[1]))
    over[home] = False
    return bool(over.any())
