"""`shuowen train`: the four stages, and what helps to plan and to look at them."""

from __future__ import annotations

import difflib

import click

from shuowen.cli.train_curves import curves_command
from shuowen.cli.train_made import make_command, preview_command
from shuowen.cli.train_plan import plan_command
from shuowen.cli.train_recipes import recipes_command
from shuowen.cli.train_run import mpo_command, pretrain_command, prm_command, sft_command


class StageGroup(click.Group):
    """A group that gives the nearest name as advice; subcommands stay in the order of their use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order in which they were added."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; fails with the nearest name."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.commands, n=1)
            advice = f"Did you mean {near[0]!r}? " if near else ""
            known = ", ".join(self.commands)
            ctx.fail(f"There is no command {args[0]!r}. {advice}There are: {known}.")
        return super().resolve_command(ctx, args)


@click.group(
    "train",
    cls=StageGroup,
    invoke_without_command=True,
    short_help="Pre-train, fine-tune and align InternVL3.",
)
@click.pass_context
def command(context: click.Context) -> None:
    """Train InternVL3 and its relatives: four stages, each with complete recipes.

    \b
      pretrain   text and pictures together, from a vision encoder and a base language model
      sft        fine-tune on conversations: your own pages and what is written there
      mpo        learn to prefer right answers; from people's corrections, too
      prm        a critic that says after each solution step whether all is right so far

    A recipe has every setting; --set changes one. A run that was stopped goes on when the same
    command is started again. Training needs shuowen[train]; recipes, make and preview do not.

    \b
    Examples:
      shuowen train pretrain debug-pretrain         does training work here? seconds, any machine
      shuowen train recipes                         what there is
      shuowen train plan internvl3-8b-sft --gpus 8 --gpu-memory-gb 80
      shuowen train sft finetune-documents-2b --data mine/meta.json
      torchrun --nproc-per-node 8 -m shuowen train sft internvl3-8b-sft --data meta.json
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for each in (
    pretrain_command,
    sft_command,
    mpo_command,
    prm_command,
    recipes_command,
    plan_command,
    preview_command,
    make_command,
    curves_command,
):
    command.add_command(each)
