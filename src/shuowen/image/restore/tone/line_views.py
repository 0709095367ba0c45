"""Other views of a line that is hard to read: the same picture, sharper or cleaner or upright.

All are pure, keep the type, and take a line's picture, (height, width, 3) uint8, text running left
to right. Which view reads best is for whoever reads them to judge.
"""

from __future__ import annotations

from math import radians, tan

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.image.page import Pixels

SHARPEN_SHARE = 1 / 32
"""Spread of the blur that is taken away, as a share of the line's height: a stroke's width."""
SHARPEN_AMOUNT = 1.0
SMOOTH_PX = 0.9
"""Spread that takes noise, JPEG's blocks and a fax's steps out of small print (docs/log.md)."""
PAPER_PERCENTILE, INK_PERCENTILE = 80, 2
"""Of a line's grey levels: most of it is paper, and strokes cover a tenth to a quarter."""
MIN_CONTRAST = 8
"""With fewer grey levels between paper and ink, there is only noise to stretch."""
SAUVOLA_K, SAUVOLA_RANGE = 0.2, 128.0
"""Sauvola & Pietikäinen 2000, Adaptive document image binarization, section 3.3 (k a little below
their 0.5, because a line's window always holds ink)."""
MAX_SLANT_DEGREES = 60.0


def sharpened(
    line: Pixels, amount: float = SHARPEN_AMOUNT, sigma_px: float | None = None
) -> Pixels:
    """Unsharp masking: the line plus `amount` times its difference from its own blurred copy.

    Args:
        line: (height, width, 3).
        amount: 0 changes nothing; more than 2 brings out noise.
        sigma_px: Spread of the blur to take away; by default a share of the line's height.
    """
    sigma = sigma_px if sigma_px is not None else max(line.shape[0] * SHARPEN_SHARE, 0.5)
    soft = cv2.GaussianBlur(line, (0, 0), sigma)
    return np.asarray(cv2.addWeighted(line, 1 + amount, soft, -amount, 0), np.uint8)


def smoothed(line: Pixels, sigma_px: float = SMOOTH_PX) -> Pixels:
    """The line blurred a little, against noise; meant for the line at the size of the page.

    Args:
        line: (height, width, 3).
        sigma_px: Spread of the Gaussian in pixels, above 0.
    """
    return np.asarray(cv2.GaussianBlur(line, (0, 0), sigma_px), np.uint8)


def stretched_contrast(line: Pixels) -> Pixels:
    """The line with its lighter ground at 255 and its darkest ink at 0, colours kept.

    A line on a dark ground keeps its ground dark. A line that is almost of one grey is returned
    as it is.
    """
    gray = _gray(line)
    low, high = np.percentile(gray, [INK_PERCENTILE, PAPER_PERCENTILE])
    if np.median(gray) - gray.min() < gray.max() - np.median(gray):
        low, high = np.percentile(gray, [100 - PAPER_PERCENTILE, 100 - INK_PERCENTILE])
    if high - low < MIN_CONTRAST:
        return line
    levels = np.clip((np.arange(256) - low) * (255 / (high - low)), 0, 255)
    return np.asarray(cv2.LUT(line, np.round(levels).astype(np.uint8)), np.uint8)


def binarised(line: Pixels) -> Pixels:
    """The line in black on white, whatever its ground was.

    Sauvola's threshold in a window as wide as the line is high, so that a shadow along the line
    does not matter. A line on a dark ground is inverted first.
    """
    gray = _gray(line)
    if np.median(gray) < (float(gray.min()) + float(gray.max())) / 2:
        gray = np.asarray(255 - gray, np.uint8)
    window = (line.shape[0] | 1, line.shape[0] | 1)
    values = gray.astype(np.float32)
    mean = cv2.boxFilter(values, -1, window, borderType=cv2.BORDER_REFLECT)
    square = cv2.boxFilter(values * values, -1, window, borderType=cv2.BORDER_REFLECT)
    spread = np.sqrt(np.maximum(square - mean * mean, 0))
    # Where a window holds no ink its own spread is noise: the threshold falls below the paper.
    ink = values < mean * (1 + SAUVOLA_K * (spread / SAUVOLA_RANGE - 1))
    black_on_white = np.where(ink, 0, 255).astype(np.uint8)
    return np.repeat(black_on_white[:, :, np.newaxis], 3, axis=2)


def slant_corrected(line: Pixels, degrees: float) -> Pixels:
    """The line sheared so that strokes which lean to the right by `degrees` stand upright.

    The picture grows in width by the height times the tangent; new corners take the colour of the
    edge. Angles beyond ±60 degrees count as 60.
    """
    height, width = line.shape[:2]
    lean = tan(radians(min(max(degrees, -MAX_SLANT_DEGREES), MAX_SLANT_DEGREES)))
    extra = round(abs(lean) * (height - 1))
    if extra == 0:
        return line
    # x' = x + lean · y: the top, which leans to the right, stays behind the bottom.
    shear = np.array([[1, lean, extra if lean < 0 else 0], [0, 1, 0]], np.float64)
    size = (width + extra, height)
    sheared = cv2.warpAffine(
        line, shear, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(sheared, np.uint8)


def _gray(line: Pixels) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(line, cv2.COLOR_RGB2GRAY), np.uint8)
