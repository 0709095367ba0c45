"""Weighted critics choose one candidate and say why."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.generation.best_of_n import best_of


class Length:
    """Longer is better."""

    name = "length"

    def scores(self, candidates: Sequence[str]) -> list[float]:
        return [float(len(text)) for text in candidates]


class Fixed:
    """Gives what it was told to give, and counts how often it was asked."""

    def __init__(self, name: str, *scores: float) -> None:
        self.name = name
        self._scores = scores
        self.num_asked = 0

    def scores(self, candidates: Sequence[str]) -> Sequence[float]:
        self.num_asked += 1
        return self._scores


def test_the_weighted_sum_decides() -> None:
    critics = [Fixed("picture", -1.0, -2.0, -3.0), Fixed("language", -9.0, -4.0, -5.0)]
    selection = best_of("abc", critics, {"picture": 2.0, "language": 0.5})
    assert selection.totals == (-6.5, -6.0, -8.5)
    assert (selection.winner, selection.runner_up) == (1, 0)
    assert selection.margin == 0.5
    assert selection.scores["language"] == (-9.0, -4.0, -5.0)
    assert selection.reason == "picture -2, language +2.5"


def test_the_first_of_equals_stands() -> None:
    selection = best_of(["same", "size"], [Length()], {"length": 1.0})
    assert (selection.winner, selection.runner_up, selection.margin) == (0, 1, 0.0)
    assert selection.reason == "first among equals"


def test_one_candidate_needs_no_reason() -> None:
    selection = best_of(["alone"], [Length()], {"length": 1.0})
    assert (selection.winner, selection.runner_up) == (0, None)
    assert selection.margin == inf
    assert selection.reason == "the only candidate"


def test_a_critic_without_weight_is_not_asked() -> None:
    silent = Fixed("silent", nan, nan)
    assert best_of(["a", "bb"], [silent, Length()], {"silent": 0.0, "length": 1.0}).winner == 1
    assert silent.num_asked == 0


def test_minus_infinity_rules_a_candidate_out() -> None:
    critics = [Fixed("veto", -inf, 0.0, -inf), Length()]
    selection = best_of(["the longest", "b", "c"], critics, {"veto": 1.0, "length": 1.0})
    assert (selection.winner, selection.runner_up, selection.margin) == (1, 0, inf)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to choose"):
        best_of([], [Length()], {"length": 1.0})
    with pytest.raises(ValueError, match="1 scores for 2 candidates"):
        best_of(["a", "b"], [Fixed("short", 1.0)], {"short": 1.0})
    with pytest.raises(ValueError, match="not a number"):
        best_of(["a", "b"], [Fixed("broken", 1.0, nan)], {"broken": 1.0})
    with pytest.raises(KeyError):
        best_of(["a", "b"], [Length()], {})


TABLES = st.lists(st.tuples(*[st.integers(-50, 50)] * 3), min_size=1, max_size=8)


class Columns:
    """A critic for candidates that are rows of numbers: their column's number."""

    def __init__(self, column: int) -> None:
        self.name = str(column)
        self._column = column

    def scores(self, candidates: Sequence[tuple[int, ...]]) -> list[float]:
        return [float(row[self._column]) for row in candidates]


CRITICS = [Columns(0), Columns(1), Columns(2)]
WEIGHTS = {"0": 1.0, "1": 2.0, "2": 0.5}


@given(TABLES, st.randoms())
def test_the_order_of_the_candidates_decides_only_between_equals(
    rows: list[tuple[int, int, int]], random: Random
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    first, second = best_of(rows, CRITICS, WEIGHTS), best_of(shuffled, CRITICS, WEIGHTS)
    assert first.totals[first.winner] == second.totals[second.winner]
    assert first.margin == second.margin


@given(TABLES, st.integers(0, 20), st.integers(0, 7))
def test_a_candidate_that_is_nowhere_better_changes_nothing(
    rows: list[tuple[int, int, int]], worse_by: int, index: int
) -> None:
    model = rows[index % len(rows)]
    dominated = (model[0] - worse_by, model[1], model[2] - worse_by)
    before = best_of(rows, CRITICS, WEIGHTS)
    assert best_of([*rows, dominated], CRITICS, WEIGHTS).winner == before.winner


@given(TABLES, st.sampled_from([0.25, 2.0, 8.0]), st.integers(-40, 40))
def test_only_differences_and_the_ratio_of_weights_count(
    rows: list[tuple[int, int, int]], factor: float, shift: int
) -> None:
    scaled = {name: weight * factor for name, weight in WEIGHTS.items()}
    shifted = [(row[0] + shift, *row[1:]) for row in rows]
    before, after = best_of(rows, CRITICS, WEIGHTS), best_of(shifted, CRITICS, scaled)
    assert (after.winner, after.runner_up) == (before.winner, before.runner_up)
    assert after.margin == before.margin * factor
