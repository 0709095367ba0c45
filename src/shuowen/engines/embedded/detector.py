"""Finding text: a probability map from PP-OCRv6, turned into one quadrilateral a line.

The step from map to boxes is differentiable binarisation's (Liao et al. 2020, arXiv 1911.08947,
section 3.4): threshold, contours, the smallest rotated rectangle around each, mean probability as
score, and growth by `area × ratio ÷ perimeter`, because the network was trained on shrunk text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.sessions import session
from shuowen.image.crops import QuadPoints, quad_size
from shuowen.image.page import Pixels

STRIDE = 32
"""Sides of the network's input are multiples of this."""
PIXEL_THRESHOLD = 0.3
UNCLIP_RATIO = 1.6
"""Values of PP-OCRv6's ONNX release in rapidocr 3.10 (`config.yaml`, Det)."""
BOX_THRESHOLD = 0.35
"""A box is text with this mean probability. The release has 0.5, which leaves out a third of the
cells of blurred tables; what is no text after all, the recogniser tells (docs/log.md)."""
VERTICAL_RATIO = 1.5
"""A box this many times taller than wide is a column of vertical text (PP-OCR's own rule)."""
STRIP_ASPECT = 4.0
"""A picture this many times longer than wide is a strip."""
FLAT_PX = 48.0
"""A picture flatter than this would be squeezed by up to a third, its letters with it."""
MIN_SIDE_PX = 3
"""Boxes thinner than this, on the map, are noise."""
MAX_BOXES = 3000
"""A page of 20,000 characters has about 600 lines; more than this is a texture."""


@dataclass(frozen=True, kw_only=True)
class TextBox:
    """A line of text that was found: `quad` (4, 2) in page pixels, `score` 0 to 1."""

    quad: QuadPoints
    score: float


@dataclass(frozen=True, kw_only=True)
class Detector:
    """Finds lines of text on a page.

    Attributes:
        weights: Name of the network in `weights/`.
        max_side: The page is made smaller until its longer side has about this many pixels; a page
            that is smaller already stays as it is.
        enlarge: The most times larger that a page is made, while it stays below `max_side`.
    """

    weights: str = "detect_small"
    max_side: int = 1280
    enlarge: float = 1.0

    def detect(self, pixels: Pixels) -> list[TextBox]:
        """All lines found on `pixels`, (height, width, 3), in no particular order."""
        height, width = pixels.shape[:2]
        (maps,) = session(self.weights).run(None, {"x": self._network_input(pixels)})
        probability = maps[0, 0]
        scale = np.array([width / probability.shape[1], height / probability.shape[0]], np.float32)
        return [
            TextBox(quad=_inside(box.quad * scale, width, height), score=box.score)
            for box in boxes_on_map(probability)
        ]

    def input_size(self, pixels: Pixels) -> tuple[int, int]:
        """Width and height in pixels at which the network sees a page, (height, width, 3)."""
        scale = self.scale(pixels)
        return _fitting(pixels.shape[1] * scale), _fitting(pixels.shape[0] * scale)

    def _network_input(self, pixels: Pixels) -> NDArray[np.float32]:
        size = self.input_size(pixels)
        kind = cv2.INTER_CUBIC if size[0] > pixels.shape[1] else cv2.INTER_LINEAR
        resized = cv2.resize(pixels, size, interpolation=kind)
        blob = cv2.dnn.blobFromImage(
            resized, scalefactor=1 / 127.5, mean=(127.5, 127.5, 127.5), swapRB=True
        )
        return np.asarray(blob, np.float32)

    def scale(self, pixels: Pixels) -> float:
        """How many times larger the page is made, mostly less than 1: until its longer side fits.

        A strip is made smaller only until it has the area of an A-format page that fits, or its
        letters would be lost.
        """
        longer, shorter = float(max(pixels.shape[:2])), float(min(pixels.shape[:2]))
        if longer > STRIP_ASPECT * shorter:
            longer = sqrt(sqrt(2) * longer * shorter)
        return min(self.enlarge, self.max_side / longer)


def _fitting(side: float) -> int:
    """The multiple of the stride nearest to a side in pixels; a flat picture's is never cut."""
    steps = round(side / STRIDE) if side > FLAT_PX else ceil(side / STRIDE)
    return max(steps, 1) * STRIDE


def boxes_on_map(probability: NDArray[np.float32]) -> list[TextBox]:
    """Text boxes on a probability map, (height, width), in pixels of the map.

    Of more than `MAX_BOXES` the largest are kept.
    """
    text = (probability > PIXEL_THRESHOLD).astype(np.uint8)
    mask = cv2.dilate(text, np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = (_box_of(np.asarray(contour, np.int32), probability) for contour in contours)
    boxes = [box for box in found if box is not None]
    if len(boxes) > MAX_BOXES:
        boxes.sort(key=lambda box: -cv2.contourArea(box.quad))
    return boxes[:MAX_BOXES]


def _box_of(contour: NDArray[np.int32], probability: NDArray[np.float32]) -> TextBox | None:
    center, size, angle = cv2.minAreaRect(contour)
    if min(size) < MIN_SIDE_PX:
        return None
    score = _mean_inside(probability, _corners(center, size, angle))
    if score < BOX_THRESHOLD:
        return None
    # Growing a rectangle by d on every side is what offsetting its outline by d and taking the
    # smallest rectangle around the result gives; no polygon library is needed for it.
    distance = size[0] * size[1] * UNCLIP_RATIO / (2 * (size[0] + size[1]))
    grown = (size[0] + 2 * distance, size[1] + 2 * distance)
    if min(grown) < MIN_SIDE_PX + 2:
        return None
    return TextBox(quad=clockwise(_corners(center, grown, angle)), score=score)


def _corners(center: Sequence[float], size: Sequence[float], angle: float) -> QuadPoints:
    return np.asarray(cv2.boxPoints((center, size, angle)), np.float32)


def _mean_inside(probability: NDArray[np.float32], quad: QuadPoints) -> float:
    height, width = probability.shape
    left, top = np.clip(np.floor(quad.min(axis=0)).astype(int), 0, (width - 1, height - 1))
    right, bottom = np.clip(np.ceil(quad.max(axis=0)).astype(int), 0, (width - 1, height - 1))
    part = probability[top : bottom + 1, left : right + 1]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(mask, [(quad - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(part, mask)[0])


def clockwise(points: QuadPoints) -> QuadPoints:
    """Corners from the top left: the two leftmost are left, the higher of each pair is upper."""
    by_x = points[np.argsort(points[:, 0], kind="stable")]
    left, right = (pair[np.argsort(pair[:, 1], kind="stable")] for pair in (by_x[:2], by_x[2:]))
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def is_vertical(quad: QuadPoints) -> bool:
    """Whether a quad holds a column of vertical text."""
    width, height = quad_size(quad)
    return height >= VERTICAL_RATIO * width


def _inside(quad: QuadPoints, width: int, height: int) -> QuadPoints:
    return np.clip(quad, 0, (width, height)).astype(np.float32)
