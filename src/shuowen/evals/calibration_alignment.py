"""Finding where a short text stands in a long one, and which of its characters stand there too.

Edit distance in which skipping any amount of the long text before and after costs nothing.
Source: Sellers, "The theory and computation of evolutionary distances: pattern recognition",
Journal of Algorithms 1, 1980.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]
"""A text as Unicode code points, (n,)."""

TAKEN = -1
"""Stands in for a character of the long text that equals no other."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a text was found.

    Attributes:
        start, end: The stretch of the long text; empty when nothing of the short one is in it.
        are_right: For each character of the short text, whether it stands in the stretch too.
        num_missing: Characters of the stretch that the short text lacks.
    """

    start: int
    end: int
    are_right: tuple[bool, ...]
    num_missing: int

    @property
    def num_right(self) -> int:
        """How many characters are right."""
        return sum(self.are_right)

    @property
    def cost(self) -> int:
        """Edits from the short text to the stretch."""
        return len(self.are_right) - self.num_right + self.num_missing


def codes_of(text: str) -> Codes:
    """`text` as code points."""
    return np.array([ord(character) for character in text], np.int32)


def locate(short: Codes, long: Codes) -> Placement:
    """The stretch of `long`, (n,), from which `short`, (m,), differs least; the first of several.

    A stretch neither begins nor ends with characters that `short` lacks. Takes m · n steps of
    memory and time.
    """
    costs = _costs(short, long)
    end = int(costs[-1].argmin())
    position, are_right, missing = end, [False] * len(short), 0
    row = len(short)
    while row:
        here = costs[row, position]
        is_same = bool(position and short[row - 1] == long[position - 1])
        if is_same and costs[row - 1, position - 1] == here:
            row, position = row - 1, position - 1
            are_right[row] = True
        elif position and costs[row, position - 1] + 1 == here:
            # Before a replacement, which costs as much: so more of the short text is right.
            position -= 1
            missing += 1
        elif position and not is_same and costs[row - 1, position - 1] + 1 == here:
            row, position = row - 1, position - 1
        else:
            row -= 1
    return Placement(start=position, end=end, are_right=tuple(are_right), num_missing=missing)


def split_costs(short: Codes, long: Codes) -> NDArray[np.int32]:
    """Edits when `short`, (m,), is cut and both parts are located, (m + 1,) by place of the cut."""
    heads = _costs(short, long).min(axis=1)
    tails = _costs(short[::-1], long[::-1]).min(axis=1)
    return np.asarray(heads + tails[::-1])


def _costs(short: Codes, long: Codes) -> NDArray[np.int32]:
    """Least edits from the first i of `short` to a stretch that ends at j, (m + 1, n + 1)."""
    costs = np.zeros((len(short) + 1, len(long) + 1), np.int32)
    places = np.arange(len(long) + 1, dtype=np.int32)
    for row, code in enumerate(short, start=1):
        above = costs[row - 1]
        best = above + 1
        np.minimum(best[1:], above[:-1] + (long != code), out=best[1:])
        # Skipping k characters of `long` costs k: the least over all starts of the skip at once.
        costs[row] = np.minimum.accumulate(best - places) + places
    return costs
