"""Supervised fine-tuning of InternVL3, all seven sizes (arXiv 2504.10479 §2.3).

Published and used here: 21.7 M samples, JPEG compression of tiles at random quality, square
averaging, packed sequences; it starts from the natively pre-trained model.

Not published: learning rate, batch, steps, packing limits. In their place stand those of InternVL
2.5's stage 2 (arXiv 2412.05271 Table 3, `shell/internvl2.5/stage2` upstream): 512 packed sequences
of 16,384 tokens and 48 tiles, 5,500 steps for its 16.3 M samples (four times as many for 1B and
2B), which makes 7,322 steps for 21.7 M. For 38B and 78B, packed sequences are shorter and more, so
that they fit 80 GB. The data are not published: give your own with --data.

To tune a published model further on your own pages, see `finetune_documents`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shuowen.train.recipe import About, DataOptions, Recipe
from shuowen.train.recipes.sizes import SIZES, PublishedSize, adamw, launcher, packs_per_step

_PACK_TOKENS = 16_384
_STEP_TOKENS = 512 * _PACK_TOKENS
_TOKENS = 5_500 * 21.7 / 16.3 * _STEP_TOKENS
_PASSES = {"1B": 4, "2B": 4}
_GPUS = {"1B": 64, "2B": 64, "8B": 64, "9B": 64, "14B": 128, "38B": 256, "78B": 512}
_HOURS = {"1B": 37, "2B": 64, "8B": 48, "9B": 62, "14B": 47, "38B": 67, "78B": 60}
_REASONING = {
    "1B": 24.6,
    "2B": 30.7,
    "8B": 41.4,
    "9B": 41.6,
    "14B": 46.2,
    "38B": 48.3,
    "78B": 50.5,
}
"""Overall of seven reasoning benchmarks, without MPO (Table 13)."""


def _recipe(size: PublishedSize) -> Recipe:
    name = f"internvl3-{size.slug}-sft"
    packing = size.packing(_PACK_TOKENS)
    packs = packs_per_step(_STEP_TOKENS, packing, _GPUS[size.name])
    return Recipe(
        name=name,
        about=About(
            summary=f"Supervised fine-tuning of the pre-trained InternVL3-{size.name}.",
            command=f"{launcher(_GPUS[size.name])} train sft {name}"
            f" --data meta.json --out runs/{name}",
            hardware=f"{_GPUS[size.name]} GPUs with 80 GB (H100).",
            hours=f"About {_HOURS[size.name]}, predicted by `shuowen train plan`, not measured.",
            expected_score=f"{_REASONING[size.name]} overall of seven reasoning benchmarks"
            " (arXiv 2504.10479 Table 13, without MPO).",
            unpublished="learning rate, batch, steps, packing limits; InternVL 2.5's stage 2"
            " stands in (arXiv 2412.05271 Table 3).",
        ),
        stage="sft",
        init=size.hub("Pretrained"),
        data=DataOptions(),
        packing=packing,
        optimiser=adamw(size.pretrain_lr, size.weight_decay),
        packs_per_step=packs,
        num_steps=round(_PASSES.get(size.name, 1) * _TOKENS / (packs * packing.max_tokens)),
        max_tiles=12,
        drop_path=size.drop_path,
    )


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {recipe.name: recipe for recipe in map(_recipe, SIZES.values())}
)
"""By name, smallest first."""
