"""Native multimodal pre-training of InternVL3, all seven sizes (arXiv 2504.10479 §2.2, §2.5).

One stage, all parameters: a published InternViT and a base language model with a random projector
between them see text and pictures together; the loss is on text tokens, each weighted 1 / √l.

Published and used here: about 200 G tokens, language to multimodal 1 : 3 by tokens, sequences of up
to 32,768 tokens, δ of V2PE drawn for every picture, square averaging, JPEG compression of tiles.

Not published: learning rate, batch, steps, warm-up, weight decay, tiles of a packed sequence. In
their place stand those of InternVL 2.5's stage 2 (arXiv 2412.05271 Table 3, `shell/internvl2.5/
stage2` upstream): 512 packed sequences a step, learning rate 4e-5 (2e-5 from 38B on), warm-up 3 %,
cosine, 48 tiles for 16,384 tokens and so 96 for 32,768. 200 G tokens are then 11,921 steps. The
data are not published either: give your own with --data.

Upstream shares long sequences among GPUs, which is not done here: from 8B on a packed sequence of
32,768 tokens does not fit 80 GB, so it is shorter and a step has more of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shuowen.train.recipe import About, DataOptions, Parts, Recipe
from shuowen.train.recipes.sizes import SIZES, PublishedSize, adamw, launcher, packs_per_step

_TOKENS = 200e9
_PACK_TOKENS = 32_768
_STEP_TOKENS = 512 * _PACK_TOKENS
_GPUS = {"1B": 64, "2B": 64, "8B": 128, "9B": 128, "14B": 256, "38B": 512, "78B": 512}
_HOURS = {"1B": 35, "2B": 62, "8B": 78, "9B": 100, "14B": 77, "38B": 109, "78B": 194}
_OVERALL_8B = (
    "75.7 overall of twelve benchmarks with δ = 1, 75.9 with δ = 1/4 (arXiv 2504.10479 Table 12)"
)


def _recipe(size: PublishedSize) -> Recipe:
    name = f"internvl3-{size.slug}-pretrain"
    packing = size.packing(_PACK_TOKENS)
    packs = packs_per_step(_STEP_TOKENS, packing, _GPUS[size.name])
    return Recipe(
        name=name,
        about=About(
            summary=f"Native pre-training of InternVL3-{size.name} on text and pictures together.",
            command=f"{launcher(_GPUS[size.name])} train pretrain"
            f" {name} --data meta.json --out runs/{name}",
            hardware=f"{_GPUS[size.name]} GPUs with 80 GB (H100).",
            hours=f"About {_HOURS[size.name]}, predicted by `shuowen train plan`, not measured.",
            expected_score=_OVERALL_8B
            if size.name == "8B"
            else "not measured; upstream publishes none for this stage alone.",
            unpublished="learning rate, batch, steps, warm-up, weight decay, tiles of a pack;"
            " InternVL 2.5's stage 2 stands in (arXiv 2412.05271 Table 3).",
        ),
        stage="pretrain",
        init=Parts(vision=size.vision, language=size.language, tokenizer=size.hub("Pretrained")),
        data=DataOptions(language_share=0.25),
        packing=packing,
        optimiser=adamw(size.pretrain_lr, size.weight_decay),
        packs_per_step=packs,
        num_steps=round(_TOKENS / (packs * packing.max_tokens)),
        max_tiles=12,
        drop_path=size.drop_path,
    )


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {recipe.name: recipe for recipe in map(_recipe, SIZES.values())}
)
"""By name, smallest first."""
