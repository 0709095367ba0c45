"""Filters over logits against naive ones, hand-computed cases and transformers' own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shuowen.generation import logits
from shuowen.generation.logits import Row

# Sixteenths are exact, so that references that add in another order agree, and equal logits occur.
VALUES = st.integers(-160, 160).map(lambda each: each / 16)
ROWS = st.integers(2, 700).flatmap(lambda size: arrays(np.float32, size, elements=VALUES))
HAND = np.log(np.array([0.5, 0.05, 0.3, 0.15], np.float32))


def distinct(seed: int, size: int = 300) -> Row:
    return (np.random.default_rng(seed).permutation(size) / 16).astype(np.float32)


def kept_by(processor: object, row: Row) -> set[int]:
    scores = processor(torch.zeros((1, 0), dtype=torch.long), torch.tensor(row)[None])  # type: ignore[operator]
    return set(torch.isfinite(scores[0]).nonzero().flatten().tolist())


def naive_top_p(row: Row, top_p: float) -> set[int]:
    weights = np.exp(row - row.max())
    enough, likelier, kept = top_p * float(weights.sum()), 0.0, set()
    for index in sorted(range(len(row)), key=lambda each: (-weights[each], each)):
        if likelier >= enough:
            break
        kept.add(index)
        likelier += float(weights[index])
    return kept


@given(ROWS, st.integers(1, 900))
def test_top_k_keeps_what_reaches_the_kth_likeliest(row: Row, count: int) -> None:
    kth = sorted(row, reverse=True)[min(count, len(row)) - 1]
    assert logits.top_k_ids(row, count).tolist() == [i for i in range(len(row)) if row[i] >= kth]


@given(ROWS, st.integers(1, 40))
def test_the_likeliest_come_in_order_and_by_id_among_equals(row: Row, count: int) -> None:
    expected = sorted(range(len(row)), key=lambda each: (-row[each], each))[:count]
    assert logits.likeliest(row, count).tolist() == expected


@given(ROWS, st.floats(0.01, 0.999))
def test_top_p_keeps_the_fewest_likeliest_that_reach_it(row: Row, top_p: float) -> None:
    kept = logits.top_p_ids(row, top_p)
    assert len(set(kept.tolist())) == len(kept)
    expected = naive_top_p(row, top_p)
    if set(kept.tolist()) != expected:  # only where rounding decides about one token
        weights = np.exp(row - row.max())
        assert abs(len(kept) - len(expected)) <= 1
        assert weights[list(expected)].sum() == pytest.approx(top_p * weights.sum(), rel=1e-5)


@pytest.mark.parametrize("top_p", [0.1, 0.7, 0.9, 0.99, 0.9999])
def test_top_p_of_a_flat_row_keeps_thousands(top_p: float) -> None:
    row = (3 * np.random.default_rng(0).normal(size=20_000)).astype(np.float32)
    kept = logits.top_p_ids(row, top_p)
    assert len(set(kept.tolist()) ^ naive_top_p(row, top_p)) <= max(1, len(kept) // 1000)
    assert row[kept].min() >= np.delete(row, kept).max(initial=-np.inf)


@pytest.mark.parametrize("top_p", [0.9999999, 1 - 1e-12])
def test_top_p_of_almost_one_still_keeps_the_likeliest_first(top_p: float) -> None:
    row = (9 * np.random.default_rng(1).normal(size=20_000)).astype(np.float32)
    kept = logits.top_p_ids(row, top_p)
    assert row[kept].min() >= np.delete(row, kept).max(initial=-np.inf)
    assert row.argmax() in kept


@given(ROWS, st.floats(0.001, 1))
def test_min_p_compares_with_the_likeliest(row: Row, min_p: float) -> None:
    ratio = np.exp(row.astype(np.float64) - row.max())
    kept = set(logits.min_p_ids(row, min_p).tolist())
    assert {int(i) for i in np.flatnonzero(ratio >= min_p * 1.00001)} <= kept
    assert kept <= {int(i) for i in np.flatnonzero(ratio >= min_p * 0.99999)}


def test_hand_computed_probabilities_are_filtered_as_on_paper() -> None:
    assert logits.top_k_ids(HAND, 2).tolist() == [0, 2]
    assert sorted(logits.top_p_ids(HAND, 0.5).tolist()) == [0]
    assert sorted(logits.top_p_ids(HAND, 0.79).tolist()) == [0, 2]
    assert sorted(logits.top_p_ids(HAND, 0.9).tolist()) == [0, 2, 3]
    assert logits.min_p_ids(HAND, 0.25).tolist() == [0, 2, 3]
    assert logits.min_p_ids(HAND, 0.5).tolist() == [0, 2]
    assert np.exp(HAND - logits.log_total(HAND)) == pytest.approx([0.5, 0.05, 0.3, 0.15])


@given(st.integers(0, 200), st.integers(1, 299), st.floats(0.05, 0.99), st.floats(0.01, 0.99))
def test_filters_keep_what_transformers_keeps(
    seed: int, count: int, top_p: float, min_p: float
) -> None:
    row = distinct(seed)
    assert set(logits.top_k_ids(row, count).tolist()) == kept_by(
        transformers.TopKLogitsWarper(count), row
    )
    ours, theirs = (
        set(logits.top_p_ids(row, top_p).tolist()),
        kept_by(transformers.TopPLogitsWarper(top_p), row),
    )
    assert len(ours ^ theirs) <= 1  # they add up from the other end, which rounds differently
    ours = set(logits.min_p_ids(row, min_p).tolist())
    assert len(ours ^ kept_by(transformers.MinPLogitsWarper(min_p), row)) <= 1


def test_top_p_equals_transformers_where_no_rounding_decides() -> None:
    for top_p in (0.3, 0.55, 0.85, 0.97):
        assert set(logits.top_p_ids(HAND, top_p).tolist()) == kept_by(
            transformers.TopPLogitsWarper(top_p), HAND
        )


@given(st.integers(0, 50), st.floats(0.5, 2), st.lists(st.integers(0, 299), min_size=1))
def test_the_repetition_penalty_is_that_of_transformers(
    seed: int, penalty: float, seen: list[int]
) -> None:
    row = distinct(seed) - 9
    scores = transformers.RepetitionPenaltyLogitsProcessor(penalty)(
        torch.tensor([seen]), torch.tensor(row)[None]
    )
    logits.penalise_repetition(row, np.array(sorted(set(seen))), penalty)
    assert row == pytest.approx(scores[0].numpy(), rel=1e-6)


def test_counts_are_subtracted_as_openai_says() -> None:
    row = np.zeros(4, np.float32)
    logits.penalise_counts(row, np.array([1, 2, 3]), np.array([3, 1, 0]), 0.5, 0.25)
    assert row.tolist() == [0, -1.75, -0.75, 0]


def test_a_bias_is_added_and_unknown_ids_are_skipped() -> None:
    row = np.zeros(3, np.float32)
    logits.add_bias(row, {1: 2.5, 7: 1.0, -1: 1.0})
    assert row.tolist() == [0, 2.5, 0]


@given(ROWS, st.floats(0, 1, exclude_max=True))
def test_a_draw_is_where_the_summed_probabilities_pass_the_number(row: Row, uniform: float) -> None:
    sums = np.cumsum(np.exp(row - row.max()), dtype=np.float64)
    index = logits.draw(row, uniform)
    before = sums[index - 1] if index else 0
    assert before - 1e-3 <= uniform * sums[-1] <= sums[index] + 1e-3


def test_what_cannot_come_is_never_drawn() -> None:
    row = np.full(2000, -np.inf, np.float32)
    row[[600, 1999]] = 0
    drawn = [logits.draw(row, each) for each in (0.0, 0.25, 0.4999, 0.5, 0.75, 1 - 2**-53)]
    assert drawn == [600, 600, 600, 1999, 1999, 1999]


@given(ROWS)
def test_the_log_total_makes_probabilities_add_up_to_one(row: Row) -> None:
    total = np.exp(row.astype(np.float64) - logits.log_total(row)).sum()
    assert total == pytest.approx(1, abs=1e-5)
