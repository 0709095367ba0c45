"""`shuowen train make` and `preview`: synthetic documents, and a look at them. Without torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from shuowen.cli.models_progress import say
from shuowen.cli.values import Finite, Nearest

if TYPE_CHECKING:
    from shuowen.train.synthesize.made import DocumentKind

KINDS = ("page", "table", "form", "receipt", "line", "cell")
_ALL = "all"
_SHARE = Finite(min=0, max=1)

_LOOK = (
    click.option(
        "--language",
        type=Nearest(["zh", "en", "both"]),
        default="both",
        show_default=True,
        help="Of the words.",
    ),
    click.option(
        "--degradation",
        type=_SHARE,
        default=0.5,
        show_default=True,
        help="From 0, a clean print, to 1, the worst that people can still read.",
    ),
    click.option(
        "--handwriting",
        "handwriting_share",
        type=_SHARE,
        default=0.3,
        show_default=True,
        help="Share of documents (of forms: of values) written by hand.",
    ),
    click.option(
        "--dpi", type=click.IntRange(60, 400), default=110, show_default=True, help="Of the paper."
    ),
    click.option(
        "--seed",
        type=click.IntRange(0, 2**31 - 1),
        default=0,
        show_default=True,
        help="Another seed gives other documents; the same gives the same.",
    ),
)


def _look_options(command: Any) -> Any:
    for option in reversed(_LOOK):
        command = option(command)
    return command


@click.command("make", short_help="Make documents whose text is known.")
@click.argument("kind", type=Nearest([*KINDS, _ALL]))
@click.option("-n", "--count", type=click.IntRange(min=1), required=True, help="How many.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Folder of the data set; the same command goes on where it was stopped.",
)
@click.option(
    "--workers",
    "num_workers",
    type=click.IntRange(min=1),
    help="Processes.  [default: all processors]",
)
@click.option(
    "--format",
    "picture_format",
    type=Nearest(["jpg", "png"]),
    default="jpg",
    show_default=True,
    help="Of the pictures.",
)
@_look_options
def make_command(
    kind: DocumentKind | Literal["all"],
    count: int,
    out: Path,
    num_workers: int | None,
    picture_format: Literal["jpg", "png"],
    seed: int,
    **look: Any,
) -> None:
    """Make documents of a KIND with their truth: page, table, form, receipt, line, cell, or all.

    The folder holds pictures, annotations.jsonl and meta.json to train on, and truth.jsonl for
    `shuowen bench`.

    \b
    Examples:
      shuowen train make table -n 1000 -o made/tables
      shuowen train make all -n 600 -o made/all --degradation 0.8 --seed 7
      shuowen train sft finetune-documents-2b --data made/tables/meta.json
    """
    from shuowen.train.synthesize.generate import GenerateOptions, generate
    from shuowen.train.synthesize.made import DocumentOptions

    options = GenerateOptions(
        count=count,
        kinds=KINDS if kind == _ALL else (kind,),  # type: ignore[arg-type]  # words, checked above
        document=DocumentOptions(**look),
        seed=seed,
        picture_format=picture_format,
        num_workers=num_workers,
        shows_progress=True,
    )
    try:
        made = generate(out, options)
    except KeyboardInterrupt:
        say("What was made is kept: the same command goes on from here.")
        raise
    say(f"{made.num_made} made, {made.num_kept} were there, {made.num_rows} rows to train on.")
    click.echo(made.folder)


@click.command("preview", short_help="Look at made documents before making many.")
@click.argument("kind", type=Nearest(KINDS))
@click.option(
    "-n", "--count", type=click.IntRange(1, 200), default=12, show_default=True, help="How many."
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("preview"),
    show_default=True,
    metavar="DIR",
    help="Folder for contact.png and preview.html.",
)
@_look_options
def preview_command(kind: DocumentKind, count: int, out: Path, seed: int, **look: Any) -> None:
    """Write a contact sheet and a page that shows the truth beside each made document.

    \b
    Examples:
      shuowen train preview table
      shuowen train preview line -n 40 --degradation 1 -o look
    """
    from shuowen.train.synthesize.made import DocumentOptions
    from shuowen.train.synthesize.preview import preview

    options = DocumentOptions(kind=kind, **look)
    for path in preview(out, options, range(seed << 32, (seed << 32) + count)):
        click.echo(path)
