"""How well a reader knows what it read right: calibration, and finding errors by confidence.

A reader is calibrated when of all that it calls right with 90 % confidence, nine in ten are right.
Everything here takes lines and characters alike (`JudgedLine`, `JudgedCharacter`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shuowen.evals.calibration_lines import (
    JudgedCharacter,
    JudgedLine,
    has_whole_truth,
    judge_lines,
)

__all__ = [
    "Bin",
    "ErrorDetection",
    "JudgedCharacter",
    "JudgedLine",
    "equal_mass",
    "equal_width",
    "error_detection",
    "expected_calibration_error",
    "has_whole_truth",
    "judge_lines",
    "reliability",
]

Floats = NDArray[np.float64]


class Judgement(Protocol):
    """Something that is right or wrong, with how likely right it was called, 0 to 1."""

    @property
    def confidence(self) -> float:
        """How likely right it was called."""
        ...

    @property
    def is_right(self) -> bool:
        """Whether it is right."""
        ...


Binning = Callable[[Floats, int], NDArray[np.intp]]
"""Confidences, (n,), and a number of bins to the bin of each, 0 up to that number."""


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Judgements of like confidence: their number, mean confidence and the share that is right."""

    num: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class ErrorDetection:
    """What it takes to look at the least sure until most errors were seen.

    Attributes:
        threshold: Everything of at most this confidence is looked at.
        recall: Share of the errors that is seen then, at least what was asked for.
        precision: Share of what is looked at that is wrong.
        flagged: Share of everything that is looked at.
    """

    threshold: float
    recall: float
    precision: float
    flagged: float


def equal_mass(confidences: Floats, num_bins: int) -> NDArray[np.intp]:
    """Bins that hold as many judgements each, as far as equal confidences stay together."""
    _, group, counts = np.unique(confidences, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - counts / 2
    return np.asarray((middles / len(confidences) * num_bins).astype(np.intp)[group.reshape(-1)])


def equal_width(confidences: Floats, num_bins: int) -> NDArray[np.intp]:
    """Bins that are as wide each; one holds its lower bound, the last one 1 too."""
    return np.minimum((confidences * num_bins).astype(np.intp), num_bins - 1)


def reliability(
    judged: Sequence[Judgement], *, num_bins: int = 10, binning: Binning = equal_mass
) -> list[Bin]:
    """The bins that are not empty, least sure first: a reliability diagram's points."""
    if not judged:
        return []
    confidences, are_right = _arrays(judged)
    bins = binning(confidences, num_bins)
    members = [bins == number for number in np.unique(bins)]
    return [
        Bin(
            num=int(own.sum()),
            confidence=float(confidences[own].mean()),
            accuracy=float(are_right[own].mean()),
        )
        for own in members
    ]


def expected_calibration_error(
    judged: Sequence[Judgement], *, num_bins: int = 10, binning: Binning = equal_mass
) -> float:
    """Mean distance between confidence and accuracy over bins, weighed by their numbers, 0 to 1.

        ECE = sum over bins of (num / n) · |accuracy - mean confidence|;  0 for no judgement

    Source: Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks", ICML 2017,
    section 2, with bins of equal width; with bins of equal mass: Nguyen and O'Connor, "Posterior
    calibration and exploratory analysis for natural language processing models", EMNLP 2015. Where
    most confidences are near 1, only the latter looks at them closely.
    """
    total = max(len(judged), 1)
    bins = reliability(judged, num_bins=num_bins, binning=binning)
    return sum(each.num / total * abs(each.accuracy - each.confidence) for each in bins)


def error_detection(judged: Sequence[Judgement], recall: float = 0.8) -> ErrorDetection | None:
    """How much has to be looked at, least sure first, to see the share `recall` of all errors.

    None when nothing is wrong.
    """
    confidences, are_right = _arrays(judged)
    wrong = np.sort(confidences[~are_right])
    if not len(wrong):
        return None
    threshold = wrong[max(int(np.ceil(recall * len(wrong) - 1e-9)) - 1, 0)]
    flagged = confidences <= threshold
    num_seen = int((wrong <= threshold).sum())
    return ErrorDetection(
        threshold=float(threshold),
        recall=num_seen / len(wrong),
        precision=num_seen / int(flagged.sum()),
        flagged=float(flagged.mean()),
    )


def _arrays(judged: Sequence[Judgement]) -> tuple[Floats, NDArray[np.bool_]]:
    confidences = np.array([each.confidence for each in judged], np.float64)
    return confidences, np.array([each.is_right for each in judged], np.bool_)
