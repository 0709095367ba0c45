"""Whether an engine knows what it read right: its confidences beside the truth of each item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shuowen.evals.calibration import (
    Bin,
    ErrorDetection,
    JudgedCharacter,
    JudgedLine,
    error_detection,
    expected_calibration_error,
    has_whole_truth,
    judge_lines,
    reliability,
)
from shuowen.evals.results import ItemResult, truth_text

RECALL = 0.8
"""Share of the errors that has to be found when it is asked how much must be looked at for it."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How far the confidences of one kind of thing can be believed.

    Attributes:
        num: How many there are.
        num_wrong: How many of them are wrong.
        expected_error: Expected calibration error, 0 (best) to 1.
        bins: The reliability diagram.
        detection: What it takes to find `RECALL` of the errors; None when nothing is wrong.
    """

    num: int
    num_wrong: int
    expected_error: float
    bins: tuple[Bin, ...]
    detection: ErrorDetection | None


@dataclass(frozen=True, kw_only=True)
class ConfidenceCheck:
    """An engine's confidences: of whole lines, and of characters where it gives those."""

    lines: Calibration
    characters: Calibration | None


def check_confidences(results: Iterable[ItemResult]) -> ConfidenceCheck | None:
    """The confidences in `results` of one engine; None when it gives none.

    Items whose truth leaves something out are left out: what is not in it may be read well.
    """
    lines = [line for result in results for line in _judged_lines(result)]
    if not lines:
        return None
    characters = [character for line in lines for character in line.characters]
    return ConfidenceCheck(
        lines=_calibration(lines), characters=_calibration(characters) if characters else None
    )


def _judged_lines(result: ItemResult) -> list[JudgedLine]:
    truth = truth_text(result.item)
    if truth is None or not has_whole_truth(result.item):
        return []
    return judge_lines(result.reading.lines, truth, fold_case=result.item.folds_case)


def _calibration(judged: Sequence[JudgedLine] | Sequence[JudgedCharacter]) -> Calibration:
    return Calibration(
        num=len(judged),
        num_wrong=sum(not each.is_right for each in judged),
        expected_error=expected_calibration_error(judged),
        bins=tuple(reliability(judged)),
        detection=error_detection(judged, RECALL),
    )
