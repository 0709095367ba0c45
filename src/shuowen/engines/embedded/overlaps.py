"""Joining the boxes of several looks at one page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.detector import TextBox

MAX_SHARED = 0.3
"""A box that shares more of its area than this with known boxes is not a new line."""


def add_missing(known: Sequence[TextBox], found: Sequence[TextBox]) -> list[TextBox]:
    """`known`, and those of `found` that lie where nothing is known yet."""
    if not known or not found:
        return [*known, *found]
    shared = _shared_areas(_bounds(found), _bounds(known)).sum(axis=1)
    return [*known, *(box for box, share in zip(found, shared, strict=True) if share < MAX_SHARED)]


def _bounds(boxes: Sequence[TextBox]) -> NDArray[np.float32]:
    quads = np.stack([box.quad for box in boxes])
    return np.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1)


def _shared_areas(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """(len(a), len(b)): the share of each box of `a` that lies inside each box of `b`."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    area = np.maximum((a[:, 2:] - a[:, :2]).prod(axis=1), 1e-6)
    return np.asarray(np.maximum(high - low, 0).prod(axis=2) / area[:, None], np.float32)
