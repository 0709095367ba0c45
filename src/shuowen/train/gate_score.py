"""Held-out sets, read by the old and the new weights, item by item. Needs no torch.

Shapes: I items of a set, R resamples.

Sources: percentile intervals: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
§13.3; two systems compared on the same draws: Bisani and Ney, ICASSP 2004.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shuowen.errors import UsageError

NUM_RESAMPLES = 2000
MIN_ITEMS = 6
"""Fewer show no difference: five of five the same way is chance once in sixteen times."""
_SEED = 1979
_MAX_DRAWS = 4_000_000  # counted at once, so that large sets take little memory


@dataclass(frozen=True, kw_only=True)
class SetScore:
    """What one model made of one held-out set.

    Attributes:
        num_errors: Of every item: edit distance in characters, or 0 and 1 for exact match.
        sizes: Of every item: characters of the truth, or 1.
        names: Of every item, for people; empty: its number.
    """

    num_errors: tuple[float, ...]
    sizes: tuple[float, ...]
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        num = len(self.num_errors)
        if not num or len(self.sizes) != num or (self.names and len(self.names) != num):
            raise UsageError(
                f"A score has {num} errors, {len(self.sizes)} sizes and {len(self.names)} names.",
                "Give one of each for every item, and at least one item.",
            )
        if min(self.num_errors) < 0 or min(self.sizes) < 0 or sum(self.sizes) <= 0:
            raise UsageError(
                "A score has errors or sizes below 0, or no characters at all.",
                "Count errors and characters of the truth.",
            )

    @property
    def error_rate(self) -> float:
        """Errors over sizes: character error rate, or 1 − exact match."""
        return sum(self.num_errors) / sum(self.sizes)

    def name_of(self, index: int) -> str:
        """What people call the item at `index`."""
        return self.names[index] if self.names else f"item {index + 1}"


class Evaluator(Protocol):
    """Reads held-out sets with a model."""

    def evaluate(self, model_folder: Path) -> Mapping[str, SetScore]:
        """Score of every set, by its name; the same items in the same order for every model."""
        ...


@dataclass(frozen=True, kw_only=True)
class SetChange:
    """One set before and after.

    Attributes:
        name: The set's.
        before: Error rate of the old weights.
        after: Error rate of the new weights.
        low: Lower end of the 95 % interval of after − before.
        high: Upper end.
        broken: Names of items that had no error and now have one.
        num_items: How many the set has.
    """

    name: str
    before: float
    after: float
    low: float
    high: float
    broken: tuple[str, ...]
    num_items: int

    @property
    def rise(self) -> float:
        """How much the error rate rose; below 0 it fell."""
        return self.after - self.before

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the set is large enough to tell, and its interval leaves out 0."""
        return self.num_items >= MIN_ITEMS and (self.low > 0 or self.high < 0)


def compare(name: str, before: SetScore, after: SetScore) -> SetChange:
    """One set before and after.

    Args:
        name: The set's.
        before: Of the weights in use.
        after: Of the new weights, for the same items.

    Raises:
        UsageError: The items are not the same.
    """
    if before.sizes != after.sizes or before.names != after.names:
        raise UsageError(
            f"The items of {name} are not the same before and after.",
            "Evaluate both models on the same items in the same order.",
        )
    low, high = _interval(before, after)
    pairs = enumerate(zip(before.num_errors, after.num_errors, strict=True))
    return SetChange(
        name=name,
        before=before.error_rate,
        after=after.error_rate,
        low=low,
        high=high,
        broken=tuple(before.name_of(index) for index, (old, new) in pairs if old == 0 < new),
        num_items=len(before.sizes),
    )


def _interval(before: SetScore, after: SetScore) -> tuple[float, float]:
    """95 % of the rise of the error rate when the set's items are drawn anew, with replacement."""
    rise_I = np.subtract(after.num_errors, before.num_errors).astype(np.float64)
    size_I = np.asarray(before.sizes, np.float64)
    random = np.random.default_rng(_SEED)
    num_items = len(size_I)
    rise_R: list[NDArray[np.float64]] = []
    for num in _chunks(num_items):
        counts_RI = random.multinomial(num_items, np.full(num_items, 1 / num_items), size=num)
        # A draw of nothing but items without characters has no rate; it says nothing of a rise.
        rise_R.append(counts_RI @ rise_I / np.maximum(counts_RI @ size_I, 1e-9))
    low, high = np.percentile(np.concatenate(rise_R), (2.5, 97.5))
    return float(low), float(high)


def _chunks(num_items: int) -> list[int]:
    """How many resamples to draw at once, until there are enough."""
    size = max(_MAX_DRAWS // num_items, 1)
    full, rest = divmod(NUM_RESAMPLES, size)
    return [size] * full + ([rest] if rest else [])
