"""Leaders: rows of dots that lead the eye from a label to its value.

A recogniser has one time step for eight pixels and needs a blank one between equal characters, so
it cannot count dots that stand closer than sixteen, and the detector's box often ends within the
row. Dots are easy to find in the picture: small, alike, evenly spaced, nothing above or below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.image.page import Pixels

Dots = NDArray[np.float64]
"""Dots, (N, 4): the middle's x and y, width and height, in pixels."""

MIN_DOTS = 4
"""Fewer dots in a row are an ellipsis or chance."""
MAX_DOTS = 1500
"""More dots on a line's picture are a screen or noise; to look through them takes long."""
INK_DEPTH = 24
"""How much darker than its surroundings a dot is, of 255."""
MAX_PITCH = 9.0
"""Widest distance of neighbouring dots, in widths of a dot."""
EVEN = 0.3
"""How far one distance may be from the usual one of its row, as a share of it."""
LEVEL = 0.15
"""How far a row may slope from dot to dot."""
CLEAR_ABOVE, CLEAR_BELOW = 3.0, 1.2
"""How far above and below the dots there is no ink, in heights of a dot."""


@dataclass(frozen=True, kw_only=True)
class Leader:
    """A row of dots from left to right; `dots` is (N, 4)."""

    dots: Dots

    @property
    def pitch(self) -> float:
        """Usual distance from one dot to the next, in pixels."""
        return float(np.median(np.diff(self.dots[:, 0])))


def find_leaders(pixels: Pixels, largest: int) -> list[Leader]:
    """All leaders on a picture, (height, width, 3), of dots up to `largest` pixels each way."""
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * largest + 1, 2 * largest + 1))
    depth = cv2.morphologyEx(gray, cv2.MORPH_BLACKHAT, kernel)
    ink = (depth >= INK_DEPTH).astype(np.uint8)
    dots = _dots(ink, largest)
    if len(dots) > MAX_DOTS:
        return []
    rows = (row for chain in _chains(dots) for row in _even_rows(dots[chain]))
    return [Leader(dots=row) for row in rows if _is_alone(row, ink)]


def _dots(ink: NDArray[np.uint8], largest: int) -> Dots:
    if not ink.any():
        return np.zeros((0, 4))
    _, _, stats, centers = cv2.connectedComponentsWithStats(ink, connectivity=8)
    widths, heights = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    filled = stats[1:, cv2.CC_STAT_AREA] / (widths * heights)
    are_dots = (np.maximum(widths, heights) <= largest) & (filled > 0.5)
    are_dots &= np.maximum(widths, heights) <= 2 * np.minimum(widths, heights)
    found = np.column_stack([centers[1:], widths, heights])[are_dots]
    return np.asarray(found[np.argsort(found[:, 0])], np.float64)


def _chains(dots: Dots) -> Iterator[list[int]]:
    """Indices of dots that follow each other on a level, each dot in one chain at most."""
    used = np.zeros(len(dots), bool)
    for start in range(len(dots)):
        if used[start]:
            continue
        chain = [start]
        while (following := _next(dots, chain[-1], used)) is not None:
            chain.append(following)
        if len(chain) >= MIN_DOTS:
            used[chain] = True
            yield chain


def _next(dots: Dots, index: int, used: NDArray[np.bool_]) -> int | None:
    x, y, width, height = dots[index]
    reach = MAX_PITCH * max(width, height)
    end = int(np.searchsorted(dots[:, 0], x + reach, side="right"))
    after = np.arange(index + 1, end)
    across = dots[after, 0] - x
    is_near = ~used[after] & (across > 0.8 * width)
    is_near &= np.abs(dots[after, 1] - y) <= np.maximum(LEVEL * across, 1.0)
    alike = dots[after, 2:].max(axis=1) / max(width, height)
    is_near &= (alike > 0.5) & (alike < 2.0)
    return int(after[is_near][0]) if is_near.any() else None


def _even_rows(dots: Dots) -> Iterator[Dots]:
    """The stretches of a chain in which the distance from dot to dot is the same."""
    gaps = np.diff(dots[:, 0])
    start = 0
    while start + MIN_DOTS <= len(dots):
        usual = np.median(gaps[start : start + MIN_DOTS - 1])
        uneven = np.flatnonzero(np.abs(gaps[start:] - usual) > EVEN * usual)
        end = start + int(uneven[0]) if len(uneven) else len(gaps)
        if end - start + 1 >= MIN_DOTS:
            yield dots[start : end + 1]
        start = max(end, start + 1)


def _is_alone(dots: Dots, ink: NDArray[np.uint8]) -> bool:
    """Whether there is nothing but dots between the first and the last."""
    height = float(np.median(dots[:, 3]))
    inner = dots[1:-1]
    left, right = int(inner[0, 0] - inner[0, 2]), int(inner[-1, 0] + inner[-1, 2]) + 1
    top = int(dots[:, 1].min() - CLEAR_ABOVE * height)
    bottom = int(dots[:, 1].max() + CLEAR_BELOW * height) + 1
    around = int(ink[max(top, 0) : bottom, max(left, 0) : right].sum())
    own = float((inner[:, 2] * inner[:, 3]).sum())
    return around <= 1.3 * own
