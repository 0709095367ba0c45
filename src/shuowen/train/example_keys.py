"""Names for what is learnt from and for weights, made of their content.

Shapes: M tiles of a batch, B examples of a batch, T tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from shuowen.model.internvl import InternVL
from shuowen.train.collate import Batch

_NUM_SAMPLED = 4096


def example_keys(batch: Batch) -> list[int]:
    """64 bits for every example of a batch, from all that the model is given of it.

    Answer and prompt are told apart by the targets. Two among ten million examples share a key once
    in a hundred thousand runs.
    """
    sums_M = [] if batch.pixels_MCHW is None else [_pixel_sum(tile) for tile in batch.pixels_MCHW]
    tiles = np.array(torch.stack(sums_M).tolist() if sums_M else [], np.int64)
    counts = tiles_of_examples(batch)
    columns = (batch.token_ids_T, batch.positions_T, _is_target(batch))
    parts = [torch.split(column.cpu(), list(batch.lengths)) for column in columns]
    keys = []
    for *values, tiles_M in zip(*parts, np.split(tiles, np.cumsum(counts)[:-1]), strict=True):
        digest = hashlib.blake2b(digest_size=8)
        for value in values:
            digest.update(value.contiguous().numpy().tobytes())
        digest.update(tiles_M.tobytes())
        keys.append(int.from_bytes(digest.digest(), "little"))
    return keys


def _is_target(batch: Batch) -> Tensor:
    return torch.zeros_like(batch.token_ids_T, dtype=torch.bool).index_fill(
        0, batch.target_rows_N, True
    )


def tiles_of_examples(batch: Batch) -> list[int]:
    """How many tiles each example of a batch has."""
    num_tiles = batch.num_tiles
    if batch.visual_mask_T is None or not num_tiles:
        return [0] * batch.num_examples
    parts = torch.split(batch.visual_mask_T.cpu(), list(batch.lengths))
    visual = [int(part.sum()) for part in parts]
    per_tile = sum(visual) // num_tiles
    return [count // per_tile for count in visual]


def _pixel_sum(pixels_CHW: Tensor) -> Tensor:
    """A number for a tile, in whole numbers, so that it is the same on every device."""
    bits = pixels_CHW.float().reshape(-1).view(torch.int32).to(torch.int64)
    places = torch.arange(len(bits), device=bits.device) % 65_521 + 1
    return (bits * places).sum()


def weights_fingerprint(model: InternVL) -> str:
    """Tells weights from others by some thousand numbers of every tensor.

    Training changes every tensor almost everywhere, so that reading all numbers would tell no more.
    """
    return _fingerprint(model.named_parameters())


def _fingerprint(named: Iterable[tuple[str, Tensor]]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name, values in named:
        flat = values.detach().reshape(-1)
        sampled = flat[:: max(len(flat) // _NUM_SAMPLED, 1)].float().cpu()
        digest.update(f"{name}{tuple(values.shape)}".encode())
        digest.update(sampled.numpy().tobytes())
    return digest.hexdigest()
