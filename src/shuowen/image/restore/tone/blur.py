"""Blur: how wide the edges are, and sharpening by as much."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.image.page import Pixels

TILE_PX, MAX_TILES = 192, 6
"""Blur is measured at full size, and only in the few squares with most edges."""
CONTRAST_WINDOW_PX = 13
"""Wide enough for both sides of an edge blurred by 3 pixels."""
LEAST_CONTRAST = 24
"""Fainter edges are noise and JPEG's blocks."""
MIN_EDGES = 50
STRONG_PX = 2.4
"""Spread from which sharpening pays. After weaker blur, above all with JPEG's blocks, the networks
read worse for it: they learned on photographs (docs/log.md)."""
LOPSIDED = 1.4
"""Blur that is wider in one direction by more than this is motion, which this cannot take back."""
SHARPEN_AMOUNT = 1.0
MAX_SIGMA_PX = 6.0


@dataclass(frozen=True, kw_only=True)
class BlurEstimate:
    """How blurred a page is.

    Attributes:
        sigma_px: Spread of the Gaussian that would blur a sharp edge as much, in pixels; about
            0.6 for print without any blur. 0 where there are too few edges to tell.
        lopsidedness: The spread of upright edges by that of level ones, or the other way round:
            at least 1; 1 where there are too few of either.
        num_edges: Edge pixels that were measured.
    """

    sigma_px: float
    lopsidedness: float
    num_edges: int

    @property
    def is_strong(self) -> bool:
        """Whether the page is so blurred, and so evenly, that sharpening pays."""
        return self.sigma_px >= STRONG_PX and self.lopsidedness <= LOPSIDED


def estimate_blur(pixels: Pixels) -> BlurEstimate:
    """Measures the blur of a page by its edges.

    A step of height c blurred by a Gaussian of spread s is steepest in its middle, where it rises
    by c ÷ (s √2π) a pixel: height and steepness together give the spread.
    """
    found = np.concatenate([_spreads(tile) for tile in _busiest(pixels)])
    if len(found) < MIN_EDGES:
        return BlurEstimate(sigma_px=0.0, lopsidedness=1.0, num_edges=len(found))
    spreads, is_upright = found[:, 0], found[:, 1] > 0
    return BlurEstimate(
        sigma_px=float(np.median(spreads)),
        lopsidedness=_lopsidedness(spreads[is_upright], spreads[~is_upright]),
        num_edges=len(found),
    )


def blur_mended(pixels: Pixels, estimate: BlurEstimate) -> Pixels:
    """The page after unsharp masking as wide as its blur, at most `MAX_SIGMA_PX`.

    Where no blur was measured it is taken to be a pixel wide.
    """
    sigma = min(estimate.sigma_px or 1.0, MAX_SIGMA_PX)
    soft = cv2.GaussianBlur(pixels, (0, 0), sigma)
    sharp = cv2.addWeighted(pixels, 1 + SHARPEN_AMOUNT, soft, -SHARPEN_AMOUNT, 0)
    return np.asarray(sharp, np.uint8)


def _busiest(pixels: Pixels) -> list[NDArray[np.float32]]:
    """The grey squares in which most changes from one fourth pixel to the next."""
    height, width = pixels.shape[:2]
    green = pixels[::4, ::4, 1].astype(np.float32)
    change = np.zeros_like(green)
    change[:, 1:] = np.abs(np.diff(green, axis=1))
    size = (max(width // TILE_PX, 1), max(height // TILE_PX, 1))
    busy = cv2.resize(change, size, interpolation=cv2.INTER_AREA)
    order = np.argsort(-busy, axis=None, kind="stable")[:MAX_TILES]
    corners = (np.unravel_index(place, busy.shape) for place in order)
    return [_tile(pixels, int(row) * TILE_PX, int(column) * TILE_PX) for row, column in corners]


def _tile(pixels: Pixels, top: int, left: int) -> NDArray[np.float32]:
    part = np.ascontiguousarray(pixels[top : top + TILE_PX, left : left + TILE_PX])
    return np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.float32)


def _lopsidedness(upright: NDArray[np.float32], level: NDArray[np.float32]) -> float:
    if min(len(upright), len(level)) < MIN_EDGES:
        return 1.0
    ratio = float(np.median(upright) / np.median(level))
    return max(ratio, 1 / ratio)


def _spreads(tile: NDArray[np.float32]) -> NDArray[np.float32]:
    """Clear edges of a grey square where they are steepest: (N, 2), spread and 1 if upright."""
    across, down = (cv2.Sobel(tile, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
    steep = cv2.magnitude(across, down)
    window = np.ones((CONTRAST_WINDOW_PX, CONTRAST_WINDOW_PX), np.uint8)
    contrast = cv2.dilate(tile, window) - cv2.erode(tile, window)
    # The steepest place of an edge: nothing within two pixels is steeper.
    is_peak = steep >= cv2.dilate(steep, np.ones((5, 5), np.uint8))
    clear = is_peak & (contrast >= max(LEAST_CONTRAST, float(contrast.max()) / 2))
    clear &= steep * (MAX_SIGMA_PX * sqrt(2 * pi)) >= contrast  # flat ground beside an edge is none
    spread = contrast[clear] / (steep[clear] * sqrt(2 * pi))
    is_upright = np.abs(across[clear]) > np.abs(down[clear])
    return np.stack([spread, is_upright], axis=1).astype(np.float32)
