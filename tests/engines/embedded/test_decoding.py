"""A matrix is read by the picture alone or with the language model."""

from __future__ import annotations

import numpy as np
import pytest

from shuowen.engines.embedded.ctc import LineMatrix
from shuowen.engines.embedded.decoding import by_picture, with_language

COLUMNS = ("", "中", "国", "围", "人", "民", "7", "1")


def matrix(*steps: dict[str, float]) -> LineMatrix:
    """One row a step; what is left goes to the blank."""
    probabilities = np.zeros((2 * len(steps) + 1, len(COLUMNS)), np.float32)
    probabilities[:, 0] = 1
    for n, step in enumerate(steps):
        for character, value in step.items():
            probabilities[2 * n + 1, COLUMNS.index(character)] = value
        probabilities[2 * n + 1, 0] = 1 - sum(step.values())
    return LineMatrix(probabilities=probabilities, characters=COLUMNS, filled=0.9)


DOUBTFUL = matrix({"中": 0.98}, {"国": 0.44, "围": 0.5}, {"人": 0.98}, {"民": 0.98})


def test_the_picture_alone_takes_the_likeliest() -> None:
    reading = by_picture(DOUBTFUL)
    assert reading.text == "中围人民"
    assert reading.confidences == pytest.approx((0.98, 0.5, 0.98, 0.98))


def test_the_language_model_tips_the_balance() -> None:
    reading = with_language(DOUBTFUL)
    assert reading.text == "中国人民"
    assert reading.confidences == pytest.approx((0.98, 0.44, 0.98, 0.98))  # the picture's word
    assert reading.centers == by_picture(DOUBTFUL).centers


def test_the_language_model_has_no_say_on_numbers() -> None:
    doubtful = matrix({"7": 0.5, "1": 0.45}, {"1": 0.5, "7": 0.45})
    assert with_language(doubtful) == by_picture(doubtful)
