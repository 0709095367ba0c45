"""Fitting the curves that make confidences probabilities, and telling honestly how well they fit.

How well is told by leaving out: the variants of one original (`group`) are together left out of the
fit and then judged with it, so that no page is judged by a curve that has seen it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.calibration import Calibration, Curve, confidence_logit, product_logit
from shuowen.evals.calibration_lines import JudgedLine
from shuowen.evals.reading import ReadLine

Floats = NDArray[np.float64]

RIDGE = 1e-3
"""Keeps numbers finite where right and wrong could be told apart without a fault; else of no
weight."""
_STEPS = 100
_ENOUGH = 1e-10
_LEAST_SLOPE = 1e-3


@dataclass(frozen=True, kw_only=True)
class GroupedLine:
    """A judged line and what original it is from."""

    group: str
    line: JudgedLine


def fit_curve(logits: Floats, are_right: NDArray[np.bool_]) -> Curve:
    """The curve of the greatest likelihood, by Newton's method (logistic regression).

    Args:
        logits: What the curve starts from, (n,).
        are_right: Whether each is right, (n,).
    """
    features = np.column_stack([np.ones(len(logits)), logits])
    weights = np.zeros(2)
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-features @ weights))
        gradient = features.T @ (are_right - p) - RIDGE * weights
        curvature = (features * (p * (1 - p))[:, None]).T @ features + RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights += step
        if np.abs(step).max() < _ENOUGH:
            break
    return Curve(offset=float(weights[0]), slope=max(float(weights[1]), _LEAST_SLOPE))


def fit_calibration(lines: Sequence[JudgedLine]) -> Calibration:
    """Both curves; the one for lines upon the other.

    Args:
        lines: Judged lines with the recognisers' own confidences for every character.

    Raises:
        ValueError: There is no character that is judged.
    """
    characters = [each for line in lines for each in line.characters]
    if not characters:
        raise ValueError("There is no judged character to fit anything to.")
    logits = np.array([confidence_logit(each.confidence) for each in characters])
    character = fit_curve(logits, np.array([each.is_right for each in characters], np.bool_))
    half = Calibration(character=character, line=Curve(offset=0.0, slope=1.0))
    products = [product_logit(half.characters(_own(line))) for line in lines]
    are_right = np.array([line.is_right for line in lines], np.bool_)
    return Calibration(character=character, line=fit_curve(np.array(products), are_right))


def cross_calibrated(lines: Sequence[GroupedLine], *, num_folds: int = 5) -> list[JudgedLine]:
    """Every line as calibrated by curves that were fitted without its group.

    Groups go to the folds in turn, in the order of their names.
    """
    groups = sorted({each.group for each in lines})
    folds = {group: number % num_folds for number, group in enumerate(groups)}
    fits = {
        fold: fit_calibration([each.line for each in lines if folds[each.group] != fold])
        for fold in set(folds.values())
    }
    return [recalibrated(each.line, fits[folds[each.group]]) for each in lines]


def recalibrated(judged: JudgedLine, calibration: Calibration) -> JudgedLine:
    """The line with calibrated confidences instead of the recognisers' own."""
    every = calibration.characters(judged.line.character_confidences)
    line = ReadLine(
        text=judged.line.text,
        confidence=calibration.whole(calibration.characters(_own(judged))),
        character_confidences=every,
    )
    return JudgedLine(line=line, are_right=judged.are_right, is_right=judged.is_right)


def _own(judged: JudgedLine) -> list[float]:
    """Confidences of the characters that were recognised: all but white space."""
    line = judged.line
    if not line.character_confidences:
        return [line.confidence] * len("".join(line.text.split()))
    pairs = zip(line.text, line.character_confidences, strict=True)
    return [confidence for character, confidence in pairs if not character.isspace()]
