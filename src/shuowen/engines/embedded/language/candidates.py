"""What each time step of a matrix may be read as, before any language model is asked.

Most steps need no second thought: the recogniser is sure of them, or they belong to a character
that the picture alone decides (`protected`). They are fixed to their likeliest column; the others
keep the likeliest few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.ctc import BLANK
from shuowen.engines.embedded.language.protected import (
    is_chinese,
    may_be_chosen,
    protected,
)

Step = tuple[tuple[int, float], ...]
"""Columns and their log-probabilities, the likeliest first."""


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """The candidates of every step.

    Attributes:
        steps: What each step may be.
        decided: For each step, whether the picture alone decides it: it is part of a protected
            character, or lies between two with nothing else between.
        chinese: Whether the line is Chinese, which says what the language model may choose.
    """

    steps: list[Step]
    decided: NDArray[np.bool_]
    chinese: bool


def greedy_runs(best: NDArray[np.intp]) -> list[tuple[int, int]]:
    """The steps of each character on the likeliest path, end exclusive.

    Args:
        best: The likeliest column at each step, (steps,).
    """
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    ends = np.append(starts[1:], len(best))
    return [(int(a), int(b)) for a, b in zip(starts, ends, strict=True) if best[a] != BLANK]


def list_candidates(
    probabilities: NDArray[np.float32],
    characters: Sequence[str],
    *,
    sure: float,
    least: float,
    top_k: int,
    context: str = "",
) -> Candidates:
    """The candidates of every step.

    Args:
        probabilities: (steps, columns), column 0 the blank.
        characters: What each column stands for.
        sure: A step whose likeliest column has more than this has no other.
        least: Columns with less than this are no candidates.
        top_k: The most columns a step may have.
        context: The text before, which may make a line Chinese or end with a number.
    """
    best = probabilities.argmax(axis=1)
    peaks = probabilities[np.arange(len(best)), best]
    runs = greedy_runs(best)
    text = context + "".join(characters[best[first]] for first, _ in runs)
    decided = _decided_by_picture(runs, protected(text)[len(context) :], len(best))
    steps: list[Step] = [((int(c), float(p)),) for c, p in zip(best, _logs(peaks), strict=True)]
    allowed = _columns_to_choose(tuple(characters), is_chinese(text))
    for step in np.flatnonzero((peaks <= sure) & ~decided):
        row = probabilities[step]
        columns = np.flatnonzero(row > least)
        columns = columns[allowed[columns] | (columns == best[step])]
        columns = columns[np.argsort(-row[columns], kind="stable")][:top_k]
        steps[step] = tuple(zip(columns.tolist(), _logs(row[columns]).tolist(), strict=True))
    return Candidates(steps=steps, decided=decided, chinese=is_chinese(text))


def _logs(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.log(np.maximum(probabilities, 1e-30), dtype=np.float64)


def _decided_by_picture(
    runs: Sequence[tuple[int, int]], flags: Sequence[bool], num_steps: int
) -> NDArray[np.bool_]:
    """Which steps are part of a protected character, or lie between two with nothing else between.

    The beginning and the end of the line count as protected: nothing is put before a number there.
    """
    decided = np.zeros(num_steps, bool)
    for (first, end), is_protected in zip(runs, flags, strict=True):
        decided[first:end] = is_protected
    ends = [0, *(end for _, end in runs)]
    starts = [*(first for first, _ in runs), num_steps]
    for end, start, (before, after) in zip(
        ends, starts, pairwise([True, *flags, True]), strict=True
    ):
        if before and after:
            decided[end:start] = True
    return decided


@lru_cache(maxsize=8)
def _columns_to_choose(characters: tuple[str, ...], chinese: bool) -> NDArray[np.bool_]:
    """Which columns the language model may choose in a line, the blank among them."""
    return np.array(
        [
            column == BLANK or may_be_chosen(one, chinese=chinese)
            for column, one in enumerate(characters)
        ]
    )
