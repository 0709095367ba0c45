"""shuowen-nano: InternVL3's network at 8 M parameters, trained from nothing on two processor cores.

A model that starts from nothing must find out that the picture is what the answer hangs on, and
until it has, it learns which characters are frequent and nothing more. Short clean crops of one to
three characters show it in a fifth of the time that lines take (docs/log.md), so `nano-start` has
these alone, with every visual token a whole position; `nano-pretrain` goes on with lines, texts
and V2PE.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from shuowen.train.nano.model import NANO
from shuowen.train.options import OptimiserOptions
from shuowen.train.packing import PackingOptions
from shuowen.train.recipe import About, DataOptions, MadeData, Recipe

_HARDWARE = "Two processor cores, 4 GB of memory."
_SHORT = MappingProxyType(
    {"max_units": 4.0, "handwriting_share": 0.25, "level_shares": (0.6, 0.3, 0.1)}
)
_LINES = MappingProxyType({"augment": True})

START = Recipe(
    name="nano-start",
    about=About(
        summary="The first pre-training of shuowen-nano, on made crops of one to three characters.",
        command="shuowen train pretrain nano-start --out runs/nano-start",
        hardware=_HARDWARE,
        hours="About 0.4 on one core, measured.",
        expected_score="not measured; it reads short clean print, half of it right.",
    ),
    stage="pretrain",
    init=NANO,
    data=DataOptions(made=(MadeData(name="lines", options=_SHORT),)),
    packing=PackingOptions(max_tokens=3072, max_tiles=192, max_buffers=8),
    optimiser=OptimiserOptions(
        name="muon",
        lr=2e-3,
        weight_decay=0.01,
        betas=(0.9, 0.98),
        warmup_share=0.03,
        schedule="constant",
    ),
    packs_per_step=1,
    num_steps=1000,
    position_step=1.0,
    max_tiles=NANO.max_tiles,
    jpeg=False,
    recompute_activations=False,
)

PRETRAIN = replace(
    START,
    name="nano-pretrain",
    about=About(
        summary="Native multimodal pre-training of shuowen-nano on made crops and texts.",
        command="shuowen train pretrain nano-pretrain --init runs/nano-start/model"
        " --out runs/nano-pretrain",
        hardware=_HARDWARE,
        hours="About 2 on two cores, predicted from the first steps.",
        expected_score="not measured over its whole length; see docs/recipe.md.",
    ),
    data=DataOptions(
        made=(MadeData(name="lines", options=_LINES), MadeData(name="texts")), language_share=0.25
    ),
    optimiser=replace(START.optimiser, schedule="wsd", warmup_share=0.01, decay_share=0.25),
    num_steps=7000,
    position_step="random",
    jpeg=True,
)

RECIPES: Mapping[str, Recipe] = MappingProxyType({each.name: each for each in (START, PRETRAIN)})
"""In the order in which they are run; `benchmarks/recipe.py` has the stages after them."""
