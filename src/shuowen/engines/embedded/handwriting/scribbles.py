"""Scribbles over words: zigzags and blackened stretches, told by how much ink is in one place."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.handwriting.ink import Ink, band_of

_FULL = 0.52
"""Share of the writing's height that is inked, over a width as large, from which it is crowded."""
_OTHERS = 0.62
"""The line's other writing has at most this share of a scribble's ink. Bold print has more."""
_WIDE = 1.2
"""A scribble is at least so many times as wide as the writing is high: a mark or icon is not."""
_LEAST_PX = 40
"""Narrowest scribble, and so the least that one hides: two letters."""
_ENOUGH = 4.0
"""Width of other writing, in heights of it, that shows what the line's ink is like."""
_LEAST_HEIGHT_PX = 18
"""Writing lower than this in a picture 48 high is blurred print or none at all."""
_WHITE = 0.08
"""With less ink than this a place is between words."""


def scribbles(ink: Ink) -> list[tuple[int, int]]:
    """Where scribbles are, as first column and column after the last, in a picture 48 high."""
    band = band_of(ink.deep)
    if band is None or band.height < _LEAST_HEIGHT_PX:
        return []
    columns = cv2.reduce(ink.deep[band.top : band.bottom], 0, cv2.REDUCE_SUM, dtype=cv2.CV_32F)
    around = np.asarray(cv2.blur(columns, (band.height | 1, 1))[0] / band.height, np.float32)
    return [
        (left, right)
        for left, right in _crowded(around)
        if right - left >= max(_WIDE * band.height, _LEAST_PX)
        and _stands_out(around, left, right, band.height)
    ]


def _crowded(around: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff((around >= _FULL).astype(np.int8), prepend=0, append=0))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _stands_out(around: NDArray[np.float32], left: int, right: int, height: int) -> bool:
    """Whether the line has enough other writing, and all of it has much less ink."""
    rest = np.concatenate([around[: max(left - height, 0)], around[right + height :]])
    writing = rest[rest > _WHITE]
    if len(writing) < _ENOUGH * height:
        return False
    return bool(np.quantile(writing, 0.9) <= _OTHERS * around[left:right].max())
