"""How long a training step takes, from the arithmetic alone.

FLOPs of vision and language of a packed sequence are those of `train.flops`; what is frozen saves
a part of the backward pass, and recomputing activations adds a forward pass, which the share of the
peak that people quote ("model FLOP use") does not count.
"""

from __future__ import annotations

from dataclasses import dataclass

from shuowen.model.config import ModelConfig
from shuowen.train.flops import training_flops
from shuowen.train.recipe import Adapter, Recipe

_FULL = 0.85
"""Share of a packed sequence that is filled; upstream's packing reaches it with 20 buffers."""
_FORWARD = 1 / 3


@dataclass(frozen=True, kw_only=True)
class StepTime:
    """What one step is.

    Attributes:
        flops: Of all packed sequences of a step, recomputation included.
        seconds: On the machine.
    """

    flops: float
    seconds: float


def step_time(
    config: ModelConfig, recipe: Recipe, num_targets: int, flops_per_second: float
) -> StepTime:
    """Predict.

    Args:
        config: Sizes of the model.
        recipe: What is trained.
        num_targets: Tokens of a packed sequence whose logits are computed.
        flops_per_second: Of the whole machine, as reached and not as promised.
    """
    packing = recipe.packing
    tokens, tiles = round(packing.max_tokens * _FULL), _FULL * _usual_tiles(config, recipe)
    language = training_flops(config, (tokens,), 0, round(num_targets * _FULL))
    vision = training_flops(config, (), 1, 0) * tiles
    language *= _shares(recipe, is_adapted=isinstance(recipe.trainable, Adapter), is_frozen=False)
    vision *= _shares(recipe, is_adapted=False, is_frozen=recipe.trainable != "all")
    flops = recipe.packs_per_step * (language + vision)
    return StepTime(flops=flops, seconds=flops / flops_per_second)


def _usual_tiles(config: ModelConfig, recipe: Recipe) -> float:
    """Tiles of a packed sequence whose tokens are three quarters visual, which documents are."""
    fit = 0.75 * recipe.packing.max_tokens / config.visual_tokens_per_tile
    return min(fit, float(recipe.packing.max_tiles))


def _shares(recipe: Recipe, *, is_adapted: bool, is_frozen: bool) -> float:
    """Passes that are made, of the three that `training_flops` counts; MPO's reference is one."""
    passes = 1.0
    if not is_frozen:
        passes = 2.0 if is_adapted else 3.0  # no gradients of frozen matrices
        passes += recipe.recompute_activations
    return _FORWARD * (passes + (recipe.stage == "mpo"))
