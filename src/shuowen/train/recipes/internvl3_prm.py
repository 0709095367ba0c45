"""A process reward model from each size of InternVL3: a critic of solution steps.

VisualPRM (arXiv 2503.10291): after every solution step the model says + or -, and only those
tokens are trained. Published and used here: AdamW, learning rate 1e-5, weight decay 0.05, warm-up
5 %, cosine to 0, one pass over about 400 K solutions, packed.

Not published: batch and packing limits. Packed sequences are those of InternVL 2.5's stage 2
(16,384 tokens, 48 tiles). A solution of VisualPRM400K is some 2,000 tokens with its picture, so a
pack holds about 8; 64 packs a step are then the 512 of the nearest published run, and 400 K
solutions are 781 steps. For 38B and 78B, packed sequences are shorter and more. Upstream trained a
critic of 8B only, from InternVL 2.5; the other sizes have its settings. The data are public as
OpenGVLab/VisualPRM400K-v1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shuowen.train.recipe import About, DataOptions, Recipe
from shuowen.train.recipes.sizes import SIZES, PublishedSize, adamw, launcher, packs_per_step

_PACK_TOKENS = 16_384
_STEP_TOKENS = 64 * _PACK_TOKENS
_TOKENS = 400_000 / 8 * _PACK_TOKENS
_GPUS = {"1B": 8, "2B": 8, "8B": 8, "9B": 8, "14B": 16, "38B": 32, "78B": 128}
_HOURS = {"1B": 1, "2B": 1.7, "8B": 5, "9B": 6.5, "14B": 5, "38B": 7.1, "78B": 3.2}
_SCORE_8B = (
    "62.0 macro F1 on VisualProcessBench for a critic made from InternVL2.5-8B (arXiv 2503.10291);"
    " not measured from InternVL3."
)


def _recipe(size: PublishedSize) -> Recipe:
    name = f"internvl3-{size.slug}-prm"
    packing = size.packing(_PACK_TOKENS)
    packs = packs_per_step(_STEP_TOKENS, packing, _GPUS[size.name])
    return Recipe(
        name=name,
        about=About(
            summary=f"A critic of solution steps from InternVL3-{size.name}.",
            command=f"{launcher(_GPUS[size.name])} train prm {name}"
            f" --data VisualPRM400K-v1.1/meta.json --out runs/{name}",
            hardware=f"{_GPUS[size.name]} GPUs with 80 GB (H100).",
            hours=f"About {_HOURS[size.name]}, predicted by `shuowen train plan`, not measured.",
            expected_score=_SCORE_8B if size.name == "8B" else "not measured.",
            unpublished="batch and packing limits; InternVL 2.5's stage 2 stands in"
            " (arXiv 2412.05271 Table 3).",
        ),
        stage="prm",
        init=size.hub("Instruct"),
        data=DataOptions(),
        packing=packing,
        optimiser=adamw(1e-5, 0.05, warmup_share=0.05),
        packs_per_step=packs,
        num_steps=round(_TOKENS / (packs * packing.max_tokens)),
        max_tiles=12,
        jpeg=False,
        reduction="token",
        drop_path=0.0,
    )


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {recipe.name: recipe for recipe in map(_recipe, SIZES.values())}
)
"""By name, smallest first."""
