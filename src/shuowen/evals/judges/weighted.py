"""Judges whose scores weigh differently: a page with ten tests counts ten times one with one.

Some benchmarks average over something finer than files: olmOCR-bench over tests, CC-OCR's key
information over fields. The mean of a judge over a set is then

    sum of weight · score / sum of weight

which for an F1 of one file, 2 · common / (read + truth), weighted by (read + truth) / 2, is
exactly the F1 of all files pooled.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from shuowen.evals.judge import Judge
from shuowen.evals.reading import Reading


@runtime_checkable
class WeightedJudge(Judge, Protocol):
    """A judge that also says how much its score counts in the mean over a set."""

    def weight(self, reading: Reading) -> float:
        """What the score of `reading` weighs, above 0 wherever `score` is not None."""
        ...


def weight_of(judge: Judge, reading: Reading) -> float:
    """What `judge`'s score of `reading` weighs in a mean: 1 for a judge that does not say."""
    return judge.weight(reading) if isinstance(judge, WeightedJudge) else 1.0
