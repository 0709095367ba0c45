"""Attention for sequences that begin alike: what they share runs once.

Shapes: T tokens of the batch, P tokens of the beginning, L tokens of one ending, H query heads,
G key-value heads, K head width.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from shuowen.errors import EngineError
from shuowen.model.attention import causal_attention


class SharedPrefixAttention:
    """Every ending sees the beginning and, causally, itself; nothing of another ending.

    ::

        beginning a, endings b and c      a a b b c
                                        a x
                                        a x x
                                        b x x x
                                        b x x x x
                                        c x x     x

    The numbers are those of the sequences a b and a c run apart, because neither keys nor values
    of the beginning depend on what follows.

    Args:
        num_shared: Tokens of the beginning; they come first. At least one.
        lengths: Tokens of each ending, one after another behind it.
    """

    def __init__(self, num_shared: int, lengths: Sequence[int]) -> None:
        if num_shared < 1 or not lengths or min(lengths) < 1:
            raise EngineError(
                f"{num_shared} shared tokens and endings of {tuple(lengths)} cannot be packed.",
                "Give at least one token for each.",
            )
        self.num_shared, self.lengths = num_shared, tuple(lengths)
        self._masks: dict[tuple[int, torch.device], Tensor] = {}

    def __call__(self, layer_index: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """See `shuowen.model.attention.Attention`; all layers are alike."""
        num_shared = self.num_shared
        k_PGK, v_PGK = k_TGK[:num_shared], v_TGK[:num_shared]
        outs = [causal_attention(q_THK[:num_shared], k_PGK, v_PGK)]
        first = num_shared
        for length in self.lengths:
            own = slice(first, first + length)
            k_SGK, v_SGK = torch.cat((k_PGK, k_TGK[own])), torch.cat((v_PGK, v_TGK[own]))
            outs.append(_attend(q_THK[own], k_SGK, v_SGK, self._mask(length, q_THK.device)))
            first += length
        return torch.cat(outs)

    def _mask(self, length: int, device: torch.device) -> Tensor:
        """True where an ending's token may look, (L, P + L)."""
        key = length, device
        if key not in self._masks:
            shape = length, self.num_shared + length
            mask = torch.ones(shape, dtype=torch.bool, device=device)
            self._masks[key] = mask.tril(self.num_shared)
        return self._masks[key]


def _attend(q_LHK: Tensor, k_SGK: Tensor, v_SGK: Tensor, mask_LS: Tensor) -> Tensor:
    q_1HLK, k_1GSK, v_1GSK = (x.transpose(0, 1)[None] for x in (q_LHK, k_SGK, v_SGK))
    out_1HLK = F.scaled_dot_product_attention(
        q_1HLK, k_1GSK, v_1GSK, attn_mask=mask_LS, enable_gqa=q_LHK.shape[1] != k_SGK.shape[1]
    )
    return out_1HLK[0].transpose(0, 1)
