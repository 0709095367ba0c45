"""The probability matrix is read as connectionist temporal classification defines it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.engines.embedded.ctc import BLANK, Reading, decode_greedy

LETTERS = ("", "a", "b", "c")


def test_repeats_merge_unless_a_blank_stands_between() -> None:
    best = [1, 1, 0, 1, 2, 2, 0, 0]
    matrix = np.full((8, 4), 0.02, np.float32)
    matrix[np.arange(8), best] = [0.9, 0.5, 0.94, 0.6, 0.7, 0.8, 0.94, 0.94]
    reading = decode_greedy(matrix, LETTERS)
    assert reading.text == "aab"
    assert reading.confidences == pytest.approx((0.9, 0.6, 0.8))
    assert reading.centers == pytest.approx((1 / 8, 3.5 / 8, 5 / 8))


def test_nothing_but_blanks_is_no_text() -> None:
    matrix = np.zeros((5, 4), np.float32)
    matrix[:, BLANK] = 1
    reading = decode_greedy(matrix, LETTERS)
    assert reading == Reading(text="", confidences=(), centers=())
    assert reading.confidence == 0.0


@given(st.integers(0, 2**31), st.integers(1, 12))
def test_the_text_is_the_collapsed_best_path(seed: int, steps: int) -> None:
    matrix = np.random.default_rng(seed).dirichlet(np.ones(4), steps).astype(np.float32)
    path = matrix.argmax(axis=1)
    merged = [label for n, label in enumerate(path) if n == 0 or label != path[n - 1]]
    reading = decode_greedy(matrix, LETTERS)
    assert reading.text == "".join(LETTERS[label] for label in merged if label != BLANK)
    assert len(reading.text) == len(reading.confidences) == len(reading.centers)
    assert list(reading.centers) == sorted(reading.centers)
