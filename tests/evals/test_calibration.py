from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.evals.calibration import (
    Bin,
    equal_mass,
    equal_width,
    error_detection,
    expected_calibration_error,
    reliability,
)


@dataclass(frozen=True)
class Said:
    confidence: float
    is_right: bool


# Two of the three below 0.5 are wrong, one of the five above.
SAID = [
    Said(0.1, False),
    Said(0.2, False),
    Said(0.3, True),
    Said(0.6, True),
    Said(0.7, False),
    Said(0.8, True),
    Said(0.9, True),
    Said(1.0, True),
]


def test_bins_of_equal_width_by_hand() -> None:
    low, high = reliability(SAID, num_bins=2, binning=equal_width)
    assert (low.num, high.num) == (3, 5)
    assert (low.confidence, low.accuracy) == pytest.approx((0.2, 1 / 3))
    assert (high.confidence, high.accuracy) == pytest.approx((0.8, 0.8))
    error = expected_calibration_error(SAID, num_bins=2, binning=equal_width)
    assert error == pytest.approx(3 / 8 * (1 / 3 - 0.2))


def test_bins_of_equal_mass_by_hand() -> None:
    bins = reliability(SAID, num_bins=2)
    assert [each.num for each in bins] == [4, 4]
    assert [each.accuracy for each in bins] == [0.5, 0.75]
    assert expected_calibration_error(SAID, num_bins=2) == pytest.approx(
        0.5 * (0.5 - 0.3) + 0.5 * (0.85 - 0.75)
    )


def test_equal_confidences_stay_in_one_bin() -> None:
    same = np.array([0.2, 0.9, 0.9, 0.9])
    assert equal_mass(same, 4).tolist() == [0, 2, 2, 2]
    judged = [Said(0.5, True), Said(0.5, False)]
    assert reliability(judged, num_bins=2) == [Bin(num=2, confidence=0.5, accuracy=0.5)]
    assert reliability(list(reversed(judged)), num_bins=2) == reliability(judged, num_bins=2)


def test_both_ends_have_a_bin() -> None:
    assert equal_width(np.array([0.0, 0.1, 0.99, 1.0]), 10).tolist() == [0, 1, 9, 9]
    assert reliability([]) == []
    assert expected_calibration_error([]) == 0


def test_errors_are_found_among_the_least_sure() -> None:
    two_of_three = error_detection(SAID, recall=0.6)
    assert two_of_three is not None
    assert (two_of_three.threshold, two_of_three.precision) == (0.2, 1.0)
    assert (two_of_three.recall, two_of_three.flagged) == (pytest.approx(2 / 3), 0.25)
    all_of_them = error_detection(SAID, recall=0.8)
    assert all_of_them is not None
    # 0.1, 0.2, 0.3, 0.6 and 0.7 have to be looked at, and three of these are wrong.
    assert (all_of_them.threshold, all_of_them.precision) == (0.7, 0.6)
    assert (all_of_them.recall, all_of_them.flagged) == (1.0, 5 / 8)


def test_what_is_as_sure_as_an_error_has_to_be_looked_at_too() -> None:
    found = error_detection([Said(0.5, False), Said(0.5, True), Said(0.9, True)])
    assert found is not None
    assert (found.precision, found.flagged) == (0.5, pytest.approx(2 / 3))


def test_without_an_error_there_is_nothing_to_find() -> None:
    assert error_detection([Said(0.1, True)]) is None
    assert error_detection([]) is None


judgements = st.lists(st.builds(Said, st.floats(0, 1), st.booleans()), min_size=1)


@given(judgements, st.integers(1, 20), st.sampled_from([equal_mass, equal_width]))
def test_every_judgement_is_in_one_bin(judged, num_bins, binning) -> None:  # type: ignore[no-untyped-def]
    bins = reliability(judged, num_bins=num_bins, binning=binning)
    assert sum(each.num for each in bins) == len(judged)
    assert len(bins) <= num_bins
    assert sum(each.num * each.accuracy for each in bins) == pytest.approx(
        sum(each.is_right for each in judged)
    )
    error = expected_calibration_error(judged, num_bins=num_bins, binning=binning)
    assert 0 <= error <= 1


@given(judgements, st.floats(0.01, 1))
def test_as_many_errors_are_seen_as_were_asked_for(judged: list[Said], recall: float) -> None:
    found = error_detection(judged, recall)
    if found is not None:
        assert found.recall >= recall - 1e-6
        flagged = [each for each in judged if each.confidence <= found.threshold]
        assert found.flagged == pytest.approx(len(flagged) / len(judged))
        assert found.precision == pytest.approx(
            sum(not each.is_right for each in flagged) / len(flagged)
        )
