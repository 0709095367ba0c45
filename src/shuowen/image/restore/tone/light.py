"""Uneven light: a shadow over the page is divided away by the paper's own lightness."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from shuowen.image.page import Pixels
from shuowen.image.restore.tone.contrast import FAINT
from shuowen.image.restore.tone.glance import Glance

DEEP = 0.8
"""Share of its light that the darkest twentieth of the paper has to have lost: good black print is
read through weaker shadows as if there were none (docs/log.md)."""
GRADUAL = 0.35
"""Part of the whole fall that may lie between two neighbouring cells, a 64th of the page apart: the
edge of a panel or a picture is steeper than a shadow's."""
DROWNING = 0.5
"""Part of faint ink's depth that the paper's own lightness may vary by."""
COLOUR_DRIFT = 0.12
"""A shadow takes from red, green and blue alike; a coloured panel does not."""
DARKEST_PAPER = 12.0
"""Grey levels below which division would only bring out noise."""
STRIP_ROWS = 512
"""So many rows are lit at a time, since fractions take four times the memory of the page."""


@dataclass(frozen=True, kw_only=True)
class LightEstimate:
    """How the light falls on a page.

    Attributes:
        fall: Share of its light, 0 to 1, that the darkest twentieth of the paper has lost.
        steepest: Largest part of that fall, 0 to 1, between two neighbouring cells.
        colour_drift: How far a channel's share of the light moves between dark and light paper.
        lightest: Grey level of the best lit twentieth of the paper, 0 to 255.
    """

    fall: float
    steepest: float
    colour_drift: float
    lightest: float

    @property
    def is_shadow(self) -> bool:
        """Whether what darkens the paper is a shadow, not a panel, a picture or black margins."""
        is_gradual = self.steepest <= GRADUAL and self.colour_drift <= COLOUR_DRIFT
        return is_gradual and self.lightest * (1 - self.fall) >= DARKEST_PAPER

    def is_bad(self, ink_levels: float) -> bool:
        """Whether there is a shadow that costs letters.

        Faint writing is lost in any shadow that is deeper than the writing is dark, because its
        contrast cannot be stretched before the paper is even.

        Args:
            ink_levels: Grey levels between the paper and the darkest ink.
        """
        hides_faint = ink_levels < FAINT and self.lightest * self.fall > ink_levels * DROWNING
        return self.is_shadow and (self.fall >= DEEP or hides_faint)


def estimate_light(glance: Glance) -> LightEstimate:
    """Measures how evenly a page is lit."""
    paper = glance.paper
    dark, light = (float(level) for level in np.percentile(paper, [5, 95]))
    steps = [np.abs(np.diff(paper, axis=axis)) for axis in (0, 1) if paper.shape[axis] > 1]
    steepest = max((float(np.percentile(step, 99.5)) for step in steps), default=0.0)
    shares = glance.paper_rgb / glance.paper_rgb.sum(axis=2, keepdims=True)
    middle = (dark + light) / 2
    drift = shares[paper <= middle].mean(axis=0) - shares[paper >= middle].mean(axis=0)
    return LightEstimate(
        fall=1 - dark / light,
        steepest=steepest / (light - dark) if light > dark else 0.0,
        colour_drift=float(np.abs(drift).max()) if light > dark else 0.0,
        lightest=light,
    )


def light_mended(pixels: Pixels, glance: Glance, estimate: LightEstimate) -> Pixels:
    """The page as if lit everywhere as where it is lit best.

    What the camera saw is the page times the light on it, so the picture is divided by the light.
    """
    height, width = pixels.shape[:2]
    smooth = cv2.GaussianBlur(glance.paper, (0, 0), 1.0)
    light = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_CUBIC)
    lit = np.empty_like(pixels)
    for top in range(0, height, STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS)
        gain = np.maximum(estimate.lightest / np.maximum(light[rows], DARKEST_PAPER), 1.0)
        lit[rows] = np.minimum(pixels[rows] * gain[:, :, np.newaxis] + 0.5, 255)
    return lit
