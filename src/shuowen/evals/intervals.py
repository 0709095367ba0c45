"""How far a score may be chance: bootstrap confidence intervals over groups of items.

Every score here is a sum over a sum: errors over characters, or values over items. A set is drawn
anew 2000 times, with replacement and with a fixed seed, and the 2.5th and 97.5th percentiles of its
score are the interval. What is drawn are groups, not items: variants of one original are hard or
easy together, and counting them one by one would make the interval too narrow.

Sources: percentile intervals: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
section 13.3. Two systems compared on the same draws: Bisani and Ney, "Bootstrap estimates for
confidence intervals in ASR performance evaluation", ICASSP 2004. Intervals from few groups are too
narrow; from one there is none, and from fewer than six no difference is called more than chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NUM_RESAMPLES = 2000
LEVEL = 0.95
MIN_GROUPS = 6
"""Fewer cannot show a difference: even if five of five point the same way, chance does that once in
sixteen times (sign test: 2 · 0.5⁵ > 0.05)."""
SEED = 1979  # the year of Efron's paper; any number would do, as long as it stays

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one item adds to a score: its share of the sum above and of the sum below."""

    group: str
    numerator: float
    denominator: float


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A score and its 95 % interval; `low` and `high` are None where one group is all there is."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class PairedEstimate:
    """How far one system is from another on the same items.

    `ratio` is None when the other's score is 0.
    """

    difference: Estimate
    ratio: Estimate | None
    num_groups: int

    @property
    def has_enough_groups(self) -> bool:
        """Whether there are enough groups to tell a difference from chance at all."""
        return self.num_groups >= MIN_GROUPS

    @property
    def is_beyond_chance(self) -> bool:
        """Whether there are enough groups and the interval of the difference leaves out 0."""
        low, high = self.difference.low, self.difference.high
        if low is None or high is None or not self.has_enough_groups:
            return False
        return low > 0 or high < 0


def estimate(parts: Iterable[Part]) -> Estimate | None:
    """The score that the parts add up to; None when the sum below is 0."""
    parts = list(parts)
    value = _value(parts)
    if value is None:
        return None
    return _with_interval(value, _resampled(_group_sums(parts, _groups(parts))))


def estimate_pair(parts: Sequence[Part], others: Sequence[Part]) -> PairedEstimate | None:
    """The score of `parts` beside that of `others`, both drawn alike.

    Args:
        parts, others: The same items, of the same groups, as two systems read them.

    Returns:
        Difference (first minus second) and ratio (first by second); None when either has no score.
    """
    value, other = _value(parts), _value(others)
    if value is None or other is None:
        return None
    groups = _groups([*parts, *others])
    drawn, drawn_other = (_resampled(_group_sums(each, groups)) for each in (parts, others))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = drawn / drawn_other
    return PairedEstimate(
        difference=_with_interval(value - other, drawn - drawn_other),
        ratio=_with_interval(value / other, ratios) if other else None,
        num_groups=len(groups),
    )


def _value(parts: Sequence[Part]) -> float | None:
    total = sum(part.denominator for part in parts)
    return sum(part.numerator for part in parts) / total if total else None


def _groups(parts: Iterable[Part]) -> list[str]:
    return list(dict.fromkeys(part.group for part in parts))


def _group_sums(parts: Iterable[Part], groups: Sequence[str]) -> Values:
    """(groups, 2): both sums of each group."""
    index = {group: number for number, group in enumerate(groups)}
    sums = np.zeros((len(groups), 2))
    for part in parts:
        sums[index[part.group]] += part.numerator, part.denominator
    return sums


def _resampled(sums: Values) -> Values:
    """(resamples,): the score of each draw, nan where nothing is below; no draws from one group."""
    num_groups = len(sums)
    if num_groups < 2:
        return np.empty(0)
    random = np.random.default_rng(SEED)
    counts = random.multinomial(num_groups, np.full(num_groups, 1 / num_groups), NUM_RESAMPLES)
    above, below = (counts @ sums).T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(above / below, dtype=np.float64)


def _with_interval(value: float, drawn: Values) -> Estimate:
    known = drawn[~np.isnan(drawn)]
    if not known.size:
        return Estimate(value=value)
    tail = (1 - LEVEL) / 2
    # A draw itself, not a mean of two: a ratio may be infinite.
    low, high = np.quantile(known, [tail, 1 - tail], method="inverted_cdf")
    return Estimate(value=value, low=float(low), high=float(high))
