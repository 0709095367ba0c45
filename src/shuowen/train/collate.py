"""A packed sequence as tensors.

Shapes: T tokens of all examples, M tiles of all examples, N targets, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from shuowen.image.normalise import normalise
from shuowen.train.losses import target_weights
from shuowen.train.packing import Pack
from shuowen.train.recipe import Reduction


@dataclass(frozen=True, eq=False)
class Batch:
    """What the model and the losses are given.

    Attributes:
        token_ids_T: (T,) int64.
        positions_T: (T,) float32, restarting at 0 with every example.
        lengths: Tokens of each example; they add up to T.
        visual_mask_T: (T,) bool, True at placeholders; None without pictures.
        pixels_MCHW: (M, 3, H, W) float32, normalised; None without pictures.
        target_rows_N: (N,) int64; the rows whose logits are needed, since row i predicts token
            i + 1.
        target_ids_N: (N,) int64; what these rows should predict.
        target_weights_N: (N,) float32; each example's loss weight times that of the reduction.
        example_of_target_N: (N,) int64; whose target it is, from 0.
    """

    token_ids_T: Tensor
    positions_T: Tensor
    lengths: tuple[int, ...]
    visual_mask_T: Tensor | None
    pixels_MCHW: Tensor | None
    target_rows_N: Tensor
    target_ids_N: Tensor
    target_weights_N: Tensor
    example_of_target_N: Tensor

    @property
    def num_tokens(self) -> int:
        """T."""
        return len(self.token_ids_T)

    @property
    def num_tiles(self) -> int:
        """M."""
        return 0 if self.pixels_MCHW is None else len(self.pixels_MCHW)

    @property
    def num_examples(self) -> int:
        """How many examples were packed."""
        return len(self.lengths)

    def to(self, device: torch.device | str) -> Batch:
        """The same on another device."""
        tensors: dict[str, Any] = {
            field.name: value.to(device, non_blocking=True)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Tensor)
        }
        return replace(self, **tensors)


def collate(
    pack: Pack, reduction: Reduction = "square", device: torch.device | str = "cpu"
) -> Batch:
    """Join the examples of a packed sequence.

    Args:
        pack: The examples.
        reduction: What one of an example's l targets weighs: 1, 1 / l, or 1 / √l
            (`losses.target_weights`).
        device: Where the tensors are to be.

    Raises:
        UsageError: There is no such reduction.
    """
    examples = pack.examples
    token_ids_T = np.concatenate([example.token_ids_T for example in examples])
    target_mask_T = np.concatenate([example.target_mask_T for example in examples])
    targets_N = np.flatnonzero(target_mask_T)
    counts = [example.num_targets for example in examples]
    per_target = target_weights(counts, reduction)
    weights = [w * example.weight for w, example in zip(per_target, examples, strict=True)]
    has_pictures = pack.num_tiles > 0
    batch = Batch(
        token_ids_T=torch.from_numpy(token_ids_T),
        positions_T=_joined([example.positions_T for example in examples]),
        lengths=tuple(example.num_tokens for example in examples),
        visual_mask_T=(
            _joined([example.visual_mask_T for example in examples]) if has_pictures else None
        ),
        pixels_MCHW=_pixels(pack) if has_pictures else None,
        target_rows_N=torch.from_numpy(targets_N - 1),
        target_ids_N=torch.from_numpy(token_ids_T[targets_N]),
        target_weights_N=torch.from_numpy(np.repeat(np.array(weights, np.float32), counts)),
        example_of_target_N=torch.from_numpy(np.repeat(np.arange(len(counts)), counts)),
    )
    return batch if torch.device(device).type == "cpu" else batch.to(device)


def _joined(parts: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.concatenate(parts))


def _pixels(pack: Pack) -> Tensor:
    tiles_MHWC = np.concatenate([example.tiles_MHWC for example in pack.examples])
    return torch.from_numpy(normalise(tiles_MHWC))
