"""The trained model as a folder that every engine opens."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

from shuowen.model.internvl import InternVL
from shuowen.model.weights.save import save_model
from shuowen.train.adapters import merge_adapter, set_trainable
from shuowen.train.parallel import Processes
from shuowen.train.recipe import Adapter, Recipe


def export_model(
    model: InternVL, folder: Path, source_folder: Path, recipe: Recipe, here: Processes
) -> None:
    """Write the model folder; adapters become part of the weights.

    Args:
        model: As it was trained.
        folder: Is created or replaced.
        source_folder: Whose tokenizer and settings it gets.
        recipe: Says whether there is an adapter.
        here: This process; all call this together.

    Raises:
        OutputError: The folder cannot be written.
    """
    if here.world > 1:
        model = _whole(model, recipe, here)
    if here.is_first:
        if isinstance(recipe.trainable, Adapter):
            merge_adapter(model)
        save_model(
            model,
            folder,
            "original",
            source_folder=source_folder,
            dtype=torch.bfloat16,
            overwrite=True,
        )
    here.wait()


def _whole(model: InternVL, recipe: Recipe, here: Processes) -> InternVL:
    """A copy that is not spread; only the first process has its weights."""
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    weights = get_model_state_dict(model, options=options)
    if not here.is_first:
        return model
    with torch.device("meta"):
        whole = InternVL(model.config)
    set_trainable(whole, recipe.trainable)
    whole.load_state_dict(weights, assign=True)
    return whole
