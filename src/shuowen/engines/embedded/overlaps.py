"""Boxes that overlap: those of several looks at one page, and those of neighbouring lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.detector import TextBox, is_vertical

MAX_SHARED = 0.3
"""A box that shares more of its area than this with known boxes is not a new line."""
NEIGHBOURS_SHARE = 0.5
"""Lines are one above the other if they share this much of the shorter one's length."""
DEEP = 0.25
"""Boxes are cut apart where they overlap by more than this share of the less high one's height.
About so much of a box is paper above and below its letters: less brings in no foreign ink."""
LEAST_KEPT = 0.4
"""A box is never cut to less than this of its height: what would be is no neighbouring line."""

Values = NDArray[np.float32]


def add_missing(known: Sequence[TextBox], found: Sequence[TextBox]) -> list[TextBox]:
    """`known`, and those of `found` that lie where nothing is known yet."""
    if not known or not found:
        return [*known, *found]
    shared = _shared_areas(_bounds(found), _bounds(known)).sum(axis=1)
    return [*known, *(box for box, share in zip(found, shared, strict=True) if share < MAX_SHARED)]


def _bounds(boxes: Sequence[TextBox]) -> Values:
    quads = np.stack([box.quad for box in boxes])
    return np.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1)


def _shared_areas(a: Values, b: Values) -> Values:
    """(len(a), len(b)): the share of each box of `a` that lies inside each box of `b`."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    area = np.maximum((a[:, 2:] - a[:, :2]).prod(axis=1), 1e-6)
    return np.asarray(np.maximum(high - low, 0).prod(axis=2) / area[:, None], np.float32)


def cut_apart(boxes: Sequence[TextBox]) -> list[TextBox]:
    """The boxes, in their order, those of lines one above the other no longer overlapping.

    Around small, dense print the detector's boxes reach into the next lines, and the recogniser
    sees letters half as high as they could be, with parts of foreign ones above and below. The cut
    goes halfway into the overlap. Columns of vertical text stay as they are.
    """
    wide = [number for number, box in enumerate(boxes) if not is_vertical(box.quad)]
    apart = list(boxes)
    if len(wide) < 2:
        return apart
    quads = np.stack([boxes[number].quad for number in wide])
    for number, quad in zip(wide, _cut_quads(quads), strict=True):
        apart[number] = TextBox(quad=quad, score=boxes[number].score)
    return apart


def _cut_quads(quads: Values) -> Values:
    upper, lower = _Edge.of(quads[:, 0], quads[:, 1]), _Edge.of(quads[:, 3], quads[:, 2])
    first, second, middle = _neighbours(quads)
    # `first` is above `second`: every pair comes both ways round, and at most one way passes.
    bottom, top = lower.at(first, middle), upper.at(second, middle)
    heights = bottom - upper.at(first, middle), lower.at(second, middle) - top
    cut = (bottom - top) / 2
    lower_height = np.minimum(*heights)
    passes = (2 * cut > DEEP * lower_height) & (cut <= (1 - LEAST_KEPT) * lower_height)
    above, below = np.zeros((2, len(quads)), np.float32)
    np.maximum.at(below, first[passes], (cut / heights[0])[passes])
    np.maximum.at(above, second[passes], (cut / heights[1])[passes])
    return _without(quads, above, below)


def _neighbours(quads: Values) -> tuple[NDArray[np.intp], NDArray[np.intp], Values]:
    """Ordered pairs of quads that may overlap, and the middle of the length that they share."""
    low, high = quads.min(axis=1), quads.max(axis=1)
    shared = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    length = np.minimum((high - low)[:, None, 0], (high - low)[:, 0])
    overlap = (shared[..., 0] >= NEIGHBOURS_SHARE * length) & (shared > 0).all(axis=2)
    np.fill_diagonal(overlap, False)
    first, second = np.nonzero(overlap)
    ends = np.maximum(low[first, 0], low[second, 0]), np.minimum(high[first, 0], high[second, 0])
    return first, second, (ends[0] + ends[1]) / 2


def _without(quads: Values, above: Values, below: Values) -> Values:
    """The quads without shares of their heights at the top and bottom, if enough is left."""
    too_much = above + below > 1 - LEAST_KEPT
    above, below = np.where(too_much, 0, above), np.where(too_much, 0, below)
    down = quads[:, [3, 2]] - quads[:, [0, 1]]
    cut = quads.copy()
    cut[:, [0, 1]] += down * above[:, None, None]
    cut[:, [3, 2]] -= down * below[:, None, None]
    return cut


@dataclass(frozen=True, kw_only=True)
class _Edge:
    """The upper or lower edges of many quads, as straight lines over the page's width."""

    start: Values
    slope: Values

    @classmethod
    def of(cls, left: Values, right: Values) -> _Edge:
        run = right[:, 0] - left[:, 0]
        slope = (right[:, 1] - left[:, 1]) / np.where(np.abs(run) < 1, np.float32(1), run)
        start = left[:, 1] - slope * left[:, 0]
        return cls(start=start.astype(np.float32), slope=slope.astype(np.float32))

    def at(self, numbers: NDArray[np.intp], x: Values) -> Values:
        return np.asarray(self.start[numbers] + self.slope[numbers] * x, np.float32)
