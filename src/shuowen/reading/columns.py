"""Columns: a gutter of white between two bodies of text that are read one after the other.

The hard part is to tell columns from rows. A table, a receipt and a list of labels with their
explanations have a gutter too, but are read across it. What speaks for columns: both sides are
prose (lines that fill their width), or the lines left and right do not stand on common levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shuowen.reading.frame import Floats, Indices
from shuowen.reading.rows import find_rows, row_box

MIN_GUTTER = 0.1
"""Narrowest gutter, in line heights: boxes of the detector are wider than the ink by about that."""
CLEAR_GUTTER = 1.0
"""Narrowest gutter, in line heights, where only one side is prose."""
MIN_ROWS = 3
"""Fewest rows that a side needs to be seen as a column."""
PROSE_WIDTH = 8.0
"""Narrowest column of prose, in line heights: eight Chinese characters, three English words."""
FULL_ROW = 0.75
"""Share of its column's width from which a row counts as filling it."""
MAX_TRIED = 12
"""How many gutters are examined in one block, best supported first; bounds the time."""
FAR = 1.5
"""A gap, in line heights, that sets a single row at a block's end apart: a header, a footer."""


@dataclass(frozen=True)
class Split:
    """A block taken apart at a gutter; indices of its boxes, in reading order of the parts."""

    above: Indices
    left: Indices
    right: Indices
    below: Indices


@dataclass(frozen=True)
class _Gutter:
    x: float
    members: Indices
    support: float
    """Rows on the side that has fewer."""


@dataclass(frozen=True)
class _Side:
    rows: Floats
    num_rows: float
    width: float
    is_prose: bool

    @staticmethod
    def of(boxes: Floats, num_rows: Floats, unit: float) -> _Side:
        """Looks at one side of a gutter: is most of its text in rows that fill its width?

        Only pieces that are long themselves count; a name and its price far apart do not fill.
        """
        grouped = find_rows(boxes)
        widths = boxes[:, 2] - boxes[:, 0]
        long_widths = np.where(widths >= PROSE_WIDTH * unit, widths, 0.0)
        width = float(boxes[:, 2].max() - boxes[:, 0].min())
        filled = np.array([long_widths[row].sum() for row in grouped])
        in_full_rows = filled[filled >= FULL_ROW * width].sum()
        return _Side(
            rows=np.array([row_box(boxes, row) for row in grouped]),
            num_rows=float(sum(num_rows[row].max() for row in grouped)),
            width=width,
            is_prose=bool(in_full_rows >= 0.5 * widths.sum()),
        )


def find_split(boxes: Floats, heights: Floats) -> Split | None:
    """The best supported gutter between columns, or None when the block is read row by row.

    Args:
        boxes: (N, 4) in the reading frame.
        heights: (N,) line height of each box's text; less than the box's for a whole table.
    """
    unit = float(np.median(heights))
    num_rows = np.maximum(np.rint((boxes[:, 3] - boxes[:, 1]) / np.maximum(heights, 1e-6)), 1)
    gutters = sorted(_gutters(boxes, num_rows, unit), key=lambda gutter: -gutter.support)
    for gutter in gutters[:MAX_TRIED]:
        members = _without_far_rows(boxes, gutter.members, unit)
        left = members[boxes[members, 0] < gutter.x]
        right = members[boxes[members, 0] >= gutter.x]
        if not len(left) or not len(right):
            continue
        if not any(_has_long_lines(boxes[side], unit) for side in (left, right)):
            continue
        sides = [_Side.of(boxes[side], num_rows[side], unit) for side in (left, right)]
        if _are_columns(sides, float(boxes[right, 0].min() - boxes[left, 2].max()), unit):
            return _split_around(boxes, members, left, right)
    return None


