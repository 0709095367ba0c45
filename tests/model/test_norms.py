"""RMSNorm rounds as the released networks do."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from transformers.models.qwen2.modeling_qwen2 import Qwen2RMSNorm

from shuowen.model.norms import RMSNorm, make_norm


@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(1, 5),
    width=st.integers(1, 70),
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
    dtype=st.sampled_from([torch.float32, torch.bfloat16]),
)
def test_every_bit_is_that_of_transformers(
    seed: int, rows: int, width: int, scale: float, dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(seed)
    x = (torch.randn(rows, width, generator=generator) * scale).to(dtype)
    ours, theirs = RMSNorm(width, 1e-6).to(dtype), Qwen2RMSNorm(width, 1e-6).to(dtype)
    with torch.no_grad():
        ours.weight.copy_(torch.randn(width, generator=generator))
        theirs.weight.copy_(ours.weight)
        assert ours(x).equal(theirs(x))


def test_a_norm_is_chosen_by_its_name() -> None:
    assert isinstance(make_norm("rms_norm", 8, 1e-5), RMSNorm)
    layer_norm = make_norm("layer_norm", 8, 1e-5)
    assert isinstance(layer_norm, nn.LayerNorm)
    assert layer_norm.eps == 1e-5
