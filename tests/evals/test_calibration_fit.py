from __future__ import annotations

import numpy as np
import pytest

from shuowen.engines.embedded.calibration import Calibration, Curve, confidence_logit
from shuowen.evals.calibration import expected_calibration_error
from shuowen.evals.calibration_fit import (
    GroupedLine,
    cross_calibrated,
    fit_calibration,
    fit_curve,
    recalibrated,
)
from shuowen.evals.calibration_lines import JudgedLine
from shuowen.evals.reading import ReadLine

TRUE = Curve(offset=0.7, slope=0.5)


def overconfident_lines(num: int, seed: int = 0) -> list[JudgedLine]:
    """Lines of ten characters whose chance of being right is `TRUE` of their confidence."""
    random = np.random.default_rng(seed)
    lines = []
    for _ in range(num):
        level = random.uniform(-1, 6)
        confidences = 1 / (1 + np.exp(-random.normal(level, 1.5, 10)))
        chances = [TRUE.at_logit(confidence_logit(float(each))) for each in confidences]
        are_right = tuple(bool(right) for right in random.uniform(size=10) < chances)
        line = ReadLine(
            text="abcdefghij",
            confidence=float(confidences.mean()),
            character_confidences=tuple(map(float, confidences)),
        )
        lines.append(JudgedLine(line=line, are_right=are_right, is_right=all(are_right)))
    return lines


def test_a_curve_is_found_again() -> None:
    random = np.random.default_rng(1)
    logits = random.uniform(-6, 9, 200_000)
    chances = 1 / (1 + np.exp(-(TRUE.offset + TRUE.slope * logits)))
    found = fit_curve(logits, random.uniform(size=len(logits)) < chances)
    assert found.offset == pytest.approx(TRUE.offset, abs=0.03)
    assert found.slope == pytest.approx(TRUE.slope, abs=0.01)


def test_two_points_by_hand() -> None:
    # At logit 0 one in two is right, at logit 2 nine in ten: offset 0, slope ln(9) / 2.
    logits = np.repeat([0.0, 2.0], 10_000)
    are_right = np.concatenate([np.arange(10_000) % 2 == 0, np.arange(10_000) % 10 != 0])
    found = fit_curve(logits, are_right)
    assert found.offset == pytest.approx(0, abs=1e-4)
    assert found.slope == pytest.approx(np.log(9) / 2, abs=1e-4)


@pytest.mark.parametrize("are_right", [[True] * 4, [False] * 4, [True, True, False, False]])
def test_what_has_no_best_curve_gets_one_that_rises(are_right: list[bool]) -> None:
    found = fit_curve(np.array([0.0, 1.0, 2.0, 3.0]), np.array(are_right))
    assert found.slope > 0
    assert np.isfinite([found.offset, found.slope]).all()


def test_held_out_lines_and_characters_become_calibrated() -> None:
    lines = overconfident_lines(4000)
    grouped = [
        GroupedLine(group=f"page {number % 40}", line=line) for number, line in enumerate(lines)
    ]
    held_out = cross_calibrated(grouped)
    assert [each.are_right for each in held_out] == [each.are_right for each in lines]
    assert expected_calibration_error(lines) > 0.2
    assert expected_calibration_error(held_out) < 0.04
    before, after = (
        [each for line in found for each in line.characters] for found in (lines, held_out)
    )
    assert expected_calibration_error(before) > 0.04
    assert expected_calibration_error(after) < 0.015


def test_no_line_is_judged_by_a_curve_that_has_seen_its_group() -> None:
    good, bad = overconfident_lines(200), overconfident_lines(200, seed=1)
    wrong = [JudgedLine(line=each.line, are_right=(False,) * 10, is_right=False) for each in bad]
    grouped = [GroupedLine(group="a", line=each) for each in good]
    grouped += [GroupedLine(group="b", line=each) for each in wrong]
    held_out = cross_calibrated(grouped)
    assert held_out[:200] == [recalibrated(each, fit_calibration(wrong)) for each in good]
    assert held_out[200:] == [recalibrated(each, fit_calibration(good)) for each in wrong]


def test_lines_without_confidences_for_characters_are_calibrated_too() -> None:
    bare = JudgedLine(
        line=ReadLine(text="a b", confidence=0.9), are_right=(True, None, True), is_right=True
    )
    curve = Curve(offset=0.0, slope=1.0)
    found = recalibrated(bare, Calibration(character=curve, line=curve))
    assert found.confidence == pytest.approx(0.81, abs=1e-3)
    with pytest.raises(ValueError, match="no judged character"):
        fit_calibration([bare])
