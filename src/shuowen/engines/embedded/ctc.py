"""Reading a recogniser's probability matrix: connectionist temporal classification.

The matrix has one row a time step and one column a character, column 0 being the blank. Graves et
al. 2006, section 3: a text's probability is the sum over all paths that become it once repeats
are merged and blanks dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLANK = 0


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

    @property
    def lowest(self) -> float:
        """The least certain character's confidence; 0 for no text."""
        return min(self.confidences, default=0.0)


def decode_greedy(probabilities: NDArray[np.float32], characters: Sequence[str]) -> Reading:
    """The text of the likeliest path through `probabilities`, (steps, characters).

    A character's confidence is its highest probability over the steps that became it, its place
    the mean of those steps.
    """
    best = probabilities.argmax(axis=1)
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    ends = np.append(starts[1:], len(best))
    runs = [(a, b) for a, b in zip(starts, ends, strict=True) if best[a] != BLANK]
    peaks = probabilities[np.arange(len(best)), best]
    return Reading(
        text="".join(characters[best[a]] for a, _ in runs),
        confidences=tuple(min(float(peaks[a:b].max()), 1.0) for a, b in runs),
        centers=tuple(float((a + b) / 2 / len(best)) for a, b in runs),
    )


def log_likelihood(probabilities: NDArray[np.float32], labels: Sequence[int]) -> float:
    """log P(labels | picture), by the forward algorithm of Graves et al., section 4.1.

    Args:
        probabilities: (steps, characters), rows sum to 1.
        labels: Column of every character of the text; an empty text is allowed.
    """
    log_p = np.log(np.maximum(probabilities, 1e-12), dtype=np.float64)
    extended = np.full(2 * len(labels) + 1, BLANK)
    extended[1::2] = labels
    # A label may be reached from the one two places before it unless both are the same.
    skips = np.zeros(len(extended), bool)
    skips[2:] = (extended[2:] != BLANK) & (extended[2:] != extended[:-2])
    forward = np.full(len(extended), -np.inf)
    forward[:2] = log_p[0, extended[:2]]
    for row in log_p[1:]:
        before = np.concatenate(([-np.inf], forward[:-1]))
        skipped = np.where(skips, np.concatenate(([-np.inf, -np.inf], forward))[:-2], -np.inf)
        forward = np.logaddexp(np.logaddexp(forward, before), skipped) + row[extended]
    return float(np.logaddexp.reduce(forward[-2:]))
