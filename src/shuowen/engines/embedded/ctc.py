"""Reading a recogniser's probability matrix: connectionist temporal classification.

The matrix has one row a time step and one column a character, column 0 being the blank. A path
through it becomes a text once repeats are merged and blanks dropped (Graves et al. 2006, section
3.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLANK = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class LineMatrix:
    """What a recogniser says of a line, before it is read.

    Attributes:
        probabilities: (steps, columns) float32, column 0 the blank, each row summing to 1.
        characters: What each column stands for; the blank's is empty.
        filled: The share of the steps that shows the line; the rest is padding after it.
    """

    probabilities: NDArray[np.float32]
    characters: Sequence[str]
    filled: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a line says.

    Attributes:
        text: The characters.
        confidences: One number 0 to 1 for each character.
        centers: Where each character's middle lies, as a share 0 to 1 of the line's length.
    """

    text: str
    confidences: tuple[float, ...]
    centers: tuple[float, ...]

    @property
    def confidence(self) -> float:
        """Mean over the characters; 0 for no text."""
        return sum(self.confidences) / len(self.confidences) if self.confidences else 0.0


def decode_greedy(
    probabilities: NDArray[np.float32], characters: Sequence[str], filled: float = 1.0
) -> Reading:
    """The text of the likeliest path through `probabilities`, (steps, characters).

    A character's confidence is its highest probability over the steps that became it, its place
    the mean of those steps. `filled` is the share of the steps that shows the line; the rest is
    padding after it.
    """
    best = probabilities.argmax(axis=1)
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    ends = np.append(starts[1:], len(best))
    runs = [(a, b) for a, b in zip(starts, ends, strict=True) if best[a] != BLANK]
    peaks = probabilities[np.arange(len(best)), best]
    return Reading(
        text="".join(characters[best[a]] for a, _ in runs),
        confidences=tuple(min(float(peaks[a:b].max()), 1.0) for a, b in runs),
        centers=tuple(min(float((a + b) / 2 / len(best) / filled), 1.0) for a, b in runs),
    )
