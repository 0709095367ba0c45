"""Random weights, for tests and for training from nothing."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from shuowen.model.config import VisionConfig
from shuowen.model.internvl import InternVL

STD = 0.02
"""Standard deviation of all matrices (`initializer_range` of Qwen2.5 and InternViT)."""


def init_weights(model: InternVL, seed: int) -> None:
    """Fill the model with random weights; equal seeds give equal weights on every device.

    Matrices and embeddings are normal with `STD`, biases 0, norms 1, LayerScale as configured
    (0.1). The model must have memory: `model.to_empty(device=…)` after the meta device.

    Args:
        model: Any size; changed in place.
        seed: Of the numbers.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    for name, parameter in model.named_parameters():
        _fill(name, parameter, model.config.vision, generator)


@torch.no_grad()
def _fill(name: str, values: Tensor, config: VisionConfig, generator: torch.Generator) -> None:
    module, _, kind = name.rpartition(".")
    if kind in ("scale1", "scale2"):
        nn.init.constant_(values, config.layer_scale_init)
    elif kind == "bias":
        nn.init.zeros_(values)
    elif "norm" in module.rpartition(".")[2]:
        nn.init.ones_(values)
    else:
        # Drawn in float32 on the processor, so that neither type nor device changes the numbers.
        random = torch.randn(values.shape, generator=generator, device="cpu").mul_(STD)
        values.copy_(random)
