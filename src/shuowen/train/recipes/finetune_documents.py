"""Tuning a published model to your own pages on one graphics card of 24 GB.

LoRA on the language model, with the frozen weights in bfloat16: rank 16, learning rate 4e-5, weight
decay 0.05, warm-up 3 %, cosine, as upstream's `2nd_finetune/*_lora.sh` of InternVL 2.5 (InternVL3
has such scripts for full tuning alone). A step learns from 16,384 tokens, about the sixteen samples
of upstream's step where a sample is a region of a page.

On such a card InternVL3-2B learns whole pages of 12 tiles. Beside the weights of InternVL3-8B there
is room for packed sequences of 2,048 tokens only: lines, fields and small tables of up to 4 tiles.

Made documents are mixed in one to one with yours, so that what the model could before is not
forgotten (upstream's advice is between 1 : 1 and 5 : 1 general to domain, InternVL#568); leave
--data away to train on made documents alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shuowen.train.packing import PackingOptions
from shuowen.train.recipe import About, Adapter, DataOptions, MadeData, Recipe
from shuowen.train.recipes.sizes import SIZES, adamw

_STEP_TOKENS = 16_384
_NUM_STEPS = 1_000


@dataclass(frozen=True)
class _Room:
    """What fits beside the weights."""

    max_tokens: int
    pack_tiles: int
    picture_tiles: int
    made: tuple[str, ...]
    hours: str


_ROOMS = {
    "2B": _Room(8_192, 24, 12, ("pages", "tables", "forms", "receipts", "lines"), "1"),
    "8B": _Room(2_048, 6, 4, ("lines",), "3"),
}


def _recipe(size_name: str) -> Recipe:
    size = SIZES[size_name]
    name = f"finetune-documents-{size.slug}"
    room = _ROOMS[size_name]
    return Recipe(
        name=name,
        about=About(
            summary=f"Tunes InternVL3-{size_name} to your own pages with LoRA.",
            command=f"shuowen train sft {name} --data mine/meta.json --out runs/{name}",
            hardware="One GPU with 24 GB (RTX 4090).",
            hours=f"About {room.hours}, predicted by `shuowen train plan`, not measured.",
            expected_score="not measured; before tuning InternVL3-2B has 88.3 and 8B 92.7 on"
            " DocVQA test (arXiv 2504.10479 Table 3).",
            unpublished="LoRA settings for InternVL3; those of InternVL 2.5 stand in.",
        ),
        stage="sft",
        init=size.hub("Instruct"),
        data=DataOptions(made=tuple(MadeData(name=each) for each in room.made)),
        packing=PackingOptions(
            max_tokens=room.max_tokens, max_tiles=room.pack_tiles, max_buffers=20
        ),
        optimiser=adamw(4e-5, 0.05),
        packs_per_step=_STEP_TOKENS // room.max_tokens,
        num_steps=_NUM_STEPS,
        max_tiles=room.picture_tiles,
        trainable=Adapter(kind="lora", rank=16),
    )


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {recipe.name: recipe for recipe in map(_recipe, _ROOMS)}
)
"""By name."""
