"""Where on a matrix of character probabilities the characters of a given string stand.

Connectionist temporal classification (Graves et al. 2006): a path through the matrix names a column
a time step; merging repeats and dropping blanks makes it a string.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.ctc import BLANK

LEAST = 1e-30
"""Probabilities below this count as this, so that every logarithm is finite."""

Matrix = NDArray[np.floating]
Floats = NDArray[np.float64]


def align(probabilities: Matrix, columns: Sequence[int]) -> list[tuple[int, int]]:
    """The steps of each character on a string's likeliest path, end exclusive.

    The Viterbi algorithm over the states of Graves et al. 2006, section 4.1: blanks and characters
    in turn.

    Raises:
        ValueError: The string does not fit into so few steps.
    """
    emitted, may_skip = _trellis(probabilities, columns)
    num_steps, num_states = emitted.shape
    state = np.full(num_states, -np.inf)
    state[:2] = emitted[0, :2]
    moves = np.zeros((num_steps, num_states), np.int8)
    stay = np.empty((3, num_states))
    for step in range(1, num_steps):
        _arrivals(state, may_skip, stay)
        moves[step] = stay.argmax(axis=0)
        state = stay.max(axis=0) + emitted[step]
    if not np.isfinite(state[-2:]).any():
        raise ValueError(f"{len(columns)} characters do not fit into {num_steps} steps")
    return _spans(moves, num_states - 1 - int(num_states > 1 and state[-2] > state[-1]))


def _trellis(probabilities: Matrix, columns: Sequence[int]) -> tuple[Floats, NDArray[np.bool_]]:
    """Log-probabilities of the states, (steps, 2 n + 1): blanks and characters in turn; and which
    states a path may enter from two before: characters that differ from the one before."""
    states = np.full(2 * len(columns) + 1, BLANK)
    states[1::2] = columns
    emitted = _logs(probabilities[:, states])
    may_skip = np.zeros(len(states), bool)
    may_skip[3::2] = states[3::2] != states[1:-2:2]
    return emitted, may_skip


def _logs(probabilities: Matrix) -> Floats:
    return np.log(np.maximum(probabilities, LEAST), dtype=np.float64)


def _arrivals(state: Floats, may_skip: NDArray[np.bool_], out: Floats) -> None:
    """Into `out`, (3, states): the score of each state's way in by 0, 1 or 2 states."""
    out[0] = state
    out[1, 0] = -np.inf
    out[1, 1:] = state[:-1]
    out[2, :2] = -np.inf
    out[2, 2:] = np.where(may_skip[2:], state[:-2], -np.inf)


def _spans(moves: NDArray[np.int8], last: int) -> list[tuple[int, int]]:
    path = [last]
    for step in range(len(moves) - 1, 0, -1):
        path.append(path[-1] - int(moves[step, path[-1]]))
    states = np.array(path[::-1])
    return [
        (int(steps[0]), int(steps[-1]) + 1)
        for character in range(1, moves.shape[1], 2)
        for steps in (np.flatnonzero(states == character),)
    ]
