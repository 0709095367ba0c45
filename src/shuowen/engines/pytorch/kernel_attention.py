"""Attention over the paged cache in one call of the C kernel for all sequences of a batch.

For bfloat16 on processors with AVX512_BF16: two to four times as fast as `SpanAttention`, which
serves all others. The kernel reads the pages where they lie.

Shapes: T tokens of the batch, H query heads, G key-value heads, K head width, N sequences, P pages
of the longest.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from shuowen.engines.pytorch.batch import Batch
from shuowen.engines.pytorch.kv_cache import KVCache
from shuowen.model.kernels.calls import HEAD_WIDTHS, Kernels, Spans
from shuowen.model.kernels.compile import load_kernels


def usable_kernels(cache: KVCache) -> Kernels | None:
    """The kernels, where they read caches of this kind on this machine."""
    keys_SGK = cache.keys_SGK[0]
    is_readable = keys_SGK.dtype == torch.bfloat16 and keys_SGK.shape[2] in HEAD_WIDTHS
    return load_kernels() if is_readable and keys_SGK.device.type == "cpu" else None


def page_spans(cache: KVCache, batch: Batch) -> Spans:
    """What every chunk of a batch sees: its own tokens and those of its sequence before them."""
    ends = [chunk.end for chunk in batch.chunks]
    pages_NP = np.zeros((len(ends), cache.pages_for(max(ends))), np.int32)
    for row, chunk in enumerate(batch.chunks):
        pages = chunk.sequence.table.pages[: cache.pages_for(chunk.end)]
        pages_NP[row, : len(pages)] = pages
    num_queries = [chunk.num_tokens for chunk in batch.chunks]
    return Spans.of(num_queries, ends, torch.from_numpy(pages_NP), cache.page_tokens)


class KernelAttention:
    """Keys and values of a batch go into the cache; every token sees its sequence.

    Args:
        kernels: From `usable_kernels`.
        cache: The pages.
        batch: What runs; everything that all layers share is computed here, once.
    """

    def __init__(self, kernels: Kernels, cache: KVCache, batch: Batch) -> None:
        self._kernels = kernels
        self._cache = cache
        self._slots_T = torch.from_numpy(batch.slots_T)
        self._spans = page_spans(cache, batch)

    def __call__(self, layer_index: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """See `shuowen.model.attention.Attention`."""
        self._cache.store(layer_index, self._slots_T, k_TGK, v_TGK)
        return self._kernels.attention(
            q_THK,
            self._cache.keys_SGK[layer_index],
            self._cache.values_SGK[layer_index],
            self._spans,
            is_causal=True,
        )
