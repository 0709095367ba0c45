"""`shuowen train curves`: a picture of how a run went, or goes."""

from __future__ import annotations

from pathlib import Path

import click

from shuowen.cli.train_extra import train_extra_needed
from shuowen.errors import UsageError


@click.command("curves", short_help="Draw loss and speed of a run.")
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.png",
    help="Where to.  [default: curves.png in the run's folder]",
)
def curves_command(run: Path, out: Path | None) -> None:
    """Draw the curves of the folder RUN, also while training goes on.

    \b
    Examples:
      shuowen train curves runs/debug-pretrain
      shuowen train curves runs/mine -o mine.png
    """
    with train_extra_needed("Drawing"):
        from shuowen.train.curves import draw_curves

        metrics = run / "metrics.jsonl"
        if not metrics.is_file():
            raise UsageError(
                f"{run} is no folder of a run: it has no metrics.jsonl.",
                "Name the folder that training was given as --out.",
            )
        click.echo(draw_curves(metrics, out or run / "curves.png"))
