"""Cells that hold ink but no text: the single characters that text detectors overlook."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from shuowen.document.model import Box
from shuowen.engines.embedded.records import CellSlot, TableStructure
from shuowen.engines.embedded.ruled_lines import Mask, Rules, as_mask
from shuowen.image.page import Pixels
from shuowen.reading.table_text import Floats, Piece, edges_of

MIN_CONTRAST = 0.4
"""Ink differs from its cell's ground by this share of what the table's text differs."""
LEAST_CONTRAST = 25
"""Grey levels; less is the grain of the paper."""
MAX_HEIGHT = 1.6
"""Height of a character in line heights, at most: more is a drawing or a rule."""
MIN_SIZE = 0.2
"""Longer side of a mark in line heights, at least: a full stop is no cell."""
REACH = 0.15
"""Line heights beyond where a cell's text is expected in which its ink may lie."""
MIN_RULE = 4.0
"""Length of a rule in line heights, at least."""
PADDING = 0.35
"""White around the ink in line heights: recognisers want some."""


def find_ink(
    pixels: Pixels,
    structure: TableStructure,
    pieces: Sequence[Piece],
    homes: Sequence[int],
    rules: Rules,
) -> list[Box]:
    """Boxes around ink in cells without text.

    Args:
        pixels: The straightened table, (height, width, 3) RGB.
        structure: Its grid.
        pieces: Its text.
        homes: The slot of each piece.
        rules: Its printed rules, which are no text.

    Returns:
        One box a cell at most, as high as a line of the table or higher.
    """
    gray = as_mask(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    edges = edges_of([piece.box for piece in pieces])
    height = float(np.median(edges[:, 3] - edges[:, 1]))
    least = max(MIN_CONTRAST * _text_contrast(gray, edges), LEAST_CONTRAST)
    taken = _long_rules(rules, MIN_RULE * height, gray.shape)
    for left, top, right, bottom in np.round(edges).astype(int):
        taken[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = 255
    rows, cols = _bands(structure, edges, homes)
    full = set(homes)
    found = []
    for index, slot in enumerate(structure.slots):
        if index not in full:
            area = _territory(slot, rows, cols, REACH * height)
            found.append(_ink_in(gray, taken, area, least, height))
    return [box for box in found if box is not None]


def _long_rules(rules: Rules, length: float, shape: tuple[int, ...]) -> Mask:
    """255 on and beside rules of this length or more; shorter ones may be stacked digits.

    `length` and the mask's `shape`, (height, width), are in pixels of the picture.
    """
    taken = np.zeros_like(rules.horizontal)
    for mask, side in ((rules.horizontal, cv2.CC_STAT_WIDTH), (rules.vertical, cv2.CC_STAT_HEIGHT)):
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
        is_long = stats[:, side] >= length * rules.scale
        is_long[0] = False
        taken[is_long[labels]] = 255
    beside = cv2.dilate(taken, np.ones((3, 3), np.uint8))
    return as_mask(cv2.resize(beside, shape[1::-1], interpolation=cv2.INTER_NEAREST))


def _text_contrast(gray: Mask, edges: Floats) -> float:
    """Grey levels between text and its ground, the median over lines."""
    spreads = []
    for left, top, right, bottom in np.maximum(np.round(edges), 0).astype(int):
        patch = gray[top:bottom, left:right]
        if patch.size:
            low, middle, high = np.percentile(patch, (5, 50, 95))
            spreads.append(max(middle - low, high - middle))
    return float(np.median(spreads)) if spreads else 0.0


def _bands(
    structure: TableStructure, edges: Floats, homes: Sequence[int]
) -> tuple[dict[int, tuple[float, float]], dict[int, tuple[float, float]]]:
    """Top and bottom of the text of each row, left and right of each column, where known."""
    rows: dict[int, list[int]] = {}
    cols: dict[int, list[int]] = {}
    for piece, home in enumerate(homes):
        slot = structure.slots[home]
        if slot.row_span == 1:
            rows.setdefault(slot.row_index, []).append(piece)
        if slot.col_span == 1:
            cols.setdefault(slot.col_index, []).append(piece)
    return (
        {row: tuple(np.median(edges[held][:, [1, 3]], axis=0)) for row, held in rows.items()},
        {col: (edges[held, 0].min(), edges[held, 2].max()) for col, held in cols.items()},
    )


def _territory(
    slot: CellSlot,
    rows: dict[int, tuple[float, float]],
    cols: dict[int, tuple[float, float]],
    reach: float,
) -> tuple[slice, slice]:
    """Where the cell's text would stand: its box, and at least where its row and column cross."""
    tops, lefts = rows.get(slot.row_index), cols.get(slot.col_index)
    box = slot.box or Box(np.inf, np.inf, -np.inf, -np.inf)
    if tops and lefts and slot.row_span == slot.col_span == 1:
        box = box.union(Box(lefts[0], tops[0], lefts[1], tops[1]))
    if not np.isfinite([box.left, box.top]).all():
        return slice(0, 0), slice(0, 0)
    return (
        slice(max(round(box.top - reach), 0), max(round(box.bottom + reach), 0)),
        slice(max(round(box.left - reach), 0), max(round(box.right + reach), 0)),
    )


def _ink_in(
    gray: Mask, taken: Mask, area: tuple[slice, slice], least: float, height: float
) -> Box | None:
    patch = gray[area]
    if not patch.size:
        return None
    differs = np.abs(patch.astype(np.int16) - int(np.median(patch))) > least
    ink = (differs & (taken[area] == 0)).astype(np.uint8)
    stats = cv2.connectedComponentsWithStats(ink)[2][1:].astype(np.float64)
    sizes = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    kept = stats[(sizes.max(axis=1) >= MIN_SIZE * height) & (sizes[:, 1] <= MAX_HEIGHT * height)]
    if not len(kept):
        return None
    boxes = np.column_stack(
        [kept[:, 0], kept[:, 1], kept[:, 0] + kept[:, 2], kept[:, 1] + kept[:, 3]]
    )
    left, top = boxes[:, :2].min(axis=0).tolist()
    right, bottom = boxes[:, 2:].max(axis=0).tolist()
    if bottom - top > MAX_HEIGHT * height:
        return None
    middle, half = (top + bottom) / 2, max((bottom - top) / 2 + 0.15 * height, height / 2)
    rim = PADDING * height
    x, y = area[1].start, area[0].start
    return Box(x + left - rim, y + middle - half, x + right + rim, y + middle + half)
