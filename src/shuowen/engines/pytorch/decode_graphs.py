"""Decoding as CUDA graphs: one launch for a step instead of some thirty for every layer.

A step in which every sequence runs one token has the same operations every time; only numbers in
buffers change. It is recorded once for each number of sequences and length of the padding, both
rounded up, and then replayed. Rows that pad the number of sequences write to, and see, a spare slot
behind all pages.

This needs CUDA and is not covered by the tests, which run without; all that it records,
`PaddedDecode` and the model, is.

Shapes: B sequences, L slots that each sees, both rounded up; D width, V vocabulary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shuowen.engines.pytorch.batch import Batch
from shuowen.engines.pytorch.kv_cache import KVCache
from shuowen.engines.pytorch.padded_attention import PaddedDecode, padded_slots
from shuowen.model.internvl import InternVL

MIN_SLOTS = 256
MAX_CELLS = 64 * 4096
"""Sequences times slots, both rounded up; more are run without a graph, whose buffers stay."""


@dataclass(frozen=True)
class _Recorded:
    graph: torch.cuda.CUDAGraph
    inputs: tuple[Tensor, ...]
    logits_BV: Tensor


class DecodeGraphs:
    """Recorded decodes of one model over one cache.

    Args:
        model: On CUDA, in evaluation mode.
        cache: On the same device.
    """

    def __init__(self, model: InternVL, cache: KVCache) -> None:
        self._model = model
        self._cache = cache
        self._recorded: dict[tuple[int, int], _Recorded] = {}

    def takes(self, batch: Batch) -> bool:
        """Whether a batch can be run by a graph."""
        return (
            batch.is_decode
            and batch.longest_T is None
            and batch.visual_VD is None
            and math.prod(graph_size(batch)) <= MAX_CELLS
        )

    def run(self, batch: Batch) -> Tensor:
        """Logits (number of chunks, V) of a batch that `takes` accepts."""
        size = graph_size(batch)
        inputs = padded_inputs(batch, self._cache, *size)
        recorded = self._recorded.get(size)
        if recorded is None:
            recorded = self._recorded[size] = self._record(inputs)
        for buffer, values in zip(recorded.inputs, inputs, strict=True):
            buffer.copy_(torch.from_numpy(values), non_blocking=True)
        recorded.graph.replay()
        return recorded.logits_BV[: len(batch.chunks)].clone()  # the next replay overwrites them

    def _record(self, inputs: tuple[NDArray[np.generic], ...]) -> _Recorded:
        device = self._cache.keys_SGK[0].device
        buffers = tuple(torch.from_numpy(values).to(device) for values in inputs)
        stream = torch.cuda.Stream(device)
        stream.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(stream):  # lets every kernel choose its method before recording
            for _ in range(2):
                decode_logits(self._model, self._cache, buffers)
        torch.cuda.current_stream(device).wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            logits_BV = decode_logits(self._model, self._cache, buffers)
        return _Recorded(graph, buffers, logits_BV)


def graph_size(batch: Batch) -> tuple[int, int]:
    """Sequences and slots, rounded up to powers of two so that few graphs serve all batches."""
    num_slots = max(MIN_SLOTS, *(chunk.end for chunk in batch.chunks))
    return _power_of_two(len(batch.chunks)), _power_of_two(num_slots)


def _power_of_two(count: int) -> int:
    return 1 << (count - 1).bit_length()


def padded_inputs(
    batch: Batch, cache: KVCache, num_rows: int, num_slots: int
) -> tuple[NDArray[np.generic], ...]:
    """Token ids, positions, slots to write, slots to see and their mask, of `num_rows` rows."""
    missing = num_rows - len(batch.chunks)
    slots_BL, mask_BL = padded_slots(cache, batch.chunks, num_slots)
    first_seen = np.zeros((missing, num_slots), np.bool_)
    first_seen[:, 0] = True
    return (
        np.pad(batch.token_ids_T, (0, missing)),
        np.pad(batch.positions_T, (0, missing)),
        np.pad(batch.slots_T, (0, missing), constant_values=cache.spare_slot),
        np.pad(slots_BL, ((0, missing), (0, 0)), constant_values=cache.spare_slot),
        np.concatenate((mask_BL, first_seen)),
    )


def decode_logits(model: InternVL, cache: KVCache, inputs: tuple[Tensor, ...]) -> Tensor:
    """Logits (B, V) of one token of every sequence; `inputs` as `padded_inputs` gives them."""
    token_ids_B, positions_B, slots_B, slots_BL, mask_BL = inputs
    hidden_BD = model.language(
        model.embed(token_ids_B, None, None),
        positions_B,
        PaddedDecode(cache, slots_B, slots_BL, mask_BL),
    )
    return model.language.logits(hidden_BD)
