"""Which blocks of a page's truth were read in which blocks of a reading.

Source of the rules: OmniDocBench (Ouyang et al., CVPR 2025, section 4; the method quick_match of
its published evaluation as of v1.5, with its thresholds). A paragraph may have been read in several
pieces, or several together, without that being an error:

1. Neighbouring pieces that together come closer to a truth, and each stand in it, are joined.
2. Truths and pieces are assigned at least cost; a pair that shares too little is undone.
3. A truth that stands within a longer piece joins what that piece was matched with.
4. What is left on both sides is assigned at least cost, however unlike it is.

Where the pieces of two truths overlap the better run is joined, while the published code looks for
a chain of runs with the least mean cost; this is the only step that is not the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from shuowen.evals.judges.assignment import Costs, assign
from shuowen.evals.judges.likeness import likeness
from shuowen.evals.text_scores import edit_distance

SURE_COST = 0.25
"""Blocks closer than this belong together and are in no run."""
MAX_COST = 0.7
"""Blocks further apart than this are not each other."""
MAX_PIECE_COST = 0.6
"""How far a piece of a run may be from the stretch of truth that it is likest."""
MAX_PART_COST = 0.4
"""How far a truth may be from the stretch of a longer piece that it is likest."""


@dataclass(frozen=True, kw_only=True)
class Match:
    """Truths and what was read of them, as positions in the lists; `read` may be empty."""

    truths: tuple[int, ...]
    read: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class _Run:
    """Neighbouring pieces, `start` to `end` without it, joined."""

    start: int
    end: int
    cost: float


def costs_between(truths: Sequence[str], read: Sequence[str]) -> Costs:
    """Normalised edit distances, shape (truths, read), 0 to 1."""
    costs = [[1 - likeness(truth, piece) for piece in read] for truth in truths]
    return np.array(costs, np.float64).reshape(len(truths), len(read))


def match_blocks(truths: Sequence[str], read: Sequence[str]) -> list[Match]:
    """Every truth in exactly one match; pieces that match nothing are in none.

    Args:
        truths: Normalised, none empty, in reading order.
        read: Normalised, none empty, in the order of the reading.
    """
    pieces = _joined(truths, read)
    texts = [" ".join(read[index] for index in piece) for piece in pieces]
    costs = costs_between(truths, texts)
    found = {
        pieces[column]: [row] for row, column in assign(costs) if costs[row, column] <= MAX_COST
    }
    _add_parts(found, truths, read)
    _add_leftovers(found, truths, read)
    matched = {truth for rows in found.values() for truth in rows}
    matches = [Match(truths=tuple(sorted(rows)), read=piece) for piece, rows in found.items()]
    missed = [Match(truths=(row,), read=()) for row in range(len(truths)) if row not in matched]
    return sorted((*matches, *missed), key=lambda match: match.truths)


def _joined(truths: Sequence[str], read: Sequence[str]) -> list[tuple[int, ...]]:
    """Positions of pieces, those of a run together."""
    costs = costs_between(truths, read)
    is_sure = costs < SURE_COST
    is_free = [not column.any() for column in is_sure.T]
    unsure = [truth for row, truth in enumerate(truths) if not is_sure[row].any()]
    runs = [run for truth in unsure if (run := _best_run(truth, read, is_free))]
    taken: dict[int, _Run] = {}
    for run in sorted(runs, key=lambda run: run.cost):
        if not any(index in taken for index in range(run.start, run.end)):
            taken.update(dict.fromkeys(range(run.start, run.end), run))
    starts = {index: taken.get(index) for index in range(len(read))}
    return [
        tuple(range(run.start, run.end)) if run else (index,)
        for index, run in starts.items()
        if run is None or run.start == index
    ]


def _best_run(truth: str, read: Sequence[str], is_free: Sequence[bool]) -> _Run | None:
    """The run of free pieces that is closest to `truth`; None when no piece is free."""
    runs = [_run_from(start, truth, read, is_free) for start in range(len(read)) if is_free[start]]
    return min(runs, key=lambda run: run.cost, default=None)


def _run_from(start: int, truth: str, read: Sequence[str], is_free: Sequence[bool]) -> _Run:
    joined, end = read[start], start + 1
    cost = 1 - likeness(truth, joined)
    first_fits = window_cost(joined, truth, MAX_PIECE_COST) <= MAX_PIECE_COST
    while first_fits and end < len(read) and is_free[end] and len(joined) <= len(truth):
        longer = f"{joined} {read[end]}"
        longer_cost = 1 - likeness(truth, longer)
        if longer_cost > cost or window_cost(read[end], truth, MAX_PIECE_COST) >= MAX_PIECE_COST:
            break
        joined, cost, end = longer, longer_cost, end + 1
    return _Run(start=start, end=end, cost=cost)


@lru_cache(maxsize=1 << 16)  # a reading that repeats itself asks the same again and again
def window_cost(part: str, whole: str, limit: float) -> float:
    """The least distance of `part` to a stretch of `whole` of its length, by that length.

    1 when `part` is the longer one, or when no stretch can come below `limit`.
    """
    length = len(part)
    if not 0 < length <= len(whole):
        return 1.0
    if (Counter(part) & Counter(whole)).total() < (1 - limit) * length:
        return 1.0
    windows = (whole[start : start + length] for start in range(len(whole) - length + 1))
    return min(edit_distance(window, part) for window in windows) / length


def _add_parts(
    found: dict[tuple[int, ...], list[int]], truths: Sequence[str], read: Sequence[str]
) -> None:
    matched = {truth for rows in found.values() for truth in rows}
    for row in (row for row in range(len(truths)) if row not in matched):
        for index, piece in enumerate(read):
            if window_cost(truths[row], piece, MAX_PART_COST) < MAX_PART_COST:
                found.setdefault(_piece_with(index, found), []).append(row)
                break


def _piece_with(index: int, found: dict[tuple[int, ...], list[int]]) -> tuple[int, ...]:
    return next((piece for piece in found if index in piece), (index,))


def _add_leftovers(
    found: dict[tuple[int, ...], list[int]], truths: Sequence[str], read: Sequence[str]
) -> None:
    rows = list(_left(range(len(truths)), {row for rows in found.values() for row in rows}))
    columns = list(_left(range(len(read)), {index for piece in found for index in piece}))
    costs = costs_between([truths[row] for row in rows], [read[column] for column in columns])
    for row, column in assign(costs):
        found[(columns[column],)] = [rows[row]]


def _left(indices: range, used: set[int]) -> Iterator[int]:
    return (index for index in indices if index not in used)
