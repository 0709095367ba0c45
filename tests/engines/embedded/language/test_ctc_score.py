"""Scores of given strings equal the enumeration of all paths."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shuowen.engines.embedded.ctc import BLANK, decode_greedy
from shuowen.engines.embedded.language.ctc_score import align, log_likelihood, support

COLUMNS = 3


def random_matrix(seed: int, steps: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).dirichlet(np.ones(COLUMNS), steps).astype(np.float32)


def collapsed(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(label for label, _ in itertools.groupby(path) if label != BLANK)


def enumerated(matrix: NDArray[np.float32]) -> dict[tuple[int, ...], list[float]]:
    """For every string the probabilities of all its paths."""
    found: dict[tuple[int, ...], list[float]] = {}
    for path in itertools.product(range(matrix.shape[1]), repeat=len(matrix)):
        probability = math.prod(float(row[label]) for row, label in zip(matrix, path, strict=True))
        found.setdefault(collapsed(path), []).append(probability)
    return found


@given(st.integers(0, 2**31), st.integers(1, 5))
def test_the_likelihood_is_the_sum_over_all_paths(seed: int, steps: int) -> None:
    matrix = random_matrix(seed, steps)
    for columns, probabilities in enumerated(matrix).items():
        expected = math.log(math.fsum(probabilities))
        assert log_likelihood(matrix, columns) == pytest.approx(expected, abs=1e-5)


@given(st.integers(0, 2**31), st.integers(1, 5))
def test_the_alignment_is_the_likeliest_path(seed: int, steps: int) -> None:
    matrix = random_matrix(seed, steps)
    for columns, probabilities in enumerated(matrix).items():
        path = np.full(steps, BLANK)
        for (first, end), column in zip(align(matrix, columns), columns, strict=True):
            path[first:end] = column
        assert collapsed(tuple(path)) == columns
        got = math.prod(float(row[label]) for row, label in zip(matrix, path, strict=True))
        assert got == pytest.approx(max(probabilities), rel=1e-5)


@given(st.integers(0, 2**31), st.integers(1, 6))
def test_the_best_paths_text_loses_nothing(seed: int, steps: int) -> None:
    matrix = random_matrix(seed, steps)
    text = decode_greedy(matrix, ("", "1", "2")).text
    lost = support(matrix, [int(one) for one in text])
    assert sum(lost.characters) + sum(lost.gaps) == pytest.approx(0, abs=1e-6)
    assert len(lost.gaps) == len(lost.characters) + 1


def test_losses_stand_where_the_string_is_wrong() -> None:
    matrix = np.full((6, COLUMNS), 0.05, np.float32)
    matrix[np.arange(6), [1, 1, 0, 2, 2, 0]] = 0.9
    wrong = support(matrix, [1, 1])
    assert wrong.characters[0] == pytest.approx(0)
    assert wrong.characters[1] + sum(wrong.gaps) == pytest.approx(2 * math.log(0.9 / 0.05))
    missing = support(matrix, [1])
    assert missing.characters == pytest.approx((0,))
    assert missing.gaps == pytest.approx((0, 2 * math.log(0.9 / 0.05)))


def test_a_string_too_long_for_the_steps() -> None:
    matrix = random_matrix(1, 2)
    assert log_likelihood(matrix, [1, 1]) == -math.inf
    with pytest.raises(ValueError, match="do not fit"):
        align(matrix, [1, 1])


def test_the_empty_string_is_all_blanks() -> None:
    matrix = random_matrix(3, 4)
    expected = float(np.log(matrix[:, BLANK].astype(float)).sum())
    assert log_likelihood(matrix, []) == pytest.approx(expected, abs=1e-5)
    assert align(matrix, []) == []
