"""An order that needs no list."""

from __future__ import annotations

import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shuowen.train.permutation import Permutation


@given(st.integers(1, 600), st.integers(0, 2**40), st.integers(0, 50))
def test_every_number_comes_once(size: int, seed: int, epoch: int) -> None:
    order = Permutation(size, seed, epoch)
    assert sorted(map(order, range(size))) == list(range(size))


def test_other_keys_give_other_orders() -> None:
    orders = [[*map(Permutation(100, *key), range(100))] for key in ((1, 2), (1, 3), (2, 2))]
    for mine, other in ((0, 1), (0, 2), (1, 2)):
        assert sum(a == b for a, b in zip(orders[mine], orders[other], strict=True)) < 10
    assert orders[0] == [*map(Permutation(100, 1, 2), range(100))]


def test_a_large_range_costs_nothing_and_is_well_mixed() -> None:
    start = time.perf_counter()
    order = Permutation(2**31 + 11, 5)
    drawn = [order(place) for place in range(4000)]
    assert time.perf_counter() - start < 2
    assert len(set(drawn)) == 4000
    assert max(drawn) < 2**31 + 11
    counts, _ = np.histogram(drawn, bins=16, range=(0, 2**31))
    assert (abs(counts - 250) < 80).all()  # five standard deviations
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.08


def test_each_of_few_comes_first_about_equally_often() -> None:
    counts = np.bincount([Permutation(5, seed)(0) for seed in range(2000)], minlength=5)
    assert (abs(counts - 400) < 100).all()
