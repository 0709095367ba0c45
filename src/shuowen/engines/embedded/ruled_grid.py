"""The grid of cells that printed rules close.

Between every two neighbouring slots of the grid that the rules span we ask whether the wall is
really printed; slots without a wall between them are one merged cell.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box
from shuowen.engines.embedded.records import CellSlot, TableStructure
from shuowen.engines.embedded.ruled_lines import SAME_RULE_PX, Mask, Rules

Walls = NDArray[np.float64]
"""How much of each wall is printed, 0 to 1."""

_WALL = 0.5
"""Share of a wall that must be printed."""
_MAX_RULES = 400
"""More rules than this in one direction are a texture, not a table."""


def ruled_structure(rules: Rules) -> TableStructure | None:
    """The grid that the rules close, or None where they close none.

    Returns:
        Slots whose boxes are the printed cells; `confidence` is the share of walls that are
        clearly printed or clearly absent, lowered by merged groups that are not rectangles.
    """
    ys, xs = rules.ys, rules.xs
    if not (2 <= len(ys) <= _MAX_RULES and 2 <= len(xs) <= _MAX_RULES):
        return None
    mask_ys, mask_xs = np.multiply(ys, rules.scale), np.multiply(xs, rules.scale)
    beside = _walls(rules.vertical, mask_xs[1:-1], mask_ys)
    below = _walls(rules.horizontal.T, mask_ys[1:-1], mask_xs).T
    labels, added = merged_labels(beside.T > _WALL, below.T > _WALL)
    slots_ys, slots_xs, labels = _without_phantoms(ys, xs, labels)
    slots = _slots(labels, slots_ys, slots_xs)
    if len(slots) < 2:
        return None
    shares = np.concatenate([beside.ravel(), below.ravel()])
    clear = float((np.abs(shares - _WALL) > 0.2).mean()) if shares.size else 1.0
    heads = [slot.row_span for slot in slots if slot.row_index == 0]
    return TableStructure(
        num_rows=labels.shape[0],
        num_cols=labels.shape[1],
        slots=slots,
        confidence=max(clear * (1 - added / labels.size), 0.0),
        num_header_rows=max(heads) if max(heads) < labels.shape[0] else 0,
    )


def merged_labels(
    wall_beside: NDArray[np.bool_], wall_below: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], int]:
    """Joins slots without a wall between them, and widens every group to a rectangle.

    Args:
        wall_beside: (rows, cols - 1): whether slot (r, c) and (r, c + 1) are parted.
        wall_below: (rows - 1, cols): whether slot (r, c) and (r + 1, c) are parted.

    Returns:
        A label per slot, (rows, cols), each label's slots one full rectangle; and how many slots
        had to be added to groups to make them rectangles.
    """
    num_rows, num_cols = wall_beside.shape[0], wall_below.shape[1]
    # A picture with a pixel per slot and per wall: connected parts are the merged cells.
    canvas = np.zeros((2 * num_rows - 1, 2 * num_cols - 1), np.uint8)
    canvas[::2, ::2] = 1
    canvas[::2, 1::2] = ~wall_beside
    canvas[1::2, ::2] = ~wall_below
    labels = cv2.connectedComponents(canvas, connectivity=4)[1][::2, ::2].astype(np.int64)
    added = 0
    while len(ragged := _ragged_windows(labels)):
        for rows, cols in ragged:
            others = np.unique(labels[rows, cols])
            added += int((labels[rows, cols] != others[0]).sum())
            labels[np.isin(labels, others)] = others[0]
    return labels, added


def _windows(labels: NDArray[np.int64]) -> list[tuple[slice, slice]]:
    """The smallest window around each label, in the order of the labels."""
    names, flat = np.unique(labels, return_inverse=True)
    rows, cols = np.divmod(np.arange(labels.size), labels.shape[1])
    starts = np.full((len(names), 2), labels.size)
    ends = np.zeros((len(names), 2), np.int64)
    where = np.stack([rows, cols], axis=1)
    np.minimum.at(starts, flat.ravel(), where)
    np.maximum.at(ends, flat.ravel(), where + 1)
    return [
        (slice(int(top), int(bottom)), slice(int(left), int(right)))
        for (top, left), (bottom, right) in zip(starts, ends, strict=True)
    ]


def _ragged_windows(labels: NDArray[np.int64]) -> list[tuple[slice, slice]]:
    counts = np.unique(labels, return_counts=True)[1]
    return [
        window
        for window, count in zip(_windows(labels), counts, strict=True)
        if labels[window].size != count
    ]


def _without_phantoms(
    ys: Sequence[float], xs: Sequence[float], labels: NDArray[np.int64]
) -> tuple[list[float], list[float], NDArray[np.int64]]:
    """Drops rules that part no cells, such as an underline, so that no empty span is left."""
    rows = [0, *(r for r in range(1, len(labels)) if (labels[r] != labels[r - 1]).any())]
    cols = [
        0,
        *(c for c in range(1, labels.shape[1]) if (labels[:, c] != labels[:, c - 1]).any()),
    ]
    return (
        [*(ys[r] for r in rows), ys[-1]],
        [*(xs[c] for c in cols), xs[-1]],
        labels[np.ix_(rows, cols)],
    )


def _slots(
    labels: NDArray[np.int64], ys: Sequence[float], xs: Sequence[float]
) -> tuple[CellSlot, ...]:
    slots = [
        CellSlot(
            row_index=rows.start,
            col_index=cols.start,
            row_span=rows.stop - rows.start,
            col_span=cols.stop - cols.start,
            box=Box(xs[cols.start], ys[rows.start], xs[cols.stop], ys[rows.stop]),
        )
        for rows, cols in _windows(labels)
    ]
    return tuple(sorted(slots, key=lambda slot: (slot.row_index, slot.col_index)))


def _walls(vertical: Mask, xs: NDArray[np.float64], ys: NDArray[np.float64]) -> Walls:
    """Printed share of the wall at each x between each two neighbouring ys, (xs, ys - 1).

    Positions are in pixels of the mask.
    """
    tops = np.round(ys[:-1]).astype(int)
    bottoms = np.maximum(np.round(ys[1:]).astype(int), tops + 1)
    shares = np.zeros((len(xs), len(tops)))
    for index, x in enumerate(xs):
        beside = slice(max(int(x) - SAME_RULE_PX, 0), int(x) + SAME_RULE_PX + 1)
        printed = np.concatenate([[0], np.cumsum(vertical[:, beside].any(axis=1))])
        ends = np.minimum(bottoms, len(vertical))
        shares[index] = (printed[ends] - printed[np.minimum(tops, ends)]) / (bottoms - tops)
    return shares
