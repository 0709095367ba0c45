"""How many parameters each part of a model has, and how many of them a recipe trains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import nn

from shuowen.model.config import ModelConfig
from shuowen.model.internvl import InternVL
from shuowen.train.adapters import adapted_layers
from shuowen.train.recipe import Adapter, Trainable


@dataclass(frozen=True, kw_only=True)
class PartSizes:
    """Numbers of parameters.

    Attributes:
        total: All, the adapter's with them.
        trained: Those that gradients are kept for.
        adapter: Those of the adapter.
        matrices: Trained matrices of the layers, which Muon would have one moment for.
        outside_blocks: Embedding, head, projector and all else that belongs to no layer.
        largest_block: Of the largest layer.
    """

    total: int
    trained: int
    adapter: int
    matrices: int
    outside_blocks: int
    largest_block: int


@lru_cache(maxsize=64)
def part_sizes(config: ModelConfig, trainable: Trainable) -> PartSizes:
    """Count; takes no memory."""
    with torch.device("meta"):
        model = InternVL(config)
    blocks = [_count(each) for each in (*model.vision.blocks, *model.language.layers)]
    total = _count(model)
    adapter = _adapter_size(model, trainable) if isinstance(trainable, Adapter) else 0
    trained = total - (_count(model.vision) if trainable == "no_vision" else 0)
    return PartSizes(
        total=total + adapter,
        trained=adapter or trained,
        adapter=adapter,
        matrices=0 if adapter else _matrices(model, trainable),
        outside_blocks=total - sum(blocks),
        largest_block=max(blocks),
    )


def _matrices(model: InternVL, trainable: Trainable) -> int:
    parts: list[nn.Module] = [*model.language.layers]
    if trainable == "all":
        parts += model.vision.blocks
    return sum(each.numel() for part in parts for each in part.parameters() if each.ndim == 2)


def _adapter_size(model: InternVL, adapter: Adapter) -> int:
    layers = adapted_layers(model, adapter)
    size = sum(adapter.rank * (each.in_features + each.out_features) for each in layers)
    return size + sum(each.out_features for each in layers if adapter.kind == "dora")


def _count(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())
