"""What choosing among several readings is worth: each way to choose, on the same readings.

Best-of-N needs a critic that tells good from bad. Beside it stand what needs none (the greedy
reading, one at random, the one that comes most often) and what no critic can beat (the oracle).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shuowen.evals.crops.crop import EvalCrop
from shuowen.evals.crops.scores import (
    CropScore,
    CropSummary,
    Improvement,
    compare,
    mean_score,
    score_reading,
    summarise,
)

RANDOM, MAJORITY, ORACLE = "random", "majority", "oracle"
Readings = Sequence[str]


class ReadingCritic(Protocol):
    """Says how good each of some readings of a crop is."""

    def __call__(self, crop: EvalCrop, readings: Readings) -> Sequence[float]:
        """One number a reading, higher for better."""
        ...


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One way to choose.

    Attributes:
        name: Which.
        scores: One a crop.
        summary: Of all crops.
        over_random: Beside a reading picked at random; None for that itself.
    """

    name: str
    scores: tuple[CropScore, ...]
    summary: Mapping[str, CropSummary]
    over_random: Improvement | None


def compare_choices(
    crops: Sequence[EvalCrop],
    readings: Sequence[Readings],
    critics: Mapping[str, ReadingCritic],
) -> list[Choice]:
    """Every way to choose, on the same readings.

    Args:
        crops: What was read.
        readings: Several of each crop.
        critics: By name; each chooses the reading that it scores highest, the earlier of equals.

    Returns:
        Random, majority, the critics in their order, and the oracle.
    """
    chosen: dict[str, list[CropScore]] = {
        RANDOM: [mean_score(*pair) for pair in zip(crops, readings, strict=True)],
        MAJORITY: _scored(crops, [majority(each) for each in readings]),
    }
    for name, critic in critics.items():
        picks = [best(critic, *pair) for pair in zip(crops, readings, strict=True)]
        chosen[name] = _scored(crops, picks)
    chosen[ORACLE] = [oracle_score(*pair) for pair in zip(crops, readings, strict=True)]
    return [
        Choice(
            name=name,
            scores=tuple(scores),
            summary=summarise(scores),
            over_random=None if name == RANDOM else compare(scores, chosen[RANDOM]),
        )
        for name, scores in chosen.items()
    ]


def majority(readings: Readings) -> str:
    """The reading that comes most often, the earlier of equals; empty where there is none."""
    return Counter(readings).most_common(1)[0][0] if readings else ""


def best(critic: ReadingCritic, crop: EvalCrop, readings: Readings) -> str:
    """The reading that a critic scores highest, the earlier of equals; empty where there is none.

    Equal readings are judged once.
    """
    distinct = list(dict.fromkeys(readings))
    if len(distinct) < 2:
        return distinct[0] if distinct else ""
    scores = critic(crop, distinct)
    return distinct[max(range(len(distinct)), key=lambda index: (scores[index], -index))]


def oracle_score(crop: EvalCrop, readings: Readings) -> CropScore:
    """The score of the reading with the fewest errors."""
    return min(
        (score_reading(crop, each) for each in dict.fromkeys(readings or ("",))),
        key=lambda score: score.num_errors,
    )


def _scored(crops: Sequence[EvalCrop], picks: Sequence[str]) -> list[CropScore]:
    return [score_reading(*pair) for pair in zip(crops, picks, strict=True)]
