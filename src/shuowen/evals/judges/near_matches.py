"""Where a text stands in a longer one, give or take a few characters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def near_match_starts(wanted: str, text: str, max_diffs: int) -> list[int]:
    """Where stretches of `text` begin that are at most `max_diffs` edits from `wanted`, in order.

    Of places next to each other only the one with the fewest edits.

    Source: Sellers, "The theory and computation of evolutionary distances: pattern recognition",
    Journal of Algorithms 1, 1980, run from the end to the beginning.
    """
    distances = _distances_from(wanted, text)
    near = np.flatnonzero(distances <= max_diffs)
    groups = np.split(near, np.flatnonzero(np.diff(near) > 1) + 1) if near.size else []
    return [int(group[np.argmin(distances[group])]) for group in groups]


def _distances_from(wanted: str, text: str) -> NDArray[np.int64]:
    """Edits from `wanted` to the likest stretch from each place on, shape (len(text) + 1,)."""
    codes = np.array([ord(character) for character in reversed(text)], np.int64)
    places = np.arange(codes.size + 1)
    best = np.zeros(codes.size + 1, np.int64)
    for character in reversed(wanted):
        step = best + 1
        step[1:] = np.minimum(step[1:], best[:-1] + (codes != ord(character)))
        # A character of the text too many costs 1 each: the least over all earlier places.
        best = np.minimum.accumulate(step - places) + places
    return best[::-1]
