"""Counted arithmetic against what torch counts of a real forward and backward pass."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from shuowen.model.config import LanguageConfig, ModelConfig, VisionConfig
from shuowen.model.internvl import InternVL
from shuowen.train.flops import measured_peak, training_flops

CONFIG = ModelConfig(
    vision=VisionConfig(
        width=32, depth=2, num_heads=2, mlp_width=64, tile_side_px=56, patch_side_px=14
    ),
    language=LanguageConfig(
        width=32, num_layers=2, num_heads=4, num_kv_heads=2, head_width=8, mlp_width=64,
        vocab_size=200,
    ),
)  # fmt: skip


def test_they_are_those_of_the_matrix_products() -> None:
    model = InternVL(CONFIG)
    num_tokens, num_tiles, num_rows = 40, 3, 7
    token_ids = torch.randint(0, 200, (num_tokens,))
    visual_mask = torch.arange(num_tokens) < num_tiles * CONFIG.visual_tokens_per_tile
    with FlopCounterMode(display=False) as counter:
        logits = model(
            token_ids,
            torch.arange(num_tokens).float(),
            (num_tokens,),
            visual_mask,
            torch.randn(num_tiles, 3, 56, 56),
            rows_N=torch.arange(num_rows),
        )
        logits.sum().backward()
    ours = training_flops(CONFIG, (num_tokens,), num_tiles, num_rows)
    # Pixels need no gradient, and torch counts both halves of causal attention.
    assert ours == pytest.approx(counter.get_total_flops(), rel=0.08)


def test_a_whole_pass_is_six_operations_a_weight_and_token() -> None:
    language = CONFIG.language
    layers = language.num_layers * (32 * 64 + 32 * 32 + 3 * 32 * 64)
    one = training_flops(CONFIG, (1,) * 1000, 0, 0)
    assert one == pytest.approx(6 * layers * 1000, rel=0.02)


def test_a_peak_is_measured() -> None:
    assert measured_peak(torch.device("cpu"), torch.float32, seconds=0.01) > 1e8
