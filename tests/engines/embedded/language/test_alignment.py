"""A string stands where the likeliest of all its paths has it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shuowen.engines.embedded.ctc import BLANK
from shuowen.engines.embedded.language.alignment import align

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
def test_the_alignment_is_the_likeliest_path(seed: int, steps: int) -> None:
    matrix = random_matrix(seed, steps)
    for columns, probabilities in enumerated(matrix).items():
        path = np.full(steps, BLANK)
        for (first, end), column in zip(align(matrix, columns), columns, strict=True):
            path[first:end] = column
        assert collapsed(tuple(path)) == columns
        got = math.prod(float(row[label]) for row, label in zip(matrix, path, strict=True))
        assert got == pytest.approx(max(probabilities), rel=1e-5)


def test_a_string_too_long_for_the_steps() -> None:
    matrix = random_matrix(1, 2)
    with pytest.raises(ValueError, match="do not fit"):
        align(matrix, [1, 1])


def test_the_empty_string_is_all_blanks() -> None:
    assert align(random_matrix(3, 4), []) == []
