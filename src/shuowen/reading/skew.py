"""How far the text of a page slopes off the horizontal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Line

Floats = NDArray[np.float64]

LONG_LINE = 6.0
"""A line this many times longer than high has a slope that can be trusted."""
MIN_LINES = 3
MAX_SKEW_DEGREES = 30.0
LEVEL_DEGREES = 0.3
"""A slope below this moves the end of a line by less than half its height over a page's width."""


def skew_of(lines: Sequence[Line]) -> float:
    """Degrees by which lines go down to the right; 0.0 when level or too few lines can tell.

    The median of the long horizontal lines' slopes, each counted by its length, so that a stamp
    or a slanted note does not turn the page.
    """
    tops = np.array([line.quad[:2] for line in lines if line.direction == "horizontal"])
    if not len(tops):
        return 0.0
    runs, drops = (tops[:, 1] - tops[:, 0]).T
    heights = np.array([_height(line) for line in lines if line.direction == "horizontal"])
    long = runs > LONG_LINE * heights
    if long.sum() < MIN_LINES:
        return 0.0
    skew = _weighted_median(np.degrees(np.arctan2(drops[long], runs[long])), runs[long])
    return round(skew, 2) if LEVEL_DEGREES <= abs(skew) <= MAX_SKEW_DEGREES else 0.0


def _height(line: Line) -> float:
    (top_left, _, _, bottom_left) = line.quad
    return max(float(np.hypot(bottom_left[0] - top_left[0], bottom_left[1] - top_left[1])), 1.0)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
