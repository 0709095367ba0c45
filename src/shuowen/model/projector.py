"""Features of patches to visual tokens: pixel unshuffle and a small MLP.

InternVL3 (arXiv 2504.10479) §2.1; the order of channels is that of the released `ps_version` v2.

Shapes: M tiles, P patches of a tile, C vision width, S visual tokens of a tile (P / 4), B channels
of a block of patches (4 C), D language width.
"""

from __future__ import annotations

from math import isqrt

import torch.nn.functional as F
from torch import Tensor, nn

from shuowen.errors import EngineError
from shuowen.model.config import ModelConfig


def pixel_unshuffle(features_MPC: Tensor, block_side: int) -> Tensor:
    """Join every square block of patches to one token.

    ::

        patches 0  1  2  3        tokens  A  B        A = channels of 0, 1, 4, 5, in this order
                4  5  6  7                C  D        B = channels of 2, 3, 6, 7
                8  9 10 11
               12 13 14 15

    Args:
        features_MPC: (M, P, C), the patches of a square tile row by row.
        block_side: Patches down and across a block: 2.

    Returns:
        (M, P / block_side², C · block_side²), the blocks row by row.

    Raises:
        EngineError: The patches do not make a square of whole blocks.
    """
    num_tiles, num_patches, width = features_MPC.shape
    side = isqrt(num_patches)
    if side * side != num_patches or side % block_side:
        raise EngineError(
            f"{num_patches} patches do not make a square of {block_side} by {block_side} blocks.",
            "Give square tiles of the model's size.",
        )
    blocks = side // block_side
    features = features_MPC.reshape(num_tiles, blocks, block_side, blocks, block_side, width)
    return features.transpose(2, 3).reshape(num_tiles, blocks**2, block_side**2 * width)


class Projector(nn.Module):
    """Pixel unshuffle, LayerNorm, linear, exact GELU, linear."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.unshuffle = config.unshuffle
        width_in, width = config.projector_width_in, config.language.width
        self.norm = nn.LayerNorm(width_in, eps=1e-5)
        self.linear1 = nn.Linear(width_in, width)
        self.linear2 = nn.Linear(width, width)

    def forward(self, features_MPC: Tensor) -> Tensor:
        """(M, P, C) to visual tokens (M, S, D)."""
        x_MSB = self.norm(pixel_unshuffle(features_MPC, self.unshuffle))
        visual_MSD: Tensor = self.linear2(F.gelu(self.linear1(x_MSB)))
        return visual_MSD
