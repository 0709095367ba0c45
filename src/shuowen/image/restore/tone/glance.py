"""A quick look at a page: the small grey copy on which all but blur is measured."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.image.page import Pixels

Gray = NDArray[np.uint8]
"""A picture without colour: (height, width), 0 to 255."""

GLANCE_PX = 1000
"""About the longest side of the copy (up to half as much again, as the page is made smaller by a
whole number, which is four times as fast): letters of a full page are still 8 pixels high."""
CLOSE_PX = 2400
"""Longest side of an A4 page at 200 dots an inch, whose letters are as large as they need be."""
CELLS = 64
"""Cells along the longer side of the paper's map: finer than a shadow, coarser than a letter."""


@dataclass(frozen=True, kw_only=True)
class Glance:
    """What is measured on, made once for a page.

    Attributes:
        rgb: The page with a longest side of about `GLANCE_PX`, (height, width, 3).
        gray: The same without colour.
        paper: How light the paper is, (rows, columns) of cells, float32 above 0, longer side at
            most `CELLS`; a cell is about 15 pixels of the copy.
        paper_rgb: The same by colour, (rows, columns, 3).
    """

    rgb: Pixels
    gray: Gray
    paper: NDArray[np.float32]
    paper_rgb: NDArray[np.float32]


def glance_at(pixels: Pixels) -> Glance:
    """Looks at a page, (height, width, 3)."""
    return _glance(_smaller(pixels, round(max(pixels.shape[:2]) / GLANCE_PX)))


def closer_glance_at(pixels: Pixels) -> Glance:
    """Looks at the middle of a page, where thin strokes keep all their darkness.

    The middle is a square of `GLANCE_PX` at most, at the page's own size, or, of a page above
    `CLOSE_PX`, at the nearest size below.
    """
    close = _smaller(pixels, -(-max(pixels.shape[:2]) // CLOSE_PX))
    top, left = (max(side - GLANCE_PX, 0) // 2 for side in close.shape[:2])
    return _glance(np.ascontiguousarray(close[top : top + GLANCE_PX, left : left + GLANCE_PX]))


def _glance(small: Pixels) -> Glance:
    paper_rgb = _paper(small)
    return Glance(
        rgb=small,
        gray=np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8),
        paper=np.asarray(paper_rgb.mean(axis=2), np.float32),
        paper_rgb=paper_rgb,
    )


def paper_beneath(glance: Glance) -> NDArray[np.float32]:
    """How light the paper is beneath every pixel of `glance.gray`."""
    height, width = glance.gray.shape
    return np.asarray(cv2.resize(glance.paper, (width, height)), np.float32)


def _smaller(pixels: Pixels, part: int) -> Pixels:
    """The page made smaller by a whole number; itself by 1 or less."""
    height, width = pixels.shape[:2]
    part = min(part, height, width)
    if part <= 1:
        return pixels
    whole = pixels[: height // part * part, : width // part * part]
    size = (width // part, height // part)
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.uint8)


def _paper(small: Pixels) -> NDArray[np.float32]:
    """The lightest that each cell and its neighbours hold, without single light specks.

    A grey dilation over three cells lifts the strokes away, a median then drops what stands out,
    as in the usual division by a closed background (Gonzalez & Woods, section 9.6).
    """
    calm = cv2.blur(small, (3, 3))  # a single light pixel of noise is no paper
    cell = max(max(small.shape[:2]) // CELLS, 1)
    light = cv2.dilate(calm, np.ones((cell, cell), np.uint8))
    height, width = small.shape[:2]
    size = (max(width // cell, 1), max(height // cell, 1))
    cells = cv2.resize(light, size, interpolation=cv2.INTER_AREA)
    return np.maximum(cv2.medianBlur(cells, 5), 1).astype(np.float32)
