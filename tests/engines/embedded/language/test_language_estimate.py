"""Counting, discounting and pruning, by hand and against definitions."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.language_estimate import BREAK, count, discounts, estimate, prune
from tests.engines.embedded.language.small_model import levels, packed


def test_counting_stops_at_breaks_and_weighs() -> None:
    symbols = np.array([1, 2, BREAK, 1, 2, 3, BREAK], np.uint16)
    weights = np.array([1, 1, 1, 4, 4, 4, 4])
    keys, counts = count(symbols, weights, 2, bits=16)
    assert keys.tolist() == [(1 << 16) | 2, (2 << 16) | 3]
    assert counts.tolist() == [5, 4]


def test_discounts_are_those_of_chen_and_goodman() -> None:
    counts = np.repeat([1.0, 2.0, 3.0, 4.0, 9.0], [60, 20, 10, 6, 4])
    y = 60 / (60 + 2 * 20)
    expected = (1 - 2 * y * 20 / 60, 2 - 3 * y * 10 / 20, 3 - 4 * y * 6 / 10)
    assert discounts(counts) == pytest.approx(expected)


def test_every_context_is_a_distribution_before_rounding() -> None:
    model = levels()
    for level, below in zip(model[1:], model, strict=False):
        parents = np.searchsorted(below.keys, level.parents)
        seen = np.bincount(parents, weights=level.probabilities)
        assert np.all(seen <= 1 + 1e-9)


def test_pruning_keeps_the_beginnings_of_what_it_keeps() -> None:
    model = prune(levels(), (12, 9))
    for level, below in zip(model[1:], model, strict=False):
        assert np.isin(level.parents, below.keys).all()
    assert len(model[2].keys) == 9
    assert len(model[1].keys) >= len(np.unique(model[2].parents))


def test_pruning_nothing_changes_no_probability() -> None:
    whole, pruned = levels(), prune(levels(), (10_000, 10_000))
    for one, other in zip(whole, pruned, strict=True):
        kept = np.isin(one.keys, other.keys)
        assert one.probabilities[kept] == pytest.approx(other.probabilities)


def test_the_same_text_gives_the_same_bytes() -> None:
    assert packed(prune(levels(), (20, 8))) == packed(prune(levels(), (20, 8)))


def test_symbols_that_do_not_fit_into_a_key_are_refused() -> None:
    with pytest.raises(ValueError, match="too many"):
        estimate(np.array([1], np.uint16), np.array([1]), num_symbols=300, num_unknown=1, order=8)
