"""Mixed preference optimisation of InternVL3, all seven sizes (arXiv 2504.10479 §2.3).

Published and used here, from `shell/internvl3.0/mpo` upstream: learning rate 2e-7, weight decay
0.05, warm-up 3 %, cosine, one pass, nothing frozen, weights 0.8 (DPO), 0.2 (BCO) and 1
(likelihood), β 0.1; 256 pairs a step of up to 12,288 tokens, from 38B on 512 of 8,192; stochastic
depth 0.1, from 38B on 0.4; it starts from the fine-tuned model. About 300 K pairs (§2.4), which is
1,172 steps of 256.

Upstream runs one pair on each GPU; here a packed sequence holds as many pairs as fit. A pair of
MMPR is two answers behind the same picture of about seven tiles, some 4,500 tokens, so `_PAIRS`
(2) pairs make a pack and 128 packs a step. For 78B a pack of 8,192 tokens does not fit 80 GB:
pictures have at most 6 tiles there, and a pack 5,120 tokens.

Not published: whether δ of V2PE is drawn in this stage; it is drawn, as before. The data are public
as OpenGVLab/MMPR-v1.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shuowen.train.recipe import About, DataOptions, MpoOptions, Recipe
from shuowen.train.recipes.sizes import SIZES, PublishedSize, adamw, launcher

_NUM_PAIRS = 300_000
_PAIRS = 2
_GPUS = {"1B": 8, "2B": 8, "8B": 16, "9B": 16, "14B": 32, "38B": 128, "78B": 128}
_HOURS = {"1B": 2.7, "2B": 4.6, "8B": 7, "9B": 8.7, "14B": 6.7, "38B": 6.7, "78B": 7.5}
_REASONING = {
    "1B": (24.6, 25.1),
    "2B": (30.7, 32.4),
    "8B": (41.4, 44.3),
    "9B": (41.6, 43.1),
    "14B": (46.2, 49.9),
    "38B": (48.3, 52.8),
    "78B": (50.5, 54.6),
}
"""Overall of seven reasoning benchmarks before and after (Table 13)."""


def _recipe(size: PublishedSize) -> Recipe:
    name = f"internvl3-{size.slug}-mpo"
    is_large = size.name in ("38B", "78B")
    pairs_per_step = 512 if is_large else 256
    before, after = _REASONING[size.name]
    return Recipe(
        name=name,
        about=About(
            summary=f"Preference optimisation of the fine-tuned InternVL3-{size.name}.",
            command=f"{launcher(_GPUS[size.name])} train mpo {name}"
            f" --data MMPR-v1.2/meta.json --out runs/{name}",
            hardware=f"{_GPUS[size.name]} GPUs with 80 GB (H100).",
            hours=f"About {_HOURS[size.name]}, predicted by `shuowen train plan`, not measured.",
            expected_score=f"{before} to {after} overall of seven reasoning benchmarks"
            " (arXiv 2504.10479 Table 13).",
            unpublished="whether δ of V2PE is drawn in this stage; it is, as before.",
        ),
        stage="mpo",
        init=size.hub("Instruct"),
        data=DataOptions(),
        packing=size.packing(8_192 if is_large else 12_288),
        optimiser=adamw(2e-7, 0.05),
        packs_per_step=pairs_per_step // (1 if is_large else _PAIRS),
        num_steps=-(-_NUM_PAIRS // pairs_per_step),
        max_tiles=6 if size.name == "78B" else 12,
        jpeg=False,
        reduction="sample",
        mpo=MpoOptions(),
        drop_path=size.drop_path,
    )


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {recipe.name: recipe for recipe in map(_recipe, SIZES.values())}
)
"""By name, smallest first."""
