"""What `shuowen bench` can be told, and its help."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from shuowen.cli.values import Finite, Nearest
from shuowen.config import EFFORT_CHOICES

_Command = TypeVar("_Command", bound=Callable[..., Any])

HELP = """Read pages whose text is known and print how much was read right.

FOLDER holds sets; a set is a folder of pictures or PDFs with a truth.jsonl, one row a file:

\b
  {"file": "slip.jpg", "kind": "page", "text": "what the page says"}
  {"file": "rates.png", "kind": "table", "html": "<table>…</table>", "group": "rates"}

Rows with the same group are variants of one original. Folders of public benchmarks, as their makers
publish them, are known too (--format).

\b
The columns:
  CER     characters wrong, missing or out of order, as a share of the truth (0 is best)
  lost    characters that were not read anywhere, whatever their order (0 is best)
  edit    edit distance over the longer of both texts, mean over files (0 is best)
  F1      order-free agreement of the characters (1 is best)
  order   how far the lines that were found are out of order, mean over files (0 is best)
  TEDS    likeness of tables with their text, TEDS-S without it (1 is best); "-" where the
          engine gives no tables
  s/page  seconds a page
  failed  files that could not be read; they count as read nothing and are listed

\b
In brackets: the 95 % interval, from drawing the groups anew 2000 times. Width of characters,
typographic punctuation and white space do not count; in tables and receipts capitals do not either.

\b
The engines (--engine):
  shuowen                  this program, with --effort; also shuowen-fast, -normal, -max
  rapidocr                 RapidOCR; rapidocr-no-cls without its classifier of turned lines
  tesseract, docling, mineru
  url:http://HOST/v1#MODEL a model on an OpenAI-compatible server; key in SHUOWEN_API_KEY;
                           the only kind that is asked the questions of question sets
  python:FILE.py           your own: a function read(path) that gives the text of a picture, or a
                           dict of "text" and "html"; with OPENS_DOCUMENTS = True it gets PDFs too

Engines that take pictures alone get the pages of PDFs at 200 dpi. Other programs may be installed
in another Python (--peer-python), and run in processes of their own: one that crashes or hangs
costs the file that it was reading.

\b
Examples:
  shuowen bench data
  shuowen bench data --set receipts --set hw_open_lines --effort max -o out/bench
  shuowen bench data --engine shuowen --engine rapidocr --baseline rapidocr \\
      --peer-python ../peers/bin/python -o out/bench
  shuowen bench data --limit 3 --by degradation --json scores.json
"""

_WHAT = (
    click.option(
        "--set", "set_names", multiple=True, metavar="NAME", help="Only this set; repeatable."
    ),
    click.option(
        "--limit",
        type=click.IntRange(min=1),
        metavar="N",
        help="At most N files a set, spread evenly over it.",
    ),
    click.option(
        "--format",
        "form",
        default="",
        metavar="NAME",
        help="Form of FOLDER: truth, or the name of a public benchmark.  [default: found out]",
    ),
)

_WHO = (
    click.option(
        "--engine",
        "engine_names",
        multiple=True,
        default=("shuowen",),
        show_default=True,
        metavar="NAME",
        help="Who reads; repeatable, see above.",
    ),
    click.option(
        "--effort",
        type=Nearest(EFFORT_CHOICES),
        default="normal",
        show_default=True,
        help="How hard the engine shuowen tries, as in `shuowen read`.",
    ),
    click.option(
        "--peer-python",
        default=sys.executable,
        metavar="PATH",
        help="Python in which other engines are installed.  [default: this one]",
    ),
    click.option(
        "--timeout",
        type=Finite(min=0, min_open=True, max=1e6),
        default=600.0,
        show_default=True,
        metavar="SECONDS",
        help="Longest time that another engine may take for one file, or a server for one answer.",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(min=1),
        metavar="N",
        help="N files at a time; otherwise one after another, each on all processor cores.",
    ),
)

_REPORT = (
    click.option(
        "--baseline",
        metavar="ENGINE",
        help="Show the others beside this one of the engines: ratio and difference, and whether it"
        " is more than chance.",
    ),
    click.option(
        "--by",
        type=click.Choice(["set", "degradation"]),
        default="set",
        show_default=True,
        help="What a row of the printed table sums up; the JSON and the web page hold both.",
    ),
    click.option(
        "--json",
        "json_path",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Also write all scores, down to each file, to FILE.",
    ),
    click.option(
        "-o",
        "--output",
        "folder_out",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Write report.html, a page that shows every file beside its truth, and keep the"
        " readings: the same command goes on where it stopped, and reads only what is missing.",
    ),
    click.option("--fresh", is_flag=True, help="Forget the readings kept in DIR and read anew."),
)


def bench_options(command: _Command) -> _Command:
    """Adds all options to a command, in the order of the help."""
    for option in reversed((*_WHAT, *_WHO, *_REPORT)):
        command = option(command)
    return command
