"""Options that all stages of `shuowen train` take, and the recipe and run that they stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from shuowen.cli.values import Nearest
from shuowen.errors import UsageError

if TYPE_CHECKING:
    from shuowen.train.options import RunOptions
    from shuowen.train.recipe import Recipe, StageName

_Command = TypeVar("_Command", bound=Callable[..., Any])

_COUNT = click.IntRange(min=1)

_OPTIONS = (
    click.option(
        "-o",
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Folder of the run: checkpoints, metrics.jsonl, curves.png, at the end model/."
        "  [default: runs/RECIPE]",
    ),
    click.option(
        "--data",
        "meta_files",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        multiple=True,
        metavar="META.json",
        help="What to train on: upstream's meta file, which names jsonl files and folders of"
        " pictures. May be given several times.",
    ),
    click.option(
        "--init",
        metavar="MODEL",
        help="Start from this model, a folder or a name on a hub, instead of the recipe's.",
    ),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="Change a setting of the recipe, such as packs_per_step=64, optimiser.lr=1e-5 or"
        " trainable=lora. `shuowen train recipes RECIPE` shows all. May be given several times.",
    ),
    click.option("--steps", "num_steps", type=_COUNT, help="Optimiser steps in all."),
    click.option(
        "--resume/--no-resume",
        default=True,
        show_default=True,
        help="Go on from the newest checkpoint in --out, where there is one.",
    ),
    click.option(
        "--stop-at",
        "stop_at_step",
        type=_COUNT,
        metavar="STEP",
        help="Save and end at this step, the schedule unchanged; for machines with a time limit.",
    ),
    click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:0."),
    click.option(
        "--dtype",
        type=Nearest(["bf16", "fp32"]),
        default="bf16",
        show_default=True,
        help="In what layers are computed; weights and moments are float32.",
    ),
    click.option("--threads", "num_threads", type=_COUNT, help="Processor threads of torch."),
    click.option(
        "--data-workers",
        "num_data_workers",
        type=click.IntRange(min=0),
        default=1,
        show_default=True,
        help="Processes that read and encode ahead.",
    ),
    click.option(
        "--save-every",
        "save_every_steps",
        type=_COUNT,
        default=500,
        show_default=True,
        metavar="STEPS",
        help="How often a checkpoint is written.",
    ),
    click.option(
        "--keep",
        "keep_checkpoints",
        type=_COUNT,
        default=2,
        show_default=True,
        metavar="N",
        help="Newest checkpoints that stay.",
    ),
    click.option(
        "--log-every",
        "log_every_steps",
        type=_COUNT,
        default=10,
        show_default=True,
        metavar="STEPS",
        help="How often a line is shown; metrics.jsonl has every step.",
    ),
    click.option("--tensorboard", is_flag=True, help="Write event files for TensorBoard, too."),
    click.option("-q", "--quiet", is_flag=True, help="Show no lines of progress."),
    click.option(
        "--dry-run", is_flag=True, help="Print the recipe with all changes, and do nothing."
    ),
)


def run_options(command: _Command) -> _Command:
    """Give a command the argument RECIPE and all of these options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return click.argument("recipe_name", metavar="RECIPE")(command)


def chosen_recipe(
    name: str,
    stage: StageName | None,
    *,
    meta_files: tuple[Path, ...] = (),
    init: str | None = None,
    settings: tuple[str, ...] = (),
) -> Recipe:
    """The recipe that the options stand for.

    Raises:
        UsageError: There is no such recipe or setting.
    """
    from shuowen.train.lookup import recipe_named, with_settings
    from shuowen.train.recipes import RECIPES

    recipe = with_settings(recipe_named(name, RECIPES, stage), settings)
    if meta_files:
        data = replace(recipe.data, meta_files=tuple(map(str, meta_files)))
        recipe = replace(recipe, data=data)
    return recipe if init is None else replace(recipe, init=init)


def check_data(recipe: Recipe) -> None:
    """Raise `UsageError` where nothing says what to train on: before a model is downloaded."""
    if recipe.data.is_empty:
        raise UsageError(
            f"The recipe {recipe.name} has no data of its own: upstream's are not published whole.",
            "Name yours: --data META.json",
        )


def run_of(recipe: Recipe, out: Path | None, options: dict[str, Any]) -> RunOptions:
    """The run that the options stand for; `quiet` among them hides progress."""
    from shuowen.train.options import RunOptions

    folder = Path("runs") / recipe.name if out is None else out
    return RunOptions(folder=folder, show_progress=not options.pop("quiet"), **options)