def _gutters(boxes: Floats, num_rows: Floats, unit: float) -> list[_Gutter]:
    """Gutters that end at some box's left edge, each as long as no box crosses it."""
    middles = (boxes[:, 1] + boxes[:, 3]) / 2
    by_middle = np.argsort(middles)
    lefts, rights, weights = boxes[by_middle, 0], boxes[by_middle, 2], num_rows[by_middle]
    found = []
    for x in _distinct(lefts, MIN_GUTTER * unit):
        is_right = lefts >= x
        is_left = rights <= x - MIN_GUTTER * unit
        run_of = np.cumsum(~is_right & ~is_left)
        support = np.minimum(
            np.bincount(run_of[is_left], weights[is_left], minlength=run_of[-1] + 1),
            np.bincount(run_of[is_right], weights[is_right], minlength=run_of[-1] + 1),
        )
        run = int(np.argmax(support))
        if support[run] >= MIN_ROWS:
            members = by_middle[(run_of == run) & (is_left | is_right)]
            found.append(_Gutter(float(x), members, float(support[run])))
    return found


def _distinct(lefts: Floats, step: float) -> Floats:
    """The leftmost of all edges that fall into one step."""
    sorted_lefts = np.unique(lefts)
    _, first = np.unique((sorted_lefts - sorted_lefts[0]) // step, return_index=True)
    return sorted_lefts[first]


def _without_far_rows(boxes: Floats, members: Indices, unit: float) -> Indices:
    """Leaves out single rows at the top and bottom that stand far from the rest."""
    bands = _bands(boxes, members)
    while len(bands) > 1 and _is_far_row(boxes, bands[0], bands[1], unit):
        bands = bands[1:]
    while len(bands) > 1 and _is_far_row(boxes, bands[-1], bands[-2], unit):
        bands = bands[:-1]
    return np.concatenate(bands)


def _bands(boxes: Floats, members: Indices) -> list[Indices]:
    """Members between white bands that go right across, top to bottom."""
    ordered = members[np.argsort(boxes[members, 1])]
    reach = np.maximum.accumulate(boxes[ordered, 3])
    starts = np.flatnonzero(boxes[ordered[1:], 1] >= reach[:-1]) + 1
    return np.split(ordered, starts)


def _is_far_row(boxes: Floats, band: Indices, neighbour: Indices, unit: float) -> bool:
    top, bottom = boxes[band, 1].min(), boxes[band, 3].max()
    gap = max(boxes[neighbour, 1].min() - bottom, top - boxes[neighbour, 3].max())
    return bool(gap > FAR * unit and len(find_rows(boxes[band])) == 1)


def _has_long_lines(boxes: Floats, unit: float) -> bool:
    """Whether a side can be prose at all: most of its ink is in lines long enough for it."""
    widths = boxes[:, 2] - boxes[:, 0]
    return bool(2 * widths[widths >= PROSE_WIDTH * unit].sum() >= widths.sum())


def _are_columns(sides: Sequence[_Side], gutter: float, unit: float) -> bool:
    if any(side.num_rows < MIN_ROWS or side.width < PROSE_WIDTH * unit for side in sides):
        return False
    if all(side.is_prose for side in sides):
        return True
    is_clear = gutter >= CLEAR_GUTTER * unit and any(side.is_prose for side in sides)
    return is_clear and _share_on_level(sides[0].rows, sides[1].rows, unit) < 1 / 3


def _share_on_level(rows_left: Floats, rows_right: Floats, unit: float) -> float:
    """Share of the shorter side's rows that have a row on their level on the other side."""
    few, many = sorted([rows_left, rows_right], key=len)
    few_y, many_y = few[:, [1, 3]].mean(axis=1), many[:, [1, 3]].mean(axis=1)
    nearest = abs(few_y[:, None] - many_y[None]).min(axis=1)
    return float((nearest < 0.3 * unit).mean())


def _split_around(boxes: Floats, members: Indices, left: Indices, right: Indices) -> Split:
    """The rest of the block goes above or below, by its middle."""
    rest = np.setdiff1d(np.arange(len(boxes)), members)
    middles = (boxes[:, 1] + boxes[:, 3]) / 2
    is_above = middles[rest] < np.median(middles[members])
    return Split(above=rest[is_above], left=left, right=right, below=rest[~is_above])
