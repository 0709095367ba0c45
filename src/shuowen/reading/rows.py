"""Rows: pieces of text that stand side by side on one level."""

from __future__ import annotations

import numpy as np

from shuowen.reading.frame import Floats

SAME_ROW_OVERLAP = 0.5
"""Share of the lower box's height that two pieces of one row have in common at least."""


def find_rows(boxes: Floats) -> list[list[int]]:
    """Groups boxes (N, 4) into rows, top to bottom; each row's indices go left to right.

    A box joins the row above when it stands on its level and beside its pieces, not under them.
    """
    middles = (boxes[:, 1] + boxes[:, 3]) / 2
    rows: list[list[int]] = []
    for index in np.lexsort((boxes[:, 0], middles)):
        if rows and _belongs(boxes, rows[-1], int(index)):
            rows[-1].append(int(index))
        else:
            rows.append([int(index)])
    return [sorted(row, key=lambda index: (boxes[index, 0], boxes[index, 1])) for row in rows]


def row_box(boxes: Floats, row: list[int]) -> Floats:
    """The box (4,) around a row."""
    return np.concatenate([boxes[row, :2].min(axis=0), boxes[row, 2:].max(axis=0)])


def _belongs(boxes: Floats, row: list[int], index: int) -> bool:
    left, top, right, bottom = boxes[index]
    others = boxes[row]
    shared = np.minimum(bottom, others[:, 3]) - np.maximum(top, others[:, 1])
    lower = np.minimum(bottom - top, others[:, 3] - others[:, 1])
    beside = np.minimum(right, others[:, 2]) - np.maximum(left, others[:, 0])
    narrower = np.minimum(right - left, others[:, 2] - others[:, 0])
    on_level = np.median(shared - SAME_ROW_OVERLAP * lower) > 0
    return bool(on_level and (beside < 0.5 * narrower).all())
