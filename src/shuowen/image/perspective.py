"""Straightening a tilted or obliquely photographed plane by its own lines.

Lines that are parallel on paper meet in one vanishing point in the picture. From the directions of
text lines and rules we fit the vanishing points of the horizontals and of the verticals, and send
both to infinity along the axes (Hartley & Zisserman, Multiple View Geometry, 2nd ed., §2.7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box, Point, box_around
from shuowen.image.page import Pixels

Matrix = NDArray[np.float64]
Segments = NDArray[np.float64]
"""Straight pieces, (N, 4): x0, y0, x1, y1 in pixels."""

_MAX_SLOPE = 0.2
"""Steeper pieces (11 degrees) are no candidates for horizontals or verticals."""
_RIDGE = 0.05
"""Pull of the perspective terms towards zero, in units of the mean weight of a segment."""
_MIN_SHIFT = 0.002
"""Bends smaller than this share of the longer side are left alone."""


@dataclass(frozen=True, kw_only=True)
class Flattening:
    """A straightened picture and the way back. `matrix` maps original to straightened pixels."""

    pixels: Pixels
    matrix: Matrix

    def points(self, points: Sequence[Point]) -> list[Point]:
        """Points of the original, in the straightened picture."""
        return _mapped(points, self.matrix)

    def original_points(self, points: Sequence[Point]) -> NDArray[np.float64]:
        """Points of the straightened picture on the original, (N, 2)."""
        return np.array(_mapped(points, _inverse(self.matrix)), np.float64)

    def original_box(self, box: Box) -> Box:
        """The smallest upright box on the original around a box of the straightened picture."""
        left, top, right, bottom = box.left, box.top, box.right, box.bottom
        corners: list[Point] = [(left, top), (right, top), (right, bottom), (left, bottom)]
        return box_around(_mapped(corners, _inverse(self.matrix)))


def flatten(pixels: Pixels, text_segments: Segments) -> Flattening:
    """Straightens a picture; what is straight already comes back as it is.

    Args:
        pixels: (height, width, 3) RGB.
        text_segments: Upper and lower edges of text lines, pixels of the picture.
    """
    height, width = pixels.shape[:2]
    side = float(max(height, width))
    segments = np.concatenate([text_segments.reshape(-1, 4), _long_segments(pixels)]) / side
    middle = np.array([width, height]) / side / 2
    centred = segments - np.tile(middle, 2)
    matrix = _rectifying(_vanishing(centred), _vanishing(centred[:, [1, 0, 3, 2]])[[1, 0, 2]])
    to_unit = np.array([[1 / side, 0, -middle[0]], [0, 1 / side, -middle[1]], [0, 0, 1]])
    matrix = np.linalg.inv(to_unit) @ matrix @ to_unit
    return _warped(pixels, matrix, side)


def _long_segments(pixels: Pixels) -> Segments:
    """Pieces of rules and paper edges: straight and at least a twelfth of the longer side."""
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, 1000 / max(gray.shape))
    if scale < 1:
        gray = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = cv2.createLineSegmentDetector().detect(gray)[0]
    if found is None:
        return np.zeros((0, 4))
    segments = found.reshape(-1, 4).astype(np.float64)
    lengths = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    return np.asarray(segments[lengths >= max(gray.shape) / 12] / scale)


def _vanishing(segments: Segments) -> NDArray[np.float64]:
    """Vanishing point (1, q, p) of the near-horizontal segments, homogeneous.

    A line through (x, y) towards that point has the slope m = q + p (m x - y): linear in q and p.
    Fitted by least squares weighted by length, repeated with Cauchy weights against outliers.
    """
    dx, dy = segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1]
    flat = np.abs(dy) < _MAX_SLOPE * np.abs(dx)
    if not flat.any():
        return np.array([1.0, 0.0, 0.0])
    slope, length = dy[flat] / dx[flat], np.hypot(dx[flat], dy[flat])
    x = (segments[flat, 0] + segments[flat, 2]) / 2
    y = (segments[flat, 1] + segments[flat, 3]) / 2
    terms = np.stack([np.ones_like(x), slope * x - y], axis=1)
    ridge = np.diag([1e-6, _RIDGE * float(length.mean())])
    weight, fit = length, np.zeros(2)
    for _ in range(8):
        fit = np.linalg.solve(
            terms.T @ (terms * weight[:, None]) + ridge, terms.T @ (weight * slope)
        )
        error = np.abs(slope - terms @ fit)
        spread = max(float(np.median(error)), 1e-3)
        weight = length / (1 + (error / (2 * spread)) ** 2)
    return np.array([1.0, fit[0], fit[1]])


def _rectifying(horizontal: NDArray[np.float64], vertical: NDArray[np.float64]) -> Matrix:
    """Sends both vanishing points to infinity along the axes; keeps the origin in place."""
    horizon = np.cross(horizontal, vertical)
    perspective = np.array([[1, 0, 0], [0, 1, 0], horizon / horizon[2]])
    across, down = perspective @ horizontal, perspective @ vertical
    axes = np.stack([across[:2] / np.hypot(*across[:2]), down[:2] / np.hypot(*down[:2])], axis=1)
    straight = np.eye(3)
    straight[:2, :2] = np.linalg.inv(axes)
    return np.asarray(straight @ perspective)


def _warped(pixels: Pixels, matrix: Matrix, side: float) -> Flattening:
    height, width = pixels.shape[:2]
    corners: list[Point] = [(0, 0), (width, 0), (width, height), (0, height)]
    moved = _mapped(corners, matrix)
    shift = max(
        float(np.hypot(a[0] - b[0], a[1] - b[1])) for a, b in zip(corners, moved, strict=True)
    )
    area = box_around(moved)
    if shift < _MIN_SHIFT * side or max(area.width, area.height) > 2 * side:
        return Flattening(pixels=pixels, matrix=np.eye(3))
    matrix = np.array([[1, 0, -area.left], [0, 1, -area.top], [0, 0, 1]]) @ matrix
    size = (max(round(area.width), 1), max(round(area.height), 1))
    flat = cv2.warpPerspective(
        pixels, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return Flattening(pixels=np.asarray(flat, np.uint8), matrix=matrix)


def _mapped(points: Sequence[Point], matrix: Matrix) -> list[Point]:
    array = np.asarray(points, np.float64).reshape(-1, 1, 2)
    return [(float(x), float(y)) for x, y in cv2.perspectiveTransform(array, matrix).reshape(-1, 2)]


def _inverse(matrix: Matrix) -> Matrix:
    return np.asarray(np.linalg.inv(matrix), np.float64)
