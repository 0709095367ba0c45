"""The grid of a ruled table from its printed rules, by morphology; no network.

Rules are thin, dark and straight. A black-hat across the rule keeps what is thin and darker than
both sides; an opening along it keeps what is long. Between every two neighbouring slots of the
grid that the rules span we then ask whether the wall is really printed; slots without a wall
between them are one merged cell. Strokes of characters look like short rules: what lies inside the
boxes of read text is taken away first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box
from shuowen.engines.embedded.records import CellSlot, TableStructure
from shuowen.image.page import Pixels

Mask = NDArray[np.uint8]
Walls = NDArray[np.float64]
"""How much of each wall is printed, 0 to 1."""

_WORK_SIDE_PX = 2000
_THICKNESS_PX = 11
"""Rules are thinner than this at working size."""
_MIN_CONTRAST = 9
"""Grey levels by which a rule is darker than its sides, after smoothing along it."""
_WALL = 0.5
"""Share of a wall that must be printed."""
_SAME_RULE_PX = 7
_MAX_IN_TEXT = 0.6
"""A piece with more than this share of its pixels inside text is a stroke or an underline."""
_MAX_RULES = 400
"""More rules than this in one direction are a texture, not a table."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Printed rules of an upright picture.

    `ys` and `xs` are the positions of the horizontals and verticals in pixels; the masks, (height,
    width), are 255 where a rule is printed.
    """

    ys: tuple[float, ...]
    xs: tuple[float, ...]
    horizontal: Mask
    vertical: Mask


def find_rules(pixels: Pixels, text_boxes: Sequence[Box]) -> Rules:
    """The rules of a table picture whose text lines are level.

    Args:
        pixels: (height, width, 3) RGB.
        text_boxes: Where text was read, in pixels of the picture.

    Returns:
        Rules in pixels of the picture given, sorted; at most a few pixels off.
    """
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, _WORK_SIDE_PX / max(gray.shape))
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    text = _text_mask(small.shape, text_boxes, scale)
    horizontal = _outside(_long_thin_dark(small), text)
    vertical = _long_thin_dark(np.ascontiguousarray(small.T))
    vertical = np.ascontiguousarray(_outside(vertical, np.ascontiguousarray(text.T)).T)
    size = (gray.shape[1], gray.shape[0])
    return Rules(
        ys=_with_open_ends(_positions(horizontal), vertical, scale),
        xs=_with_open_ends(_positions(vertical.T), horizontal.T, scale),
        horizontal=cv2.resize(horizontal, size, interpolation=cv2.INTER_NEAREST),
        vertical=cv2.resize(vertical, size, interpolation=cv2.INTER_NEAREST),
    )


def ruled_structure(rules: Rules) -> TableStructure | None:
    """The grid that the rules close, or None where they close none.

    Returns:
        Slots whose boxes are the printed cells; `confidence` is the share of walls that are
        clearly printed or clearly absent, lowered by merged groups that are not rectangles.
    """
    ys, xs = rules.ys, rules.xs
    if not (2 <= len(ys) <= _MAX_RULES and 2 <= len(xs) <= _MAX_RULES):
        return None
    beside = _walls(rules.vertical, xs[1:-1], ys)
    below = _walls(rules.horizontal.T, ys[1:-1], xs).T
    labels, added = merged_labels(beside.T > _WALL, below.T > _WALL)
    ys, xs, labels = _without_phantoms(ys, xs, labels)
    slots = _slots(labels, ys, xs)
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


def _text_mask(shape: tuple[int, ...], boxes: Sequence[Box], scale: float) -> Mask:
    """255 inside text; boxes lose a tenth of their height, for detectors draw them generously."""
    mask = np.zeros(shape, np.uint8)
    for box in boxes:
        rim = 0.1 * min(box.width, box.height)
        rows = slice(round((box.top + rim) * scale), round((box.bottom - rim) * scale) + 1)
        cols = slice(round((box.left + rim) * scale), round((box.right - rim) * scale) + 1)
        mask[max(rows.start, 0) : rows.stop, max(cols.start, 0) : cols.stop] = 255
    return mask


def _outside(mask: Mask, text: Mask) -> Mask:
    """The pieces of a mask that do not lie for the most part in text."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    inside = np.bincount(labels[text > 0], minlength=count)
    kept = inside <= _MAX_IN_TEXT * stats[:, cv2.CC_STAT_AREA]
    kept[0] = False
    return np.asarray(kept[labels] * 255, np.uint8)


