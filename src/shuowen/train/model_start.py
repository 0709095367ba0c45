"""The model that a run starts from, with weights in float32."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from shuowen.hub.download import resolve_model
from shuowen.model.config import ModelConfig
from shuowen.model.internvl import InternVL
from shuowen.model.prompt_settings import prompt_settings
from shuowen.model.weights.load import load_model
from shuowen.prompt.processor import Processor
from shuowen.train.adapters import set_trainable
from shuowen.train.nano.folder import start_folder
from shuowen.train.parallel import Processes
from shuowen.train.recipe import Parts, Recipe


@dataclass(frozen=True)
class Start:
    """What a run starts from.

    Attributes:
        model: In training mode, frozen and adapted as the recipe says.
        processor: Its prompts.
        folder: Where tokenizer and settings of the model folder at the end come from.
    """

    model: InternVL
    processor: Processor
    folder: Path


def start_model(recipe: Recipe, run_folder: Path, here: Processes) -> Start:
    """Open or make the model of a recipe.

    Args:
        recipe: Says what to start from, and what of it is trained.
        run_folder: Where a model that is made gets its folder.
        here: This process.

    Raises:
        UsageError, ModelError, FetchError, OutputError: There is no such model, or it cannot be
            had or made.
    """
    if here.is_first:
        _folder(recipe, run_folder)
    here.wait()
    folder = _folder(recipe, run_folder)
    model = load_model(folder, dtype=torch.float32)
    torch.manual_seed(recipe.seed)  # adapters begin with random weights, the same everywhere
    set_trainable(model, recipe.trainable)
    model.to(here.device)
    _set_drop_path(model, recipe.drop_path)
    model.train()
    return Start(model, Processor.from_folder(folder, prompt_settings(model.config)), folder)


def _folder(recipe: Recipe, run_folder: Path) -> Path:
    if isinstance(recipe.init, str):
        return resolve_model(recipe.init)
    made = run_folder / "start"
    if made.is_dir():
        return made
    if isinstance(recipe.init, ModelConfig):
        return start_folder(made, recipe.seed, config=recipe.init)
    return _joined(recipe.init, made, recipe.seed)


def _joined(parts: Parts, folder: Path, seed: int) -> Path:
    from shuowen.train.joining import join_parts

    return join_parts(parts, folder, seed)


def _set_drop_path(model: InternVL, rate: float) -> None:
    """Stochastic depth rises from 0 at the first block to the rate at the last."""
    last = max(len(model.vision.blocks) - 1, 1)
    for index, block in enumerate(model.vision.blocks):
        block.drop_path = rate * index / last  # type: ignore[assignment]
    vision = replace(model.config.vision, drop_path=rate)
    model.config = replace(model.config, vision=vision)
