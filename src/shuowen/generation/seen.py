"""Which tokens an answer has had so far; kept up to date at each token, not searched again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shuowen.generation.logits import Ids


class SeenTokens:
    """The distinct tokens of a prompt and of the answer to it, and how often the answer has each.

    Args:
        prompt_ids: Seen from the beginning, with a count of 0.
    """

    def __init__(self, prompt_ids: Sequence[int]) -> None:
        self._prompt_ids = tuple(dict.fromkeys(map(int, prompt_ids)))
        self._slots: dict[int, int] = {}
        self._ids = np.zeros(64, np.intp)
        self._counts = np.zeros(64, np.int64)
        self.rebuild(())

    def add(self, token_id: int) -> None:
        """Count one more token of the answer."""
        slot = self._slots.get(token_id)
        if slot is None:
            slot = self._new_slot(token_id)
        self._counts[slot] += 1

    def rebuild(self, token_ids: Sequence[int]) -> None:
        """Forget the answer and count `token_ids` in its place."""
        self._slots.clear()
        self._counts[:] = 0
        for token_id in self._prompt_ids:
            self._new_slot(token_id)
        for token_id in token_ids:
            self.add(token_id)

    @property
    def ids(self) -> Ids:
        """The distinct tokens, in the order in which they were first seen."""
        return self._ids[: len(self._slots)]

    @property
    def counts(self) -> NDArray[np.int64]:
        """How often each of `ids` stands in the answer; 0 for one of the prompt alone."""
        return self._counts[: len(self._slots)]

    def _new_slot(self, token_id: int) -> int:
        slot = len(self._slots)
        if slot == len(self._ids):
            self._ids = np.concatenate([self._ids, np.zeros_like(self._ids)])
            self._counts = np.concatenate([self._counts, np.zeros_like(self._counts)])
        self._slots[token_id] = slot
        self._ids[slot] = token_id
        return slot


class SeenRuns:
    """All runs of `length` tokens of an answer, for forbidding that one comes twice."""

    def __init__(self, length: int) -> None:
        self._num_before = length - 1
        self._last: tuple[int, ...] = ()
        self._next: defaultdict[tuple[int, ...], set[int]] = defaultdict(set)

    def add(self, token_id: int) -> None:
        """Go on by one token."""
        if len(self._last) == self._num_before:
            self._next[self._last].add(token_id)
        if self._num_before:
            self._last = (*self._last, token_id)[-self._num_before :]

    def rebuild(self, token_ids: Sequence[int]) -> None:
        """Forget the answer and take `token_ids` in its place."""
        self._last = ()
        self._next.clear()
        for token_id in token_ids:
            self.add(token_id)

    @property
    def completing(self) -> frozenset[int]:
        """The tokens that would make a run come a second time."""
        return frozenset(self._next.get(self._last, ()))