def _long_thin_dark(gray: Mask) -> Mask:
    """255 where a horizontal rule is printed, (height, width)."""
    length = max(20, max(gray.shape) // 40)
    along = cv2.blur(gray, (9, 1))
    across = cv2.getStructuringElement(cv2.MORPH_RECT, (1, _THICKNESS_PX))
    response = cv2.morphologyEx(along, cv2.MORPH_BLACKHAT, across)
    noise = float(np.median(response))
    dark = ((response > max(_MIN_CONTRAST, 3 * noise)) * 255).astype(np.uint8)
    # A rule that slopes by a pixel must not break: thicken before the opening along it.
    dark = cv2.dilate(dark, np.ones((3, 1), np.uint8))
    bridged = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((1, 7), np.uint8))
    return np.asarray(cv2.morphologyEx(bridged, cv2.MORPH_OPEN, np.ones((1, length), np.uint8)))


def _positions(mask: Mask) -> list[float]:
    """Heights of the horizontal rules in a mask: pieces at one height are one rule."""
    mask = np.ascontiguousarray(mask)
    length = max(20, max(mask.shape) // 40)
    _, _, stats, centres = cv2.connectedComponentsWithStats(mask)
    pieces = sorted(
        (float(centre[1]), float(width))
        for (_, _, width, height, _), centre in zip(stats[1:], centres[1:], strict=True)
        if width >= length and height <= width / 4
    )
    rules: list[list[tuple[float, float]]] = []
    for piece in pieces:
        if rules and piece[0] - _mean(rules[-1]) <= _SAME_RULE_PX:
            rules[-1].append(piece)
        else:
            rules.append([piece])
    return [_mean(rule) for rule in rules if sum(width for _, width in rule) >= 2 * length]


def _with_open_ends(positions: list[float], crossing: Mask, scale: float) -> tuple[float, ...]:
    """Positions of rules, and the open edges where the crossing rules go on beyond the outermost.

    Many tables have no rule at their sides, or are cut out along it.
    """
    printed = np.flatnonzero((crossing > 0).sum(axis=1) >= 2)
    if len(positions) and printed.size:
        least = max(20, max(crossing.shape) // 40)
        if positions[0] - printed[0] > least:
            positions = [float(printed[0]), *positions]
        if printed[-1] - positions[-1] > least:
            positions = [*positions, float(printed[-1])]
    return tuple(position / scale for position in positions)


def _mean(pieces: Sequence[tuple[float, float]]) -> float:
    return sum(y * width for y, width in pieces) / sum(width for _, width in pieces)


def _walls(vertical: Mask, xs: Sequence[float], ys: Sequence[float]) -> Walls:
    """Printed share of the wall at each x between each two neighbouring ys, (xs, ys - 1)."""
    tops = np.round(ys[:-1]).astype(int)
    bottoms = np.maximum(np.round(ys[1:]).astype(int), tops + 1)
    shares = np.zeros((len(xs), len(tops)))
    for index, x in enumerate(xs):
        beside = slice(max(int(x) - _SAME_RULE_PX, 0), int(x) + _SAME_RULE_PX + 1)
        printed = np.concatenate([[0], np.cumsum(vertical[:, beside].any(axis=1))])
        ends = np.minimum(bottoms, len(vertical))
        shares[index] = (printed[ends] - printed[np.minimum(tops, ends)]) / (bottoms - tops)
    return shares
