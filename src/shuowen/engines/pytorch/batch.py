"""Chunks of several sequences packed into the arrays of one forward pass.

Shapes: T tokens of all chunks, one chunk after another; N chunks whose logits are wanted; V visual
tokens among them, D language width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shuowen.engines.pytorch.kv_cache import KVCache
from shuowen.engines.pytorch.sequences import Chunk


@dataclass(frozen=True)
class Batch:
    """What runs in one step.

    Attributes:
        chunks: In the order of their tokens.
        token_ids_T: (T,) int64.
        positions_T: (T,) float32.
        slots_T: (T,) int64; where each token's keys and values go.
        longest_T: (T,) float32, see `Rotary`; None where no sequence is beyond the window.
        visual_mask_T: (T,) bool; None for text.
        visual_VD: Visual tokens in their order; None for text.
        rows_N: (N,) int64; the last token of every chunk that wants logits.
    """

    chunks: tuple[Chunk, ...]
    token_ids_T: NDArray[np.int64]
    positions_T: NDArray[np.float32]
    slots_T: NDArray[np.int64]
    longest_T: NDArray[np.float32] | None
    visual_mask_T: NDArray[np.bool_] | None
    visual_VD: Tensor | None
    rows_N: NDArray[np.int64]

    @property
    def is_decode(self) -> bool:
        """Whether every chunk is a single token."""
        return len(self.token_ids_T) == len(self.chunks)


def pack(chunks: Sequence[Chunk], cache: KVCache) -> Batch:
    """Pack chunks that have their pages."""
    longest_T = visual_mask_T = None
    if any(chunk.sequence.prompt.is_stretched for chunk in chunks):
        longest_T = np.concatenate(
            [np.full(each.num_tokens, each.sequence.prompt.longest, np.float32) for each in chunks]
        )
    visuals_VD = [
        part for each in chunks for part in each.sequence.prompt.visual_rows(each.first, each.end)
    ]
    if visuals_VD:
        visual_mask_T = np.concatenate([_visual_mask(each) for each in chunks])
    ends = np.cumsum([each.num_tokens for each in chunks])
    return Batch(
        chunks=tuple(chunks),
        token_ids_T=np.concatenate([c.sequence.token_ids(c.first, c.end) for c in chunks]),
        positions_T=np.concatenate([c.sequence.prompt.positions(c.first, c.end) for c in chunks]),
        slots_T=np.concatenate([cache.slots(c.sequence.table, c.first, c.end) for c in chunks]),
        longest_T=longest_T,
        visual_mask_T=visual_mask_T,
        visual_VD=torch.cat(visuals_VD) if visuals_VD else None,
        rows_N=ends[[chunk.wants_logits for chunk in chunks]] - 1,
    )


def _visual_mask(chunk: Chunk) -> NDArray[np.bool_]:
    """Of a chunk's tokens; nothing that was generated is visual."""
    given = chunk.sequence.prompt.inputs.visual_mask_T[chunk.first : chunk.end]
    return np.pad(given, (0, chunk.num_tokens - len(given)))
