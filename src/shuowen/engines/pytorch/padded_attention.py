"""Attention over the paged cache on accelerators, where few large operations beat many small ones.

All decoding tokens are attended at once, over pages gathered and padded to one length. The shapes
depend only on the number of tokens and the padding, so a decode can be recorded as a CUDA graph.
The same code runs on the processor, where the tests hold it equal to `SpanAttention`.

Shapes: T tokens of the batch, H query heads, G key-value heads, R = H / G, K head width, S slots of
the cache, L tokens that a sequence sees, B decoding sequences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from shuowen.engines.pytorch.batch import Batch
from shuowen.engines.pytorch.kv_cache import KVCache
from shuowen.engines.pytorch.sequences import Chunk


@dataclass(frozen=True)
class PaddedDecode:
    """One token of every sequence, each seeing its own slots.

    Args:
        cache: The pages.
        slots_B: Where the tokens' keys and values go.
        slots_BL: What they see, themselves included; padding repeats any slot.
        mask_BL: False for padding.
    """

    cache: KVCache
    slots_B: Tensor
    slots_BL: Tensor
    mask_BL: Tensor

    def __call__(self, layer_index: int, q_BHK: Tensor, k_BGK: Tensor, v_BGK: Tensor) -> Tensor:
        """See `shuowen.model.attention.Attention`."""
        self.cache.store(layer_index, self.slots_B, k_BGK, v_BGK)
        return self.attend(layer_index, q_BHK)

    def attend(self, layer_index: int, q_BHK: Tensor) -> Tensor:
        """The same when keys and values are stored already; (B, H, K)."""
        keys_SGK = self.cache.keys_SGK[layer_index]
        values_SGK = self.cache.values_SGK[layer_index]
        num_rows, _, width = q_BHK.shape
        out_BGRK = F.scaled_dot_product_attention(
            q_BHK.reshape(num_rows, keys_SGK.shape[1], -1, width),
            keys_SGK[self.slots_BL].transpose(1, 2),
            values_SGK[self.slots_BL].transpose(1, 2),
            attn_mask=self.mask_BL[:, None, None, :],
        )
        return out_BGRK.flatten(1, 2)


class PaddedAttention:
    """Keys and values of a batch go into the cache; every token sees its sequence.

    Args:
        cache: The pages.
        batch: What runs; everything that all layers share is computed here, once.
    """

    def __init__(self, cache: KVCache, batch: Batch) -> None:
        self._cache = cache
        self._device = cache.keys_SGK[0].device
        self._slots_T = self._tensor(batch.slots_T)
        starts = np.cumsum([0, *(each.num_tokens for each in batch.chunks)])
        pairs = list(zip(starts.tolist(), batch.chunks, strict=False))
        self._prefills = [
            (first, self._tensor(cache.slots(each.sequence.table, 0, each.end)))
            for first, each in pairs
            if each.num_tokens > 1
        ]
        self._num_rows = [each.num_tokens for each in batch.chunks if each.num_tokens > 1]
        decodes = [(first, each) for first, each in pairs if each.num_tokens == 1]
        self._decode: PaddedDecode | None = None
        if decodes:
            self._rows_B = self._tensor(np.array([first for first, _ in decodes]))
            slots_BL, mask_BL = padded_slots(cache, [each for _, each in decodes])
            self._decode = PaddedDecode(
                cache, self._slots_T[self._rows_B], self._tensor(slots_BL), self._tensor(mask_BL)
            )

    def __call__(self, layer_index: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """See `shuowen.model.attention.Attention`."""
        self._cache.store(layer_index, self._slots_T, k_TGK, v_TGK)
        out_THK = q_THK.new_empty(q_THK.shape)
        if self._decode is not None:
            out_BHK = self._decode.attend(layer_index, q_THK[self._rows_B])
            out_THK.index_copy_(0, self._rows_B, out_BHK)
        keys_SGK = self._cache.keys_SGK[layer_index]
        values_SGK = self._cache.values_SGK[layer_index]
        for (first, seen_L), num_rows in zip(self._prefills, self._num_rows, strict=True):
            rows = slice(first, first + num_rows)
            out_THK[rows] = _causal_at_end(q_THK[rows], keys_SGK[seen_L], values_SGK[seen_L])
        return out_THK

    def _tensor(self, values: NDArray[np.int64] | NDArray[np.bool_]) -> Tensor:
        return torch.from_numpy(values).to(self._device)


def padded_slots(
    cache: KVCache, decodes: Sequence[Chunk], num_columns: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The slots that decoding tokens see, padded to one length.

    Args:
        cache: The pages.
        decodes: Chunks of one token.
        num_columns: The length L; None: that of the longest sequence.

    Returns:
        slots_BL, and mask_BL, which is False for padding; padding repeats a sequence's first slot.
    """
    longest = num_columns or max(each.end for each in decodes)
    slots_BL = np.empty((len(decodes), longest), np.int64)
    for row, each in enumerate(decodes):
        slots_BL[row] = each.sequence.table.pages[0] * cache.page_tokens
        slots_BL[row, : each.end] = cache.slots(each.sequence.table, 0, each.end)
    ends_B = np.array([each.end for each in decodes])
    return slots_BL, np.arange(longest) < ends_B[:, None]


def _causal_at_end(q_LHK: Tensor, k_LGK: Tensor, v_LGK: Tensor) -> Tensor:
    """The last tokens of a sequence, each seeing itself and all before it."""
    # Imported here: it brings PyTorch's compiler along, 80 MB that a processor has no use for.
    from torch.nn.attention.bias import causal_lower_right

    q_1HLK, k_1GLK, v_1GLK = (x.transpose(0, 1).unsqueeze(0) for x in (q_LHK, k_LGK, v_LGK))
    out_1HLK = F.scaled_dot_product_attention(
        q_1HLK,
        k_1GLK,
        v_1GLK,
        attn_mask=causal_lower_right(len(q_LHK), len(k_LGK)),
        enable_gqa=q_LHK.shape[1] != k_LGK.shape[1],
    )
    return out_1HLK[0].transpose(0, 1)
