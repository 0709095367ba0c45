"""Faint writing: the few grey levels of a pencil or a tired copier stretched to the full range."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.image.page import Pixels
from shuowen.image.restore.tone.glance import Glance, paper_beneath

FAINT = 30.0
"""Grey levels between paper and darkest ink below which the detector begins to miss lines: at 20 it
loses up to a tenth of the letters, at 12 most of them, at 40 none (docs/log.md)."""
LEAST = 5.0
"""With fewer, in the small copy, there is nothing on the page but the paper's own grain."""
ABOVE_NOISE = 4.0
"""The ink has to stand this far out of the noise, in its standard deviations."""
TAIL_PERCENT = 0.03
"""Less of a page than one word's ink covers, more than a few black specks."""
FULL_RANGE, MAX_GAIN = 200.0, 12.0
"""Grey levels between paper and ink afterwards, and the most that noise is raised."""


@dataclass(frozen=True, kw_only=True)
class ContrastEstimate:
    """How far the writing stands out from the paper, in grey levels of the small copy.

    Attributes:
        paper: The paper's grey level, 0 to 255.
        below: How far the darkest things are below the paper.
        above: How far the lightest things are above it.
        noise: Standard deviation of the paper's grain.
        unevenness: Grey levels between the lightest and the darkest twentieth of the paper.
    """

    paper: float
    below: float
    above: float
    noise: float
    unevenness: float

    @property
    def strongest(self) -> float:
        """Grey levels by which the writing stands out, be it darker or lighter than its ground."""
        return max(self.below, self.above)

    @property
    def is_faint(self) -> bool:
        """Whether there is writing, it is faint, and the paper is even enough to stretch it."""
        is_there = self.strongest >= max(LEAST, ABOVE_NOISE * self.noise)
        return is_there and self.strongest < FAINT and self.unevenness <= self.strongest


def estimate_contrast(glance: Glance) -> ContrastEstimate:
    """Measures the contrast of a page.

    The grain is the median of absolute differences between neighbours, over 0.954: that of a
    Gaussian's differences in its standard deviations (0.6745 times the square root of 2).
    """
    # Every second pixel of every second row says the same in a quarter of the time.
    gray = glance.gray[::2, ::2].astype(np.float32)
    relief = gray - paper_beneath(glance)[::2, ::2]
    middle = float(np.median(relief))
    low, high = np.percentile(relief, [TAIL_PERCENT, 100 - TAIL_PERCENT])
    steps = np.abs(np.diff(glance.gray[::2].astype(np.int16), axis=1))
    return ContrastEstimate(
        paper=float(np.median(gray)),
        below=middle - float(low),
        above=float(high) - middle,
        noise=float(np.median(steps)) / 0.954 if steps.size else 0.0,
        unevenness=float(np.subtract(*np.percentile(glance.paper, [95, 5]))),
    )


def contrast_mended(pixels: Pixels, estimate: ContrastEstimate) -> Pixels:
    """The page with its levels spread around the paper's, each colour's around its own.

    Dark writing goes down from a paper that becomes nearly white, light writing up from one that
    becomes nearly black.
    """
    paper = np.median(pixels[::4, ::4].reshape(-1, 3), axis=0)
    by_colour = np.stack([_levels(float(level), estimate) for level in paper], axis=1)
    return np.asarray(cv2.LUT(pixels, by_colour[np.newaxis]), np.uint8)


def _levels(paper: float, estimate: ContrastEstimate) -> NDArray[np.uint8]:
    """What each of a colour's 256 levels becomes, its paper being at `paper`."""
    gain = min(FULL_RANGE / max(estimate.strongest, 1.0), MAX_GAIN)
    ground = 235.0 if estimate.below >= estimate.above else 20.0
    levels = (np.arange(256) - paper) * max(gain, 1.0) + ground
    return np.asarray(np.clip(np.round(levels), 0, 255), np.uint8)
