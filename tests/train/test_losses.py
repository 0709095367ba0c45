"""Losses against loops over examples, and their gradients against finite differences."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from shuowen.errors import UsageError
from shuowen.train.losses import (
    sequence_log_probs,
    target_weights,
    weighted_cross_entropy,
)

LENGTHS = st.lists(st.integers(0, 7), min_size=1, max_size=5)


def made(num_targets: list[int], seed: int, num_words: int = 11) -> tuple[Tensor, Tensor, Tensor]:
    """Logits, targets and whose they are."""
    random = torch.Generator().manual_seed(seed)
    total = sum(num_targets)
    logits = 3 * torch.randn(total, num_words, generator=random, dtype=torch.float64)
    ids = torch.randint(num_words, (total,), generator=random)
    owner = torch.repeat_interleave(torch.arange(len(num_targets)), torch.tensor(num_targets))
    return logits, ids, owner


def log_prob(logits: Tensor, target: Tensor) -> float:
    return float(logits[target]) - math.log(sum(math.exp(float(x)) for x in logits))


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [
        ("token", (1.0, 1.0, 0.0)),
        ("sample", (0.25, 1 / 9, 0.0)),
        ("square", (0.5, 1 / 3, 0.0)),
    ],
)
def test_weights_by_hand(reduction: str, expected: tuple[float, ...]) -> None:
    assert target_weights([4, 9, 0], reduction) == pytest.approx(expected)  # type: ignore[arg-type]


def test_unknown_reduction_is_refused() -> None:
    with pytest.raises(UsageError, match="'mean'"):
        target_weights([1], "mean")  # type: ignore[arg-type]


@given(
    num_targets=LENGTHS,
    reduction=st.sampled_from(["token", "sample", "square"]),
    seed=st.integers(0, 99),
)
def test_weighted_loss_equals_a_loop_over_examples(
    num_targets: list[int], reduction: str, seed: int
) -> None:
    logits, ids, owner = made(num_targets, seed)
    weights = target_weights(num_targets, reduction)  # type: ignore[arg-type]
    total, weight_sum = weighted_cross_entropy(logits, ids, torch.tensor(weights)[owner])
    expected = expected_weights = 0.0
    for example, (count, weight) in enumerate(zip(num_targets, weights, strict=True)):
        rows = (owner == example).nonzero().flatten()
        assert len(rows) == count
        expected += sum(-weight * log_prob(logits[row], ids[row]) for row in rows)
        expected_weights += weight * count
    assert float(total) == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert float(weight_sum) == pytest.approx(expected_weights, rel=1e-6)


@given(num_targets=LENGTHS, seed=st.integers(0, 99))
def test_sequence_log_probs_equal_a_loop(num_targets: list[int], seed: int) -> None:
    logits, ids, owner = made(num_targets, seed)
    found = sequence_log_probs(logits, ids, owner, len(num_targets))
    assert found.dtype == torch.float32
    for example in range(len(num_targets)):
        rows = (owner == example).nonzero().flatten()
        expected = sum(log_prob(logits[row], ids[row]) for row in rows)
        assert float(found[example]) == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_the_gradient_is_that_of_softmax() -> None:
    logits, ids, owner = made([3, 2], seed=5)
    logits.requires_grad_()
    weights = torch.tensor([0.5, 2.0])[owner]
    weighted_cross_entropy(logits, ids, weights)[0].backward()
    chosen = torch.nn.functional.one_hot(ids, logits.shape[1])
    expected = weights[:, None] * (logits.detach().softmax(dim=-1) - chosen)
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, expected, atol=1e-6, rtol=1e-5)


def test_gradients_equal_finite_differences() -> None:
    logits, ids, owner = made([2, 3], seed=1)
    logits.requires_grad_()
    coefficients = torch.tensor([1.0, -2.0])

    def value(x: Tensor) -> Tensor:
        return (coefficients * sequence_log_probs(x, ids, owner, 2)).sum()

    value(logits).backward()
    assert logits.grad is not None
    for row, column in ((0, 0), (1, 4), (4, 10)):
        step = torch.zeros_like(logits)
        step[row, column] = 0.05
        slope = (value(logits.detach() + step) - value(logits.detach() - step)) / 0.1
        assert float(slope) == pytest.approx(float(logits.grad[row, column]), abs=2e-3)


def test_no_targets_give_zero_with_a_gradient_of_zero() -> None:
    logits = torch.zeros(0, 5, requires_grad=True)
    total, weight_sum = weighted_cross_entropy(
        logits, torch.zeros(0, dtype=torch.int64), torch.zeros(0)
    )
    total.backward()
    assert (float(total.detach()), float(weight_sum)) == (0.0, 0.0)
    assert logits.grad is not None


def test_the_softmax_of_half_precision_is_taken_in_float32() -> None:
    logits, ids, owner = made([4], seed=3)
    half = logits.to(torch.bfloat16)
    found, _ = weighted_cross_entropy(half, ids, torch.ones(4))
    expected, _ = weighted_cross_entropy(half.double(), ids, torch.ones(4))
    assert found.dtype == torch.float32
    assert float(found) == pytest.approx(float(expected), rel=1e-6)
    assert sequence_log_probs(half, ids, owner, 1).dtype == torch.float32
