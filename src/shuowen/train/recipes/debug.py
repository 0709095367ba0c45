"""Every stage on a tiny model that is made on the spot: does training work here?

About 0.2 M parameters, pictures of made crops of text, four steps, on any processor in seconds. The
model learns nothing worth having; what is shown is that data, losses, checkpoints and the model
folder in the end are in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shuowen.model.config import LanguageConfig, ModelConfig, VisionConfig
from shuowen.train.options import OptimiserOptions
from shuowen.train.packing import PackingOptions
from shuowen.train.recipe import (
    STAGES,
    About,
    DataOptions,
    MadeData,
    MpoOptions,
    Recipe,
    StageName,
)

TINY = ModelConfig(
    vision=VisionConfig(
        width=48, depth=1, num_heads=2, mlp_width=96, tile_side_px=48, patch_side_px=12
    ),
    language=LanguageConfig(
        width=32,
        num_layers=2,
        num_heads=2,
        num_kv_heads=1,
        head_width=16,
        mlp_width=64,
        vocab_size=4096,
        rope_theta=1e4,
        rope_scaling=None,
        window=2048,
    ),
    max_tiles=8,
    use_thumbnail=False,
)
"""Tiles as those of nano; the vocabulary becomes that of the tokenizer."""

_SOURCES: Mapping[StageName, str] = MappingProxyType(
    {
        "pretrain": "lines",
        "sft": "lines",
        "mpo": "line_preferences",
        "prm": "line_solutions",
    }
)


def _recipe(stage: StageName) -> Recipe:
    name = f"debug-{stage}"
    return Recipe(
        name=name,
        about=About(
            summary=f"Four steps of {stage} on a tiny model: does training work here?",
            command=f"shuowen train {stage} {name} --out runs/{name}",
            hardware="Any processor, 1 GB of memory.",
            hours="Under 0.01 on two cores, measured.",
            expected_score="not measured; the model is too small to read.",
        ),
        stage=stage,
        init=TINY,
        data=DataOptions(made=(MadeData(name=_SOURCES[stage]),)),
        packing=PackingOptions(max_tokens=512, max_tiles=32, max_buffers=4),
        optimiser=OptimiserOptions(lr=1e-3, weight_decay=0.01),
        packs_per_step=2,
        num_steps=4,
        mpo=MpoOptions() if stage == "mpo" else None,
        recompute_activations=False,
    )


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {recipe.name: recipe for recipe in map(_recipe, STAGES)}
)
"""One for each stage."""
