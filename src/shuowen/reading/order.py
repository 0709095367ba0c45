"""Reading order: a block is cut at its best gutter and each part in turn; the rest goes by rows.

This is the recursive XY-cut (Nagy and Seth 1984) led by evidence: a page is cut across only where
a line crosses the gutter, so that the white between paragraphs never tears two columns apart.
"""

from __future__ import annotations

from statistics import median

import numpy as np

from shuowen.reading.columns import find_split
from shuowen.reading.frame import Floats, Indices
from shuowen.reading.rows import find_rows

TALL = 1.5
"""Height of a part, in heights of its lines, from which it cannot stand in a row of text."""

Block = list[list[int]]
"""Rows, top to bottom, of indices, left to right, that no gutter divides."""


def order_blocks(boxes: Floats, heights: Floats) -> list[Block]:
    """Blocks in reading order; together they hold every index of `boxes` once.

    Args:
        boxes: (N, 4) left, top, right, bottom in the reading frame.
        heights: (N,) line height of each box's text.
    """
    if not len(boxes):
        return []
    return _cut(boxes, heights, np.arange(len(boxes)))


def _cut(boxes: Floats, heights: Floats, part: Indices) -> list[Block]:
    split = find_split(boxes[part], heights[part])
    if split is None:
        return [[[int(part[i]) for i in row] for row in _rows(boxes[part], heights[part])]]
    parts = (split.above, split.left, split.right, split.below)
    return [block for piece in parts if len(piece) for block in _cut(boxes, heights, part[piece])]


def _rows(boxes: Floats, heights: Floats) -> Block:
    """Rows of lines, top to bottom; what is taller than a line is a row by itself, by its top."""
    is_tall = boxes[:, 3] - boxes[:, 1] > TALL * heights
    flat = np.flatnonzero(~is_tall)
    rows = [[int(flat[i]) for i in row] for row in find_rows(boxes[flat])]
    rows += [[int(index)] for index in np.flatnonzero(is_tall)]
    first_lines = np.minimum((boxes[:, 1] + boxes[:, 3]) / 2, boxes[:, 1] + heights).tolist()
    return sorted(rows, key=lambda row: median(first_lines[index] for index in row))
