"""Runs the network: a batch of tokens to logits, a batch of tiles to visual tokens.

Shapes: T tokens, N rows whose logits are wanted, V vocabulary, M tiles, S visual tokens of a tile,
D language width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shuowen.engines.pytorch.batch import Batch
from shuowen.engines.pytorch.decode_graphs import DecodeGraphs
from shuowen.engines.pytorch.kernel_attention import (
    KernelAttention,
    page_spans,
    usable_kernels,
)
from shuowen.engines.pytorch.kv_cache import KVCache
from shuowen.engines.pytorch.padded_attention import PaddedAttention
from shuowen.engines.pytorch.span_attention import SpanAttention
from shuowen.generation.candidate import CandidateState, Step
from shuowen.image.normalise import normalise
from shuowen.model.attention import Attention
from shuowen.model.internvl import InternVL
from shuowen.model.layer_stack import LayerStack


@dataclass(frozen=True)
class Scores:
    """Logits of the rows that wanted some.

    Attributes:
        logits_NV: On the model's device, in its type.
        likeliest: Token id with the largest logit, for each row.
        largest: That logit; no number where any logit of the row is NaN.
    """

    logits_NV: Tensor
    likeliest: list[int]
    largest: list[float]

    def row(self, index: int) -> NDArray[np.float32]:
        """All logits of one row, (V,)."""
        row_V: NDArray[np.float32] = self.logits_NV[index].float().cpu().numpy()
        return row_V

    def advance(self, index: int, state: CandidateState) -> Step:
        """Choose a candidate's next token from one row; the likeliest is known already."""
        if state.greedy_token_ok:
            return state.advance_token(self.likeliest[index])
        return state.advance(self.row(index))


class Runner:
    """The network and the cache that it reads and writes.

    Args:
        model: In evaluation mode, where it is to run.
        cache: Pages on the same device.
    """

    def __init__(self, model: InternVL, cache: KVCache) -> None:
        self.model = model
        self.cache = cache
        weight = model.language.norm.weight
        self.device, self.dtype = weight.device, weight.dtype
        self._kernels = usable_kernels(cache)
        self._stack = LayerStack.of(model.language, cache.keys_SGK, cache.values_SGK)
        self._graphs = None if self.device.type != "cuda" else DecodeGraphs(model, cache)

    @torch.inference_mode()
    def run(self, batch: Batch) -> Scores:
        """Store keys and values of a batch; logits where the next token is to be chosen."""
        if self._graphs is not None and self._graphs.takes(batch):
            return _scores(self._graphs.run(batch))
        hidden_TD = self._hidden(batch)
        if len(batch.rows_N) < len(hidden_TD):
            hidden_TD = hidden_TD[self._tensor(batch.rows_N)]
        return _scores(self.model.language.logits(hidden_TD))

    def _hidden(self, batch: Batch) -> Tensor:
        """What the language model makes of every token of a batch, (T, D)."""
        language, stack = self.model.language, self._stack
        mask_T = None if batch.visual_mask_T is None else self._tensor(batch.visual_mask_T)
        embeds_TD = self.model.embed(self._tensor(batch.token_ids_T), mask_T, batch.visual_VD)
        positions_T = self._tensor(batch.positions_T)
        longest_T = None if batch.longest_T is None else self._tensor(batch.longest_T)
        if stack is None or len(embeds_TD) > stack.max_tokens:
            return language(embeds_TD, positions_T, self._attention(batch), longest_T)
        cos_TK, sin_TK = (x.to(self.dtype) for x in language.rotary(positions_T, longest_T))
        slots_T, spans = self._tensor(batch.slots_T), page_spans(self.cache, batch)
        hidden_TD: Tensor = language.norm(stack.run(embeds_TD, cos_TK, sin_TK, slots_T, spans))
        return hidden_TD

    @torch.inference_mode()
    def see(self, tiles_MHWC: NDArray[np.uint8]) -> Tensor:
        """Visual tokens (M, S, D) of tiles, which become numbers only here: uint8 is a quarter."""
        pixels_MCHW = self._tensor(normalise(tiles_MHWC)).to(self.dtype)
        return self.model.encode_tiles(pixels_MCHW)

    def _attention(self, batch: Batch) -> Attention:
        if self.device.type != "cpu":
            return PaddedAttention(self.cache, batch)
        if self._kernels is not None:
            return KernelAttention(self._kernels, self.cache, batch)
        return SpanAttention(self.cache, batch)

    def _tensor(self, values: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(values).to(self.device)


def _scores(logits_NV: Tensor) -> Scores:
    """One pass finds the likeliest tokens and, because the largest of NaN is NaN, checks all."""
    if not len(logits_NV):
        return Scores(logits_NV, [], [])
    largest_N, likeliest_N = logits_NV.max(dim=-1)
    return Scores(logits_NV, likeliest_N.tolist(), largest_N.float().tolist())
