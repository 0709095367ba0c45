"""How far the text of a page slopes off the horizontal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LONG_LINE = 6.0
"""A line this many times longer than high has a slope that can be trusted."""
MIN_LINES = 3
MAX_SKEW_DEGREES = 30.0
LEVEL_DEGREES = 0.3
"""A slope below this moves the end of a line by less than half its height over a page's width."""


def skew_of(quads_N42: Floats, least_degrees: float = LEVEL_DEGREES) -> float:
    """Degrees by which lines go down to the right; 0.0 when level or too few lines can tell.

    The median of the long horizontal lines' slopes, each counted by its length, so that a stamp
    or a slanted note does not turn the page.

    Args:
        quads_N42: Corners of N lines, clockwise from the top left; a column's is never long.
        least_degrees: What is less is level.
    """
    angles, lengths = line_angles(quads_N42)
    if len(angles) < MIN_LINES:
        return 0.0
    skew = _weighted_median(angles, lengths)
    return round(skew, 2) if least_degrees <= abs(skew) <= MAX_SKEW_DEGREES else 0.0


def line_angles(quads_N42: Floats) -> tuple[Floats, Floats]:
    """Degrees by which each long line goes down to the right, and its length in pixels."""
    runs, drops = (quads_N42[:, 1] - quads_N42[:, 0]).T
    heights = np.hypot(*(quads_N42[:, 3] - quads_N42[:, 0]).T)
    long = runs > LONG_LINE * np.maximum(heights, 1.0)
    return np.degrees(np.arctan2(drops[long], runs[long])), runs[long]


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
