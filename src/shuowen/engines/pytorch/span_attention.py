"""Attention over the paged cache on the processor.

Pages that follow one another are attended in place, through a view; several runs are attended one
by one and their results merged. A decoding token's query heads that share a key-value head are rows
of one matrix, so keys are read once and never repeated.

Shapes: T tokens of the batch, H query heads, G key-value heads, R = H / G, K head width, S slots of
the cache, L tokens of one sequence or span.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from shuowen.engines.pytorch.batch import Batch
from shuowen.engines.pytorch.kv_cache import KVCache
from shuowen.engines.pytorch.sequences import Chunk

MAX_SPANS = 6
"""Spans that are attended one by one; more are gathered first, which then costs less."""

# What F.scaled_dot_product_attention calls on the processor, with the logarithms of the sums that
# merging needs: (q_1HTK, k_1GLK, v_1GLK, dropout, is_causal) to (out_1HTK, total_1HT).
_flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu.default


@dataclass(frozen=True)
class _Rows:
    """One chunk of the batch, and where the tokens that it sees in the cache are."""

    first: int
    end: int
    spans: list[tuple[int, int]]
    gathered_L: Tensor | None


class SpanAttention:
    """Keys and values of a batch go into the cache; every token sees its sequence.

    Args:
        cache: The pages.
        batch: What runs; everything that all layers share is computed here, once.
    """

    def __init__(self, cache: KVCache, batch: Batch) -> None:
        self._cache = cache
        self._slots_T = torch.from_numpy(batch.slots_T)
        self._chunks: list[_Rows] = []
        first = 0
        for chunk in batch.chunks:
            self._chunks.append(self._rows(first, chunk))
            first += chunk.num_tokens

    def __call__(self, layer_index: int, q_THK: Tensor, k_TGK: Tensor, v_TGK: Tensor) -> Tensor:
        """See `shuowen.model.attention.Attention`."""
        keys_SGK = self._cache.keys_SGK[layer_index]
        values_SGK = self._cache.values_SGK[layer_index]
        self._cache.store(layer_index, self._slots_T, k_TGK, v_TGK)
        outs_THK = [
            _decode(q_THK[rows.first], _spans(keys_SGK, values_SGK, rows))
            if rows.end - rows.first == 1
            else _prefill(
                q_THK[rows.first : rows.end],
                k_TGK[rows.first : rows.end],
                v_TGK[rows.first : rows.end],
                _spans(keys_SGK, values_SGK, rows),
            )
            for rows in self._chunks
        ]
        return outs_THK[0] if len(outs_THK) == 1 else torch.cat(outs_THK)

    def _rows(self, first: int, chunk: Chunk) -> _Rows:
        """A decoding token sees itself in the cache; a prefill sees there what came before."""
        num_seen = chunk.end if chunk.num_tokens == 1 else chunk.first
        table = chunk.sequence.table
        spans = self._cache.spans(table, num_seen)
        gathered_L = None
        if len(spans) > MAX_SPANS:
            gathered_L = torch.from_numpy(self._cache.slots(table, 0, num_seen))
        return _Rows(first, first + chunk.num_tokens, spans, gathered_L)


def _spans(keys_SGK: Tensor, values_SGK: Tensor, rows: _Rows) -> list[tuple[Tensor, Tensor]]:
    """Keys and values (1, G, L, K) of every span."""
    if rows.gathered_L is not None:
        found = [(keys_SGK[rows.gathered_L], values_SGK[rows.gathered_L])]
    else:
        found = [(keys_SGK[first:end], values_SGK[first:end]) for first, end in rows.spans]
    return [(_heads_first(k_LGK), _heads_first(v_LGK)) for k_LGK, v_LGK in found]


def _heads_first(x_LGK: Tensor) -> Tensor:
    return x_LGK.transpose(0, 1).unsqueeze(0)


def _decode(q_HK: Tensor, spans: list[tuple[Tensor, Tensor]]) -> Tensor:
    """One token that sees all of every span; (1, H, K)."""
    num_heads, width = q_HK.shape
    q_1GRK = q_HK.view(1, spans[0][0].shape[1], -1, width)
    out_1GRK = _merge([_flash(q_1GRK, k_1GLK, v_1GLK) for k_1GLK, v_1GLK in spans])
    return out_1GRK.reshape(1, num_heads, width)


def _prefill(
    q_LHK: Tensor, k_LGK: Tensor, v_LGK: Tensor, spans: list[tuple[Tensor, Tensor]]
) -> Tensor:
    """Tokens that see all of every span, themselves and those of them that come before."""
    q_1HLK = _heads_first(q_LHK)
    parts = [_flash(q_1HLK, k_1GLK, v_1GLK) for k_1GLK, v_1GLK in spans]
    parts.append(_flash(q_1HLK, _heads_first(k_LGK), _heads_first(v_LGK), 0.0, True))
    return _merge(parts)[0].transpose(0, 1)


def _merge(parts: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Attention over all parts, from attention over each and the logarithm of its sum.

    softmax over a ∪ b gives a the share exp(total_a) / (exp(total_a) + exp(total_b)), the
    sigmoid of total_a - total_b (FlashAttention, Dao et al. 2022, §3.1, without the running loop).
    """
    out, total = parts[0]
    for other, other_total in parts[1:]:
        share = torch.sigmoid(other_total - total).unsqueeze(-1)
        out = torch.lerp(out, other, share.to(out.dtype))
        total = torch.logaddexp(total, other_total)
    return out
