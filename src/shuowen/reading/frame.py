"""Straight line boxes: what reading order and paragraphs are worked out on.

Vertical text is turned so that both writing systems are one problem: in the reading frame x runs
along a line and y runs from line to line. For vertical text, whose columns go from right to left,
that is (x, y) -> (y, -x). A page that still slopes a little is sheared straight, because half a
degree over a page's width is half a line; so is a note of a few slanted lines, too few to deskew.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box, Direction, Line

Floats = NDArray[np.float64]
"""Boxes of N lines are (N, 4): left, top, right, bottom in the reading frame, in pixels."""
Indices = NDArray[np.intp]

LONG_LINE = 5.0
"""Length over thickness from which a line's own slope is worth measuring."""
MAX_SLOPE = 0.05
"""3 degrees: what a deskewed page can have left; a steeper line is slanted on purpose."""
MAX_STEEP = 0.2
"""11 degrees: the steepest slope that is taken out where all lines have it."""
STEEP_LINE = 3.0
"""Length over thickness from which a line says whether the page is steep."""
SAME_SLOPE = 0.03
"""How far most lines' slopes differ at most from their median where they have it in common."""


def straight_boxes(lines: Sequence[Line], direction: Direction) -> Floats:
    """Boxes (N, 4) of lines in the reading frame of text that runs in `direction`."""
    quads_N42 = _turned(np.array([line.quad for line in lines], float).reshape(-1, 4, 2), direction)
    slope = _common_slope(quads_N42)
    xs, ys = quads_N42[..., 0], quads_N42[..., 1]
    sheared_x, sheared_y = xs + slope * ys, ys - slope * xs
    return np.stack(
        [sheared_x.min(1), sheared_y.min(1), sheared_x.max(1), sheared_y.max(1)], axis=1
    )


def main_direction(lines: Sequence[Line]) -> Direction:
    """The direction in which most characters of the page run."""
    vertical = sum(len(line.text) for line in lines if line.direction == "vertical")
    return "vertical" if vertical * 2 > sum(len(line.text) for line in lines) else "horizontal"


def _turned(quads_N42: Floats, direction: Direction) -> Floats:
    if direction == "horizontal":
        return quads_N42
    return np.stack([quads_N42[..., 1], -quads_N42[..., 0]], axis=-1)


def _common_slope(quads_N42: Floats) -> float:
    """Median rise over run of the long lines, each counted by its length; 0 without long lines."""
    # The two long sides of a quad, whichever corner it starts at: opposite sides averaged.
    along = (quads_N42[:, 1] - quads_N42[:, 0] + quads_N42[:, 2] - quads_N42[:, 3]) / 2
    across = (quads_N42[:, 3] - quads_N42[:, 0] + quads_N42[:, 2] - quads_N42[:, 1]) / 2
    sides_N2 = np.where((abs(along[:, 0]) >= abs(across[:, 0]))[:, None], along, across)
    runs = abs(sides_N2[:, 0])
    thickness = np.minimum(np.hypot(*along.T), np.hypot(*across.T))
    slopes = sides_N2[:, 1] / np.where(sides_N2[:, 0] == 0, 1.0, sides_N2[:, 0])
    steep = _shared_slope(slopes, np.where(runs > STEEP_LINE * thickness, runs, 0.0))
    if abs(steep) > MAX_SLOPE:
        return steep
    is_evidence = (runs > LONG_LINE * thickness) & (abs(slopes) < MAX_SLOPE)
    return _weighted_median(slopes[is_evidence], runs[is_evidence]) if is_evidence.any() else 0.0


def _shared_slope(slopes: Floats, runs: Floats) -> float:
    """The slope that at least two lines, and most of the text, have in common; 0 without one."""
    is_evidence = (runs > 0) & (abs(slopes) < MAX_STEEP)
    if is_evidence.sum() < 2:
        return 0.0
    median = _weighted_median(slopes[is_evidence], runs[is_evidence])
    is_same = abs(slopes - median) <= SAME_SLOPE
    return median if is_same.sum() >= 2 and 2 * runs[is_same].sum() > runs.sum() else 0.0


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


def turned_box(box: Box, direction: Direction) -> Floats:
    """A box of the page, (4,), in the reading frame of `direction`; not sheared."""
    if direction == "horizontal":
        return np.array([box.left, box.top, box.right, box.bottom])
    return np.array([box.top, -box.right, box.bottom, -box.left])
