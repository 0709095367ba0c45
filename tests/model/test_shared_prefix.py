"""Sequences that begin alike give the same whether their beginning runs once or each time."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.errors import EngineError
from shuowen.model.attention import causal_attention
from shuowen.model.shared_prefix import SharedPrefixAttention


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 9), st.lists(st.integers(1, 6), min_size=1, max_size=4), st.booleans())
def test_equal_to_whole_sequences(num_shared: int, lengths: list[int], is_grouped: bool) -> None:
    num_groups = 2 if is_grouped else 4
    generator = torch.Generator().manual_seed(num_shared)
    num_tokens = num_shared + sum(lengths)
    q_THK, k_TGK, v_TGK = (
        torch.randn(num_tokens, heads, 8, generator=generator, dtype=torch.float64)
        for heads in (4, num_groups, num_groups)
    )
    found = SharedPrefixAttention(num_shared, lengths)(0, q_THK, k_TGK, v_TGK)
    first = num_shared
    for length in lengths:
        rows = [*range(num_shared), *range(first, first + length)]
        alone = causal_attention(q_THK[rows], k_TGK[rows], v_TGK[rows])
        torch.testing.assert_close(found[rows], alone)
        first += length


def test_nothing_to_share_is_refused() -> None:
    for num_shared, lengths in ((0, [1]), (1, []), (1, [2, 0])):
        with pytest.raises(EngineError, match="cannot be packed"):
            SharedPrefixAttention(num_shared, lengths)
