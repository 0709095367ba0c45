"""`shuowen train pretrain`, `sft`, `mpo` and `prm`: one run of a recipe."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from shuowen.cli.models_progress import say
from shuowen.cli.train_extra import train_extra_needed
from shuowen.cli.train_options import check_data, chosen_recipe, run_of, run_options
from shuowen.cli.values import Finite, Nearest
from shuowen.errors import EXIT_INTERRUPTED, EXIT_PARTIAL, UsageError
from shuowen.evals.extra import require_bench_extra

DEFAULT_MARGIN = 0.01
"""How far an error rate may rise after corrections were learnt: a point."""

if TYPE_CHECKING:
    from shuowen.train.options import RunOptions
    from shuowen.train.recipe import Recipe
    from shuowen.train.run import RunResult


@click.command("pretrain", short_help="Train on text and pictures together.")
@run_options
def pretrain_command(recipe_name: str, **given: Any) -> None:
    """Native multimodal pre-training with the settings of RECIPE.

    The recipes of InternVL3 start from a published vision encoder and base language model with a
    new projector between them, and train everything.

    \b
    Examples:
      shuowen train pretrain debug-pretrain --out runs/debug
      shuowen train pretrain internvl3-1b-pretrain --data meta.json --dry-run
      torchrun --nproc-per-node 8 -m shuowen train pretrain internvl3-1b-pretrain --data meta.json
    """
    recipe = _recipe(recipe_name, "pretrain", given)
    if _is_told_only(recipe, given):
        return
    with train_extra_needed("Training"):
        from shuowen.train.pretrain import pretrain
    _end(_started(lambda run: pretrain(recipe, run), recipe, given), given)


@click.command("sft", short_help="Fine-tune on conversations, such as your own pages.")
@run_options
def sft_command(recipe_name: str, **given: Any) -> None:
    """Fine-tune a model with the settings of RECIPE.

    Rows of data are questions about pictures and their answers:

    \b
      {"image": "7.png", "conversations": [{"from": "human", "value": "<image>\\nRead this."},
       {"from": "gpt", "value": "what is written there"}]}

    \b
    Examples:
      shuowen train sft finetune-documents-2b --data mine/meta.json
      shuowen train sft finetune-documents-8b --data mine/meta.json --set trainable=dora
      shuowen train sft internvl3-1b-sft --data meta.json --init models/1b --set num_steps=2000
    """
    recipe = _recipe(recipe_name, "sft", given)
    if _is_told_only(recipe, given):
        return
    with train_extra_needed("Training"):
        from shuowen.train.sft import sft
    _end(_started(lambda run: sft(recipe, run), recipe, given), given)


@click.command("prm", short_help="Make a critic of solution steps.")
@run_options
def prm_command(recipe_name: str, **given: Any) -> None:
    """Train a process reward model with the settings of RECIPE.

    Rows of data are solutions whose steps are judged:

    \b
      {"images": ["7.png"], "prompt": "How many?", "completions": ["There are two rows of three.",
       "So there are seven."], "labels": [true, false]}

    \b
    Examples:
      shuowen train prm debug-prm
      torchrun --nproc-per-node 8 -m shuowen train prm internvl3-8b-prm --data meta.json
    """
    recipe = _recipe(recipe_name, "prm", given)
    if _is_told_only(recipe, given):
        return
    with train_extra_needed("Training"):
        from shuowen.train.prm import prm
    _end(_started(lambda run: prm(recipe, run), recipe, given), given)


@click.command("mpo", short_help="Learn to prefer right answers, also from corrections.")
@run_options
@click.option(
    "--corrections",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    metavar="FILE.jsonl",
    help="People's corrections of what was read; --data and the recipe's own data then keep alive"
    " what the model could before.",
)
@click.option(
    "--replay",
    type=Finite(min=0, max=1000),
    default=1.0,
    show_default=True,
    help="Tokens of other data for one of corrections; 1 where the corrections matter most, up to"
    " 5 to forget less, 0 for corrections alone.",
)
@click.option(
    "--reference",
    type=Nearest(["on_the_fly", "precomputed"]),
    default="on_the_fly",
    show_default=True,
    help="How the frozen model is asked: beside the trained one, or once before training, which"
    " takes less memory.",
)
@click.option(
    "--gate-margin",
    type=Finite(min=0, max=1),
    metavar="RATE",
    help="After training, read held-out lines with the old and the new model; where the error rate"
    " rose by more than this and more than chance, the new one is put into the folder refused and"
    " the exit code is 10. 0.01 is a point, and the default with --corrections; 1 lets all pass.",
)
@click.option(
    "--held-out",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="For --gate-margin: sets of lines as `shuowen bench` takes them, beside the made ones.",
)
def mpo_command(
    recipe_name: str,
    corrections: tuple[Path, ...],
    replay: float,
    reference: Literal["on_the_fly", "precomputed"],
    gate_margin: float | None,
    held_out: Path | None,
    **given: Any,
) -> None:
    """Mixed preference optimisation with the settings of RECIPE.

    Rows of data are a better and a worse answer to one question; corrections name a page, a box in
    pixels, what is written there and what was read:

    \b
      {"image": "7.png", "question": "<image>\\nHow many?", "chosen": "Six.", "rejected": "Seven."}
      {"image": "7.png", "box": [12, 8, 56, 30], "chosen": "寿比南山", "rejected": "春比南山"}

    \b
    Examples:
      shuowen train mpo internvl3-1b-mpo --data MMPR-v1.2/meta.json
      shuowen train mpo internvl3-1b-mpo --data MMPR-v1.2/meta.json --corrections mine.jsonl
          --set trainable=lora --gate-margin 0.01
    """
    if corrections and gate_margin is None:
        gate_margin = DEFAULT_MARGIN
    if held_out is not None and gate_margin is None:
        raise UsageError("--held-out is read by the gate.", "Add --gate-margin 0.01.")
    recipe = _recipe(recipe_name, "mpo", given)
    files = tuple(map(str, corrections))
    recipe = replace(recipe, data=replace(recipe.data, corrections=files, replay=replay))
    if _is_told_only(recipe, given):
        return
    if gate_margin is not None:
        _check_gate(recipe)
    with train_extra_needed("Training"):
        from shuowen.train.mpo import mpo
    result = _started(lambda run: mpo(recipe, run, reference=reference), recipe, given)
    _end(result, given)
    if gate_margin is not None and result.model_folder is not None and _is_first():
        _judge(recipe, result.model_folder, gate_margin, held_out)


def _check_gate(recipe: Recipe) -> None:
    """Before hours of training, not after them."""
    if not isinstance(recipe.init, str):
        raise UsageError("The gate needs a model to compare with.", "Name it with --init MODEL.")
    require_bench_extra()


def _recipe(name: str, stage: Any, given: dict[str, Any]) -> Recipe:
    chosen = {key: given.pop(key) for key in ("meta_files", "init", "settings")}
    return chosen_recipe(name, stage, **chosen)


def _is_told_only(recipe: Recipe, given: dict[str, Any]) -> bool:
    """Print the recipe, if that is all that is wanted; raises `UsageError` where data lack."""
    if given.pop("dry_run"):
        from shuowen.cli.train_recipes import recipe_text

        click.echo(recipe_text(recipe))
        return True
    check_data(recipe)
    return False


def _started(stage: Any, recipe: Recipe, given: dict[str, Any]) -> RunResult:
    run: RunOptions = run_of(recipe, given.pop("out"), given)
    try:
        with train_extra_needed("Training"):
            result: RunResult = stage(run)
    except KeyboardInterrupt:
        if _is_first():
            say("The same command goes on from the last checkpoint.")
        raise
    return result


def _end(result: RunResult, given: dict[str, Any]) -> None:
    """Say where the model is, or how to go on; the first process alone speaks."""
    if result.model_folder is not None:
        if _is_first():
            click.echo(result.model_folder)
        return
    if _is_first():
        say(result.how_to_go_on)
    if result.steps != given.get("stop_at_step"):
        raise click.exceptions.Exit(EXIT_INTERRUPTED)


def _judge(recipe: Recipe, model_folder: Path, margin: float, held_out: Path | None) -> None:
    from shuowen.cli.train_gate import judged
    from shuowen.train.gate import refuse
    from shuowen.train.gate_report import table

    assert isinstance(recipe.init, str)
    result = judged(recipe.init, model_folder, margin, held_out)
    click.echo(table(result), err=True)
    if not result.is_accepted:
        aside = refuse(model_folder, result, recipe.init)
        say(f"The new model forgot something and is refused; it is in {aside}, with the reasons.")
        raise click.exceptions.Exit(EXIT_PARTIAL)


def _is_first() -> bool:
    """torchrun starts many processes; one of them speaks."""
    return os.environ.get("RANK", "0") == "0"
