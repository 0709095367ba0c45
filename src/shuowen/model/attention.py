"""Who sees whom: what the layers of the language model call, and the plain way to answer.

Engines bring their own `Attention` that also keeps keys and values; training and the reference
loop use `PackedAttention`.

Shapes: T tokens, H query heads, G key-value heads (H is a multiple), K head width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from shuowen.errors import EngineError


class Attention(Protocol):
    """Softmax attention for the tokens of one forward pass, scaled by 1 / √K."""

    def __call__(self, layer_index: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """Mix values.

        Args:
            layer_index: Which layer asks, from 0.
            q_THK: (T, H, K) queries, rotated.
            k_TGK: (T, G, K) keys, rotated.
            v_TGK: (T, G, K) values.

        Returns:
            out_THK (T, H, K).
        """
        ...


class PackedAttention:
    """Causal inside each sequence, nothing across.

    ::

        lengths (3, 2)    a a a b b
                        a x
                        a x x
                        a x x x
                        b       x
                        b       x x

    Args:
        lengths: Tokens of each sequence, packed one after another.
    """

    def __init__(self, lengths: Sequence[int]) -> None:
        self.lengths = tuple(lengths)
        if not self.lengths or min(self.lengths) < 1:
            raise EngineError(
                f"Sequences of {self.lengths} tokens cannot be packed.",
                "Give at least one token for every sequence.",
            )

    def __call__(self, layer_index: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """See `Attention`; all layers are alike."""
        if len(self.lengths) == 1:
            return causal_attention(q_THK, k_TGK, v_TGK)
        parts = zip(*(x.split(self.lengths) for x in (q_THK, k_TGK, v_TGK)), strict=True)
        return torch.cat([causal_attention(*part) for part in parts])


def causal_attention(q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
    """Every token of one sequence sees itself and those before it; (T, H, K)."""
    q_1HTK, k_1GTK, v_1GTK = (x.transpose(0, 1)[None] for x in (q_THK, k_TGK, v_TGK))
    out_1HTK = F.scaled_dot_product_attention(
        q_1HTK, k_1GTK, v_1GTK, is_causal=True, enable_gqa=q_THK.shape[1] != k_TGK.shape[1]
    )
    return out_1HTK[0].transpose(0, 1)
