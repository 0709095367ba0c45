"""The rules printed in a table, by morphology; no network.

Rules are thin, dark and straight. A black-hat across the rule keeps what is thin and darker than
both sides; an opening along it keeps what is long. Strokes of characters look like short rules:
what lies inside the boxes of read text is taken away first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box
from shuowen.image.page import Pixels

Mask = NDArray[np.uint8]

_WORK_SIDE_PX = 2000
_THICKNESS_PX = 11
"""Rules are thinner than this at working size."""
_MIN_CONTRAST = 9
"""Grey levels by which a rule is darker than its sides, after smoothing along it."""
SAME_RULE_PX = 7
_SMEAR_PX = 3
"""How far the smoothing along a rule smears ink beyond its box."""
_MAX_IN_TEXT = 0.6
"""A piece with more than this share of its pixels inside text is a stroke or an underline."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Printed rules of an upright picture.

    `ys` and `xs` are the positions of the horizontals and verticals in pixels of the picture. The
    masks, (height, width), are 255 where a rule is printed; they are `scale` (at most 1) times the
    picture's size, for a mask as large as a large scan costs much memory and shows nothing more.
    """

    ys: tuple[float, ...]
    xs: tuple[float, ...]
    horizontal: Mask
    vertical: Mask
    scale: float


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
    small = as_mask(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    across = _text_mask(small.shape, text_boxes, scale, (_SMEAR_PX, 0))
    down = _text_mask(small.shape, text_boxes, scale, (0, _SMEAR_PX))
    horizontal = _outside(_long_thin_dark(small), across)
    vertical = _outside(_long_thin_dark(np.ascontiguousarray(small.T)), down.T).T
    vertical = np.ascontiguousarray(vertical)
    return Rules(
        ys=_with_open_ends(_positions(horizontal), vertical, scale),
        xs=_with_open_ends(_positions(vertical.T), horizontal.T, scale),
        horizontal=horizontal,
        vertical=vertical,
        scale=scale,
    )


def as_mask(picture: object) -> Mask:
    """What OpenCV gave as an array of bytes; its own types say less."""
    return np.asarray(picture, np.uint8)


def _text_mask(
    shape: tuple[int, ...], boxes: Sequence[Box], scale: float, grow: tuple[int, int]
) -> Mask:
    """255 inside text, grown by pixels in x and y.

    Boxes first lose a tenth of their height, for detectors draw them generously.
    """
    mask = np.zeros(shape, np.uint8)
    for box in boxes:
        rim = 0.1 * min(box.width, box.height)
        top, bottom = (box.top + rim) * scale - grow[1], (box.bottom - rim) * scale + grow[1]
        left, right = (box.left + rim) * scale - grow[0], (box.right - rim) * scale + grow[0]
        mask[max(round(top), 0) : round(bottom) + 1, max(round(left), 0) : round(right) + 1] = 255
    return mask


def bands(mask: Mask) -> Iterator[tuple[int, Mask]]:
    """The rows of a mask between empty ones, each stretch with the row where it begins.

    No component crosses an empty row, and most rows of a page have no rule: looking for components
    stretch by stretch takes a fraction of the time.
    """
    filled = np.flatnonzero(mask.any(axis=1))
    for rows in np.split(filled, np.flatnonzero(np.diff(filled) > 1) + 1):
        if rows.size:
            yield int(rows[0]), mask[rows[0] : rows[-1] + 1]


def _outside(mask: Mask, text: Mask) -> Mask:
    """The pieces of a mask that do not lie for the most part in text."""
    outside = np.zeros_like(mask)
    for top, band in bands(mask):
        count, labels, stats, _ = cv2.connectedComponentsWithStats(band)
        rows = slice(top, top + len(band))
        inside = np.bincount(labels[np.greater(text[rows], 0)], minlength=count)
        kept = inside <= _MAX_IN_TEXT * stats[:, cv2.CC_STAT_AREA]
        kept[0] = False
        outside[rows] = kept[labels] * 255
    return outside


def _long_thin_dark(gray: Mask) -> Mask:
    """255 where a horizontal rule is printed, (height, width)."""
    length = max(20, max(gray.shape) // 40)
    along = cv2.blur(gray, (9, 1))
    across = cv2.getStructuringElement(cv2.MORPH_RECT, (1, _THICKNESS_PX))
    response = cv2.morphologyEx(along, cv2.MORPH_BLACKHAT, across)
    noise = _median(as_mask(response))
    dark = ((response > max(_MIN_CONTRAST, 3 * noise)) * 255).astype(np.uint8)
    # A rule that slopes by a pixel must not break: thicken before the opening along it.
    dark = as_mask(cv2.dilate(dark, np.ones((3, 1), np.uint8)))
    bridged = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((1, 7), np.uint8))
    return np.asarray(cv2.morphologyEx(bridged, cv2.MORPH_OPEN, np.ones((1, length), np.uint8)))


def _median(picture: Mask) -> float:
    """The median of bytes, by counting them."""
    reached = np.cumsum(np.bincount(picture.ravel(), minlength=256))
    middles = np.searchsorted(reached, [(picture.size + 1) // 2, picture.size // 2 + 1])
    return float(middles.mean())


def _positions(mask: Mask) -> list[float]:
    """Heights of the horizontal rules in a mask: pieces at one height are one rule."""
    mask = np.ascontiguousarray(mask)
    length = max(20, max(mask.shape) // 40)
    pieces = sorted(piece for top, band in bands(mask) for piece in _long_pieces(band, top, length))
    rules: list[list[tuple[float, float]]] = []
    for piece in pieces:
        if rules and piece[0] - _mean(rules[-1]) <= SAME_RULE_PX:
            rules[-1].append(piece)
        else:
            rules.append([piece])
    return [_mean(rule) for rule in rules if sum(width for _, width in rule) >= 2 * length]


def _long_pieces(band: Mask, top: int, length: int) -> Iterator[tuple[float, float]]:
    """Height and width of the pieces of a stretch of rows that are long and flat."""
    _, _, stats, centres = cv2.connectedComponentsWithStats(band)
    for (_, _, width, height, _), centre in zip(stats[1:], centres[1:], strict=True):
        if width >= length and height <= width / 4:
            yield top + float(centre[1]), float(width)


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
