"""Rows: pieces of text that stand side by side on one level."""

from __future__ import annotations

import numpy as np

from shuowen.reading.frame import Floats

SAME_ROW_OVERLAP = 0.5
"""Share of the lower box's height that two pieces of one row have in common at least."""
UNDER_OVERLAP = 0.5
"""Share of the narrower box's width from which one piece stands under the other, not beside it."""

_Edges = list[float]


def find_rows(boxes: Floats) -> list[list[int]]:
    """Groups boxes (N, 4) into rows, top to bottom; each row's indices go left to right.

    A box joins the row above when it stands on its level and beside its pieces, not under them.
    """
    order = np.lexsort((boxes[:, 0], boxes[:, 1] + boxes[:, 3])).tolist()
    edges: list[_Edges] = boxes.tolist()  # plain floats: many tiny comparisons are faster on them
    rows: list[list[int]] = []
    for index in order:
        if rows and _belongs(edges[index], [edges[piece] for piece in rows[-1]]):
            rows[-1].append(index)
        else:
            rows.append([index])
    return [sorted(row, key=lambda index: edges[index]) for row in rows]


def row_box(boxes: Floats, row: list[int]) -> Floats:
    """The box (4,) around a row."""
    return np.concatenate([boxes[row, :2].min(axis=0), boxes[row, 2:].max(axis=0)])


def _belongs(box: _Edges, row: list[_Edges]) -> bool:
    on_level = sum(_is_on_level(box, piece) for piece in row)
    return 2 * on_level >= len(row) and not any(_is_under(box, piece) for piece in row)


def _is_on_level(box: _Edges, piece: _Edges) -> bool:
    shared = min(box[3], piece[3]) - max(box[1], piece[1])
    return shared > SAME_ROW_OVERLAP * min(box[3] - box[1], piece[3] - piece[1])


def _is_under(box: _Edges, piece: _Edges) -> bool:
    shared = min(box[2], piece[2]) - max(box[0], piece[0])
    return shared >= UNDER_OVERLAP * min(box[2] - box[0], piece[2] - piece[0])
