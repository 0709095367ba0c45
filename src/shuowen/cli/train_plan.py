"""`shuowen train plan`: does a recipe fit the machine, and how long will it take?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from shuowen.cli.train_extra import train_extra_needed
from shuowen.cli.train_options import chosen_recipe
from shuowen.cli.values import Finite
from shuowen.errors import EXIT_PARTIAL

if TYPE_CHECKING:
    from shuowen.train.planner import Plan

_GIB = 2**30


@click.command("plan", short_help="Predict memory and hours of a recipe.")
@click.argument("recipe_name", metavar="RECIPE")
@click.option(
    "--gpus", "num_gpus", type=click.IntRange(min=1), default=8, show_default=True, help="In all."
)
@click.option(
    "--gpu-memory-gb",
    type=Finite(min=0.1, max=10_000),
    default=80.0,
    show_default=True,
    help="Of one, as its maker counts: a GB is 2^30 bytes.",
)
@click.option(
    "--tflops",
    type=Finite(min=1e-3, max=1e6),
    default=989.0,
    show_default=True,
    help="Peak of one in bfloat16: H100 989, A100 312, RTX 4090 165.",
)
@click.option(
    "--use",
    type=Finite(min=0.01, max=1),
    default=0.35,
    show_default=True,
    help="Share of the peak that training reaches.",
)
@click.option("--init", metavar="MODEL", help="As for training.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="As for training.")
@click.option("--steps", "num_steps", type=click.IntRange(min=1), help="As for training.")
def plan_command(
    recipe_name: str, init: str | None, settings: tuple[str, ...], **machine: Any
) -> None:
    """Predict memory of each GPU and hours of RECIPE, without a GPU and without its weights.

    Where it does not fit, it is said what to change; exit code 10 then.

    \b
    Examples:
      shuowen train plan internvl3-8b-sft --gpus 8 --gpu-memory-gb 80
      shuowen train plan finetune-documents-2b --gpus 1 --gpu-memory-gb 24 --tflops 165
    """
    with train_extra_needed("Planning"):
        from shuowen.train.planner import Machine, plan
    num_steps = machine.pop("num_steps")
    memory_bytes = machine.pop("gpu_memory_gb") * _GIB
    recipe = chosen_recipe(recipe_name, None, init=init, settings=settings)
    found = plan(recipe, Machine(memory_bytes=memory_bytes, **machine), num_steps)
    click.echo(plan_text(found))
    if not found.fits:
        raise click.exceptions.Exit(EXIT_PARTIAL)


def plan_text(plan: Plan) -> str:
    """A table of memory, the hours, and what to change."""
    from shuowen.train.planner import memory_rows

    rows = [*memory_rows(plan.memory), ("together", plan.memory.total)]
    lines = [f"Memory of each of {plan.machine.num_gpus} GPUs, worst moment of a step:"]
    lines += [f"  {name:<12}{num_bytes / _GIB:9.2f} GB" for name, num_bytes in rows]
    there = plan.machine.memory_bytes / _GIB
    lines.append(f"  {'there is':<12}{there:9.2f} GB: {'fits' if plan.fits else 'does not fit'}")
    lines.append("")
    if plan.hours is None:
        lines.append(f"Time: {plan.seconds_per_step:.1f} s a step; the data say how many steps.")
    else:
        lines.append(
            f"Time: {plan.num_steps:,} steps of {plan.seconds_per_step:.1f} s,"
            f" {plan.hours:,.1f} hours at {plan.machine.use:.0%} of the peak."
        )
    return "\n".join([*lines, *(f"To change: {each}" for each in plan.advice)])
