import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.evals.intervals import (
    MIN_GROUPS,
    Estimate,
    PairedEstimate,
    Part,
    estimate,
    estimate_pair,
)


def parts(*sums: tuple[float, float], groups: str = "") -> list[Part]:
    """Parts of groups named by the letters of `groups`, each of its own without."""
    names = groups or "".join(chr(ord("a") + index) for index in range(len(sums)))
    return [
        Part(group=name, numerator=above, denominator=below)
        for name, (above, below) in zip(names, sums, strict=True)
    ]


def test_a_score_is_a_sum_over_a_sum() -> None:
    found = estimate(parts((1, 10), (3, 10)))
    assert found is not None
    assert found.value == 0.2


def test_two_groups_drawn_twice_worked_out_by_hand() -> None:
    # Draws: aa (1/4), ab or ba (1/2), bb (1/4): .1, .2, .3. Both outer ones are likelier than the
    # 2.5 % that are cut off at each end.
    found = estimate(parts((1, 10), (3, 10)))
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(0.1), pytest.approx(0.3))


def test_nothing_below_is_no_score_and_one_group_no_interval() -> None:
    assert estimate([]) is None
    assert estimate(parts((0, 0), (0, 0))) is None
    assert estimate(parts((1, 4))) == Estimate(value=0.25)
    assert estimate(parts((1, 4), (2, 4), groups="aa")) == Estimate(value=0.375)


def test_variants_of_one_original_are_drawn_together() -> None:
    sums = [(1.0, 10.0)] * 8 + [(5.0, 10.0)] * 8
    apart, together = estimate(parts(*sums)), estimate(parts(*sums, groups="a" * 8 + "b" * 8))
    assert apart is not None and together is not None
    assert apart.value == together.value
    assert (together.low, together.high) == (pytest.approx(0.1), pytest.approx(0.5))
    assert apart.low is not None and apart.high is not None
    assert 0.1 < apart.low < apart.high < 0.5


def test_the_interval_is_about_that_of_the_normal_approximation() -> None:
    # 200 items right or wrong: a binomial share, whose standard error is sqrt(p (1 - p) / n).
    right = np.random.default_rng(3).random(200) < 0.3
    found = estimate(
        [Part(group=str(i), numerator=float(r), denominator=1) for i, r in enumerate(right)]
    )
    assert found is not None and found.low is not None and found.high is not None
    error = 1.96 * math.sqrt(found.value * (1 - found.value) / 200)
    assert found.low == pytest.approx(found.value - error, abs=0.015)
    assert found.high == pytest.approx(found.value + error, abs=0.015)


def test_the_same_parts_give_the_same_interval() -> None:
    sums = [(float(n % 5), 10.0) for n in range(30)]
    assert estimate(parts(*sums)) == estimate(parts(*sums))


sums = st.lists(
    st.tuples(st.integers(0, 9).map(float), st.integers(0, 9).map(float)), min_size=1, max_size=9
)


@settings(deadline=None, max_examples=40)
@given(sums)
def test_the_interval_lies_between_the_worst_and_the_best_group(
    sums: list[tuple[float, float]],
) -> None:
    found = estimate(parts(*sums))
    if found is None or found.low is None or found.high is None:
        return
    ratios = [above / below if below else math.inf for above, below in sums if above or below]
    assert min(ratios) - 1e-9 <= found.low <= found.high <= max(ratios) + 1e-9


def test_a_pair_is_drawn_alike() -> None:
    # Every group has half the errors, but groups differ: apart the intervals overlap by far.
    theirs = [(float(n), 100.0) for n in range(2, 42, 4)]
    ours = [(above / 2, below) for above, below in theirs]
    pair = estimate_pair(parts(*ours), parts(*theirs))
    assert pair is not None and pair.ratio is not None
    assert pair.ratio.value == 0.5
    assert (pair.ratio.low, pair.ratio.high) == (pytest.approx(0.5), pytest.approx(0.5))
    assert pair.is_beyond_chance
    alone, other = estimate(parts(*ours)), estimate(parts(*theirs))
    assert alone is not None and other is not None
    assert alone.high is not None and other.low is not None and alone.high > other.low


def test_a_pair_that_differs_both_ways_is_chance() -> None:
    pair = estimate_pair(parts(*[(1, 10), (3, 10)] * 4), parts(*[(3, 10), (1, 10)] * 4))
    assert pair is not None
    assert pair.difference.value == 0
    assert not pair.is_beyond_chance


def test_few_groups_show_no_difference() -> None:
    few = estimate_pair(parts(*[(1, 10)] * 5), parts(*[(9, 10)] * 5))
    enough = estimate_pair(parts(*[(1, 10)] * MIN_GROUPS), parts(*[(9, 10)] * MIN_GROUPS))
    assert few is not None and enough is not None
    assert not few.is_beyond_chance
    assert enough.is_beyond_chance
    # The sign test: all of n alike, twice 0.5 to the n.
    assert 2 * 0.5**MIN_GROUPS < 0.05 < 2 * 0.5 ** (MIN_GROUPS - 1)


def test_a_faultless_baseline_has_no_ratio() -> None:
    pair = estimate_pair(parts((1, 10), (2, 10)), parts((0, 10), (0, 10)))
    assert pair == PairedEstimate(
        difference=Estimate(value=pytest.approx(0.15), low=0.1, high=0.2), ratio=None, num_groups=2
    )


def test_a_baseline_that_is_faultless_in_some_draws_has_a_ratio_without_bound() -> None:
    pair = estimate_pair(parts((1, 10), (1, 10)), parts((0, 10), (1, 10)))
    assert pair is not None and pair.ratio is not None
    assert (pair.ratio.value, pair.ratio.high) == (2, math.inf)


def test_without_a_score_there_is_no_pair() -> None:
    assert estimate_pair(parts((0, 0)), parts((1, 1))) is None
