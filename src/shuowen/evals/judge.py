"""A judge: a measure that an item brings along, beside those that every item gets."""

from __future__ import annotations

from typing import Protocol

from shuowen.evals.reading import Reading


class Judge(Protocol):
    """Scores readings of the one item that it was made for.

    Public benchmarks have measures of their own: whether an answer is right, how like two formulas
    look. A loader gives each of its items the judges that its benchmark asks for; the report shows
    the mean of each name over a set.
    """

    @property
    def name(self) -> str:
        """Short name of the measure, the same for all items that it is averaged over."""
        ...

    def score(self, reading: Reading) -> float | None:
        """How good `reading` is, 0 to 1, 1 best; None where the measure says nothing of it."""
        ...
