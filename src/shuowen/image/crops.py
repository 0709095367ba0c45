"""Cutting quadrilaterals out of a page picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.image.page import Pixels

QuadPoints = NDArray[np.float32]
"""A quadrilateral: (4, 2), x and y in pixels, clockwise from the top left."""

UPRIGHT_TOLERANCE_PX = 1.0
"""Corners this close to an upright rectangle are cut by slicing, with no resampling at all."""


def crop_quad(pixels: Pixels, quad: QuadPoints) -> Pixels:
    """The picture inside `quad` as an upright rectangle, (height, width, 3), at least 1×1.

    An upright quad is sliced out (a view on `pixels`); any other is resampled once.
    """
    if is_upright(quad):
        return _slice(pixels, quad)
    width, height = quad_size(quad)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    left, top = np.maximum(np.floor(quad.min(axis=0)).astype(int) - 2, 0)
    right, bottom = np.ceil(quad.max(axis=0)).astype(int) + 3
    part = pixels[top:bottom, left:right]
    if part.size == 0:
        return np.full((height, width, 3), 255, np.uint8)
    shift = np.array([[1, 0, left], [0, 1, top], [0, 0, 1]], np.float64)
    size, edge = (width, height), cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.warpPerspective(part, matrix @ shift, size, flags=cv2.INTER_CUBIC, borderMode=edge),
        np.uint8,
    )


def quad_size(quad: QuadPoints) -> tuple[int, int]:
    """Width and height in pixels of the rectangle that `quad` becomes, each at least 1."""
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    return max(round(max(sides[0], sides[2])), 1), max(round(max(sides[1], sides[3])), 1)


def is_upright(quad: QuadPoints) -> bool:
    """Whether the quad is, within a pixel, an upright rectangle."""
    tilts = (quad[0, 1] - quad[1, 1], quad[3, 1] - quad[2, 1])
    leans = (quad[0, 0] - quad[3, 0], quad[1, 0] - quad[2, 0])
    return all(abs(difference) <= UPRIGHT_TOLERANCE_PX for difference in (*tilts, *leans))


def _slice(pixels: Pixels, quad: QuadPoints) -> Pixels:
    height, width = pixels.shape[:2]
    left, top = np.clip(np.round(quad.min(axis=0)).astype(int), 0, (width - 1, height - 1))
    right, bottom = np.clip(np.round(quad.max(axis=0)).astype(int), 1, (width, height))
    return pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
