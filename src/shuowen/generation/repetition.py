"""Noticing that an answer says the same run of tokens over and over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shuowen.generation.params import RepetitionGuard

_NO_TOKEN = -1


@dataclass(frozen=True)
class Loop:
    """A run of tokens that repeats itself up to the last token.

    Attributes:
        start_index: Where the first run begins, from 0; the token before does not belong to it.
        period: Length of the run in tokens.
        repeats: How many whole runs there are.
    """

    start_index: int
    period: int
    repeats: int


class LoopDetector:
    """Watches the tokens of one answer for a loop.

    For every period up to the guard's longest it knows for how many tokens each one has equalled
    the one a period earlier. A token costs four NumPy operations on so many numbers, whatever the
    length of the answer.
    """

    def __init__(self, guard: RepetitionGuard) -> None:
        longest = guard.max_period
        periods = np.arange(longest, 0, -1)
        self._needed = np.array([guard.num_tokens(int(period)) for period in periods]) - periods
        self._longest = longest
        self._tokens = np.full(2 * longest + 1024, _NO_TOKEN, np.int32)
        self._num = 0
        self._equal = np.zeros(longest, np.int32)  # the last belongs to period 1

    def push(self, token_id: int) -> Loop | None:
        """Add a token; gives the loop with the shortest period that is long enough with it."""
        end = self._num + self._longest
        if end == len(self._tokens):
            self._tokens = np.concatenate([self._tokens, np.full_like(self._tokens, _NO_TOKEN)])
        self._equal += 1
        self._equal *= self._tokens[self._num : end] == token_id
        self._tokens[end] = token_id
        self._num += 1
        is_loop = self._equal >= self._needed
        return self._loop(int(np.flatnonzero(is_loop)[-1])) if is_loop.any() else None

    def truncate(self, num_tokens: int) -> None:
        """Only the first `num_tokens` stand."""
        self._num = num_tokens
        token_ids = self._tokens[self._longest : self._longest + num_tokens]
        for index in range(self._longest):
            self._equal[index] = _num_equal(token_ids, self._longest - index)

    def _loop(self, index: int) -> Loop:
        period = self._longest - index
        num_tokens = int(self._equal[index]) + period
        return Loop(self._num - num_tokens, period, num_tokens // period)


def _num_equal(token_ids: NDArray[np.int32], period: int) -> int:
    """How many of the last tokens equal the one a period earlier."""
    differs = token_ids[period:][::-1] != token_ids[:-period][::-1]
    return int(differs.argmax()) if differs.any() else len(differs)
