"""A line's matrix without what hardly matters, so that a whole page's can be kept at once.

A whole matrix of the careful recogniser takes 7.5 MB for a hundred steps, of which a few kilobytes
are more than nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.ctc import LineMatrix

KEPT = 32
"""The most columns that are kept of a step."""
LEAST = 1e-5
"""Columns with a smaller probability are not kept, but for a step's likeliest."""

Columns = NDArray[np.int32]
Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Likely:
    """The likeliest columns of one step, the best first, and their probabilities, both (kept,)."""

    columns: Columns
    probabilities: Floats

    @staticmethod
    def of(columns: Columns, probabilities: Floats) -> Likely:
        """The likeliest of some columns; of equals those that come first."""
        least = min(LEAST, float(probabilities.max()))
        kept = np.flatnonzero(probabilities >= least)
        kept = kept[np.argsort(-probabilities[kept], kind="stable")][:KEPT]
        return Likely(columns=columns[kept], probabilities=probabilities[kept])

    def probability(self, column: int) -> float:
        """A column's probability; 0 where it was not kept."""
        return float(self.probabilities[self.columns == column].sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class ShortMatrix:
    """The likeliest columns of every step of a matrix.

    Attributes:
        columns: Those of all steps, one step after the other, each step's best first.
        probabilities: Theirs.
        starts: Where each step begins in these, and where the last ends, (steps + 1,).
        characters: What each column of the whole matrix stands for.
        filled: As in the whole matrix.
    """

    columns: Columns
    probabilities: Floats
    starts: NDArray[np.int64]
    characters: Sequence[str]
    filled: float

    @staticmethod
    def of(matrix: LineMatrix) -> ShortMatrix:
        """The likeliest of a whole matrix."""
        everything = np.arange(matrix.probabilities.shape[1], dtype=np.int32)
        steps = [Likely.of(everything, row) for row in matrix.probabilities]
        return _joined(steps, matrix.characters, matrix.filled)

    @property
    def best(self) -> NDArray[np.intp]:
        """The likeliest column of each step, (steps,)."""
        return self.columns[self.starts[:-1]].astype(np.intp)

    @property
    def peaks(self) -> Floats:
        """The probability of each step's likeliest column, (steps,)."""
        return self.probabilities[self.starts[:-1]]

    def step(self, number: int) -> Likely:
        """The likeliest columns of one step."""
        kept = slice(*self.starts[number : number + 2])
        return Likely(columns=self.columns[kept], probabilities=self.probabilities[kept])

    def changed(self, steps: Mapping[int, Likely]) -> ShortMatrix:
        """The matrix with other columns at some steps; itself for none."""
        if not steps:
            return self
        numbers = range(len(self.starts) - 1)
        new = [steps[number] if number in steps else self.step(number) for number in numbers]
        return _joined(new, self.characters, self.filled)

    def whole(self) -> LineMatrix:
        """All columns; those that were not kept share evenly what is left of their step."""
        counts = np.diff(self.starts)
        num_others = len(self.characters) - counts
        sums = np.add.reduceat(self.probabilities, self.starts[:-1])
        rest = np.maximum(1 - sums, 0) / np.maximum(num_others, 1)
        whole = np.repeat(rest.astype(np.float32)[:, None], len(self.characters), axis=1)
        whole[np.repeat(np.arange(len(counts)), counts), self.columns] = self.probabilities
        return LineMatrix(probabilities=whole, characters=self.characters, filled=self.filled)


def _joined(steps: Sequence[Likely], characters: Sequence[str], filled: float) -> ShortMatrix:
    return ShortMatrix(
        columns=np.concatenate([step.columns for step in steps]),
        probabilities=np.concatenate([step.probabilities for step in steps]),
        starts=np.cumsum([0, *(len(step.columns) for step in steps)]),
        characters=characters,
        filled=filled,
    )
