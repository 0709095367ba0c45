"""Packed attention against a softmax written out in float64."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from shuowen.errors import EngineError
from shuowen.model.attention import PackedAttention, causal_attention


def written_out(q: Tensor, k: Tensor, v: Tensor, lengths: list[int]) -> Tensor:
    """(T, H, K): each token sees those of its own sequence that do not come after it."""
    share = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(share, dim=1), v.repeat_interleave(share, dim=1)
    owner = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    sees = (owner[:, None] == owner[None]) & torch.ones(len(owner), len(owner)).tril().bool()
    scores = torch.einsum("thk,shk->hts", q, k) / q.shape[-1] ** 0.5
    weights = scores.masked_fill(~sees, -torch.inf).softmax(-1)
    return torch.einsum("hts,shk->thk", weights, v)


@given(
    lengths=st.lists(st.integers(1, 7), min_size=1, max_size=4),
    heads=st.sampled_from([(1, 1), (4, 4), (6, 2), (7, 1)]),
    seed=st.integers(0, 1000),
)
def test_each_token_mixes_what_came_before_in_its_sequence(
    lengths: list[int], heads: tuple[int, int], seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    q, k, v = (
        torch.randn(sum(lengths), heads_here, 8, generator=generator)
        for heads_here in (heads[0], heads[1], heads[1])
    )
    out = PackedAttention(lengths)(0, q, k, v)
    assert torch.allclose(
        out.double(), written_out(q.double(), k.double(), v.double(), lengths), atol=1e-5
    )


@pytest.mark.parametrize("lengths", [(), (0,), (3, 0)])
def test_empty_sequences_are_refused(lengths: tuple[int, ...]) -> None:
    with pytest.raises(EngineError, match="cannot be packed"):
        PackedAttention(lengths)


@given(lengths=st.lists(st.integers(1, 40), min_size=2, max_size=12), seed=st.integers(0, 1000))
def test_groups_of_sequences_give_the_gradients_of_each_alone(
    lengths: list[int], seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    total = sum(lengths)
    q, k, v = (torch.randn(total, heads, 8, generator=generator) for heads in (4, 2, 2))
    weights = torch.randn(total, 4, 8, generator=generator)
    grouped, alone = [], []
    for gradients, mixes in (
        (grouped, PackedAttention(lengths)),
        (alone, lambda _, *qkv: one_by_one(*qkv, lengths)),
    ):
        inputs = [x.clone().requires_grad_() for x in (q, k, v)]
        (mixes(0, *inputs) * weights).sum().backward()
        gradients += [x.grad for x in inputs]
    for left, right in zip(grouped, alone, strict=True):
        assert torch.allclose(left, right, atol=2e-5)


def one_by_one(q: Tensor, k: Tensor, v: Tensor, lengths: list[int]) -> Tensor:
    parts = zip(*(x.split(lengths) for x in (q, k, v)), strict=True)
    return torch.cat([causal_attention(*part) for part in parts])


def test_in_bfloat16_training_is_as_near_as_the_type_allows() -> None:
    generator = torch.Generator().manual_seed(0)
    lengths = [30, 5, 28, 9, 31]
    q, k, v = (torch.randn(103, heads, 8, generator=generator).bfloat16() for heads in (4, 2, 2))
    expected = written_out(q.double(), k.double(), v.double(), lengths)
    trained = PackedAttention(lengths)(0, q.requires_grad_(), k.requires_grad_(), v)
    assert trained.dtype == torch.bfloat16
    assert torch.allclose(trained.double(), expected, atol=0.03)


def test_queries_in_float32_take_the_type_of_the_values() -> None:
    q, k, v = torch.randn(5, 4, 8), torch.randn(5, 2, 8), torch.randn(5, 2, 8).bfloat16()
    assert PackedAttention([2, 3])(0, q, k, v).dtype == torch.bfloat16
