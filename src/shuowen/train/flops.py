"""How much arithmetic a training step is, and how much this machine can do.

Counted: matrix products and attention, forward and twice that backward (Kaplan et al. 2020 §2.1);
what recomputing activations adds is not counted, so that the share says how fast training is.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch

from shuowen.model.config import LanguageConfig, ModelConfig, VisionConfig

_PASSES = 3  # forward, and backward to the inputs and to the weights; pixels need no gradient


def training_flops(
    config: ModelConfig, lengths: Sequence[int], num_tiles: int, num_targets: int
) -> float:
    """Floating-point operations of one training pass (a multiplication and an addition are two).

    Args:
        config: Sizes.
        lengths: Tokens of each sequence.
        num_tiles: Tiles of all sequences.
        num_targets: Tokens whose logits are computed.
    """
    language = config.language
    num_tokens = sum(lengths)
    tile = _vision_tile(config.vision) + _projector_tile(config)
    head = 2 * language.width * language.vocab_size * num_targets
    layers = num_tokens * _layer_token(language) * language.num_layers
    pairs = sum(length * (length + 1) // 2 for length in lengths)
    attention = 4 * language.num_heads * language.head_width * pairs * language.num_layers
    rest = _PASSES * (num_tiles * tile + layers + attention + head)
    return float(rest + (_PASSES - 1) * num_tiles * _patches(config.vision))


def _layer_token(config: LanguageConfig) -> int:
    out = config.num_heads * config.head_width * config.width
    return 2 * (config.width * config.qkv_width + out + 3 * config.width * config.mlp_width)


def _vision_tile(config: VisionConfig) -> int:
    tokens, width = config.num_positions, config.width
    linear = 2 * tokens * (4 * width * width + 2 * width * config.mlp_width)
    return config.depth * (linear + 4 * tokens * tokens * width)


def _patches(config: VisionConfig) -> int:
    return 2 * (config.num_positions - 1) * 3 * config.patch_side_px**2 * config.width


def _projector_tile(config: ModelConfig) -> int:
    width = config.language.width
    return 2 * config.visual_tokens_per_tile * (config.projector_width_in * width + width * width)


def measured_peak(device: torch.device, dtype: torch.dtype, seconds: float = 0.3) -> float:
    """Operations a second of one large matrix product, the best of what fits into the time."""
    side = 4096 if device.type == "cuda" else 1024
    a, b = (torch.ones(side, side, dtype=dtype, device=device) for _ in range(2))
    best, end = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        started = time.perf_counter()
        torch.matmul(a, b)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = max(best, 2 * side**3 / (time.perf_counter() - started))
    return best
