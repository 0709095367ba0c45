"""`shuowen read`: documents in, what they say out."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from shuowen.cli.source_options import limits_from
from shuowen.cli.values import Amount, Finite, Format, Nearest, short_amount
from shuowen.config import (
    EFFORT_CHOICES,
    MAX_DPI,
    MIN_DPI,
    REPAIR_CHOICES,
    TEXT_LAYER_CHOICES,
    Limits,
    ReadOptions,
)
from shuowen.errors import UsageError
from shuowen.reading.repair_choice import FORBIDDABLE, forbidden_repairs, forced_repairs

HELP = """Read documents and write what they say.

SOURCE is a file (PDF, PNG, JPEG, WebP, BMP, GIF, TIFF, HEIC), a folder with all that is below it,
a pattern in quotes such as 'scans/**/*.tif', an http(s) URL, or - for standard input.

Without -o the result goes to standard output. With -o DIR each document becomes a file in DIR,
finished pages are kept in DIR/.shuowen as they come, and the same command run again goes on where
the first one stopped and skips what is done. A file that you have changed, or that was there
before, is never overwritten without --force.

\b
Examples:
  shuowen read scan.pdf                             Markdown on the terminal
  shuowen read scan.pdf --pages 1,5-10 > part.md    some pages into a file
  shuowen read scans/ -o out/                       a folder; again to resume
  shuowen read scans/ -o out/ --to md --to json     two files for each document
  shuowen read photo.jpg -o check/ --to overlay     what was found, drawn on the page
  shuowen read fax.png --min-confidence 0.8         doubtful words are marked
  shuowen read old.jpg --no-repair all              the picture is read as it is
  shuowen read --password - secret.pdf              asks for the password
  curl -s https://example.org/a.png | shuowen read -

\b
Exit codes: 0 all is well; 10 some of the work failed and the rest is written; 130 stopped with
Ctrl-C. When nothing could be read: 3 unreadable, 9 URL; 2 wrong option; 8 cannot write;
`shuowen --help` lists them all.
"""


@click.command("read", help=HELP)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option(
    "--to",
    "formats",
    type=Format(),
    multiple=True,
    default=("md",),
    show_default=True,
    help="Output format; repeat it for several. overlay draws boxes, kinds, reading order and"
    " confidence on a picture of each page.",
)
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write files into DIR, made when missing, instead of standard output.",
)
@click.option(
    "--pages",
    default="",
    metavar="RANGES",
    help="Pages to read, counted from 1: 1,5-10 or 3- or -4.  [default: all]",
)
@click.option(
    "--effort",
    type=Nearest(EFFORT_CHOICES),
    default=ReadOptions.effort,
    show_default=True,
    help="fast: a small look at the page; normal: a closer one, doubtful words are read again by a"
    " larger network and a language model; max: text is searched for at more sizes, hard lines are"
    " read in several views, and repeated characters help each other.",
)
@click.option(
    "--text-layer",
    type=Nearest(TEXT_LAYER_CHOICES),
    default=ReadOptions.text_layer,
    show_default=True,
    help="Use a PDF's own text when it agrees with the picture (auto), always, or never.",
)
@click.option(
    "--dpi",
    type=click.IntRange(MIN_DPI, MAX_DPI),
    default=ReadOptions.dpi,
    show_default=True,
    help="Resolution at which PDF pages are drawn; more finds smaller print and takes longer.",
)
@click.option(
    "--min-confidence",
    type=Finite(min=0, max=1),
    default=ReadOptions.min_confidence,
    metavar="P",
    help="Mark a word as doubtful when one of its characters is less likely right than P, 0 to 1:"
    " <mark> with that likelihood in md and html, ⟦word?⟧ in txt, is_doubtful in json, yellow in"
    " overlay. The words stay the same.  [default: 0, none]",
)
@click.option(
    "--repair",
    "force_repairs",
    type=Nearest(REPAIR_CHOICES),
    multiple=True,
    metavar="STEP",
    help="Make this repair of the page picture even where the page seems not to need it; repeat it"
    f" for several: {', '.join(REPAIR_CHOICES)}. What was done, and why, is in json.",
)
@click.option(
    "--no-repair",
    "forbid_repairs",
    type=Nearest(FORBIDDABLE),
    multiple=True,
    metavar="STEP|all",
    help="Never make this repair; repeat it for several. all forbids those that no --repair asks"
    " for.",
)
@click.option(
    "--password",
    default="",
    envvar="SHUOWEN_PASSWORD",
    help="Password of an encrypted PDF; - asks for it. Other users of this machine can see"
    " options, but not the environment.  [env: SHUOWEN_PASSWORD]",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Pages read side by side; fewer need less memory.  [default: number of cores]",
)
@click.option("--force", is_flag=True, help="Read again what is done; replace any file.")
@click.option("-q", "--quiet", is_flag=True, help="Show errors only: no progress, no remarks.")
@click.option(
    "--max-pixels",
    type=Amount(),
    default=Limits.max_pixels,
    help="Refuse larger pictures and pages, width times height. Raise it for files you trust."
    f"  [default: {short_amount(Limits.max_pixels)}]",
)
@click.option(
    "--max-bytes",
    type=Amount(),
    default=Limits.max_bytes,
    help=f"Refuse larger files and downloads.  [default: {short_amount(Limits.max_bytes)}]",
)
@click.option(
    "--fetch-seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=Limits.fetch_seconds,
    show_default=True,
    help="Give up a download that takes longer.",
)
@click.option(
    "--allow-private-urls",
    "allow_private_addresses",
    is_flag=True,
    help="Let URLs, and where they redirect to, lead to this machine and its local network.",
)
def command(
    sources: tuple[str, ...],
    formats: tuple[str, ...],
    folder: Path | None,
    jobs: int | None,
    force: bool,
    quiet: bool,
    **values: Any,
) -> None:
    """Turns the command line into a `ReadRequest` and carries it out.

    `values` are the options that have the name of a field of `ReadOptions` or `Limits`.
    """
    # Imported here, because help must not wait for the networks' runtime.
    from shuowen.cli.request import ReadRequest, carry_out

    if values["password"] == "-":
        values["password"] = _asked_for()
    values["force_repairs"] = forced_repairs(values["force_repairs"])
    values["forbid_repairs"] = forbidden_repairs(values["forbid_repairs"], values["force_repairs"])
    request = ReadRequest(
        sources=sources,
        formats=tuple(dict.fromkeys(formats)),
        folder=folder,
        options=ReadOptions(**{each.name: values[each.name] for each in fields(ReadOptions)}),
        limits=limits_from(values),
        jobs=jobs,
        force=force,
        quiet=quiet,
    )
    click.get_current_context().exit(carry_out(request))


def _asked_for() -> str:
    """The password, typed on the terminal without being shown."""
    if not sys.stdin.isatty():
        raise UsageError(
            "--password - asks on a terminal, and there is none.",
            "Set SHUOWEN_PASSWORD in the environment instead.",
        )
    password: str = click.prompt("Password", hide_input=True, err=True)
    return password
