"""All recipes by name: complete settings of runs, each with command, hardware, hours and score.

`shuowen train recipes` lists them, `shuowen train recipes NAME` shows one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shuowen.train.recipe import Recipe
from shuowen.train.recipes import (
    debug,
    finetune_documents,
    internvl3_mpo,
    internvl3_pretrain,
    internvl3_prm,
    internvl3_sft,
    nano,
)

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        **nano.RECIPES,
        **debug.RECIPES,
        **finetune_documents.RECIPES,
        **internvl3_pretrain.RECIPES,
        **internvl3_sft.RECIPES,
        **internvl3_mpo.RECIPES,
        **internvl3_prm.RECIPES,
    }
)
"""In the order in which they are listed."""
