"""`shuowen bench`: how well and how fast pages with known text are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shuowen.cli.console import Console, say_error
from shuowen.cli.values import Nearest
from shuowen.config import EFFORT_CHOICES, Effort, Limits, ReadOptions
from shuowen.errors import EXIT_PARTIAL

if TYPE_CHECKING:
    from shuowen.evals.report import GroupedBy

HELP = """Read pages whose text is known and print how much was read right.

FOLDER holds sets; a set is a folder of pictures or PDFs with a truth.jsonl, one row a file:

\b
  {"file": "slip.jpg", "kind": "page", "text": "what the page says"}
  {"file": "rates.png", "kind": "table", "html": "<table>…</table>"}

The columns:

\b
  CER     characters wrong, missing or out of order, as a share of the truth (0 is best)
  lost    characters that were not read anywhere, whatever their order (0 is best)
  F1      order-free agreement of the characters (1 is best)
  TEDS    likeness of tables with their text, TEDS-S without it (1 is best)
  s/page  seconds a page
  failed  files that could not be read; they count as read nothing and are listed

Width of characters, typographic punctuation and white space do not count; in tables and receipts
capitals do not either.

\b
Examples:
  shuowen bench data
  shuowen bench data --set receipts --set hw_open_lines --effort max
  shuowen bench data --limit 3 --by degradation --json scores.json
"""


@click.command("bench", help=HELP, short_help="Score reading on pages whose text is known.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--set", "set_names", multiple=True, metavar="NAME", help="Only this set; repeatable."
)
@click.option(
    "--effort",
    type=Nearest(EFFORT_CHOICES),
    default="normal",
    show_default=True,
    help="How hard to try, as in `shuowen read`.",
)
@click.option(
    "--by",
    type=click.Choice(["set", "degradation"]),
    default="set",
    show_default=True,
    help="What a row of the printed table sums up; the JSON holds both.",
)
@click.option(
    "--json",
    "json_path",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write all scores, down to each file, to FILE.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="N files at a time; otherwise one after another, each on all processor cores.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most N files a set, spread evenly over it.",
)
def command(
    folder: Path,
    set_names: tuple[str, ...],
    effort: Effort,
    by: GroupedBy,
    json_path: Path | None,
    jobs: int | None,
    limit: int | None,
) -> None:
    """Reads the sets, prints the table, and ends with `EXIT_PARTIAL` when a file failed."""
    # Imported here, because help must not wait for the networks' runtime.
    from shuowen.evals import bench, report
    from shuowen.evals.datasets import load_sets
    from shuowen.evals.own_reader import own_reader
    from shuowen.writers.save import prepare_folder, save

    options = ReadOptions(effort=effort)
    sets = load_sets(folder, set_names)
    if json_path is not None:
        prepare_folder(json_path.parent)  # better refused now than after hours of reading
    with Console() as console:
        console.expect(sum(len(bench.spread(each.items, limit)) for each in sets))
        results = bench.run(
            sets,
            own_reader(options, Limits(), jobs=jobs),
            limit=limit,
            jobs=jobs or 1,
            on_result=lambda result: console.page_done(result.file),
        )
    click.echo(report.format_table(results, by))
    if json_path is not None:
        save(json_path, report.to_json(results, options.fingerprint()))
    if any(result.failure for result in results):
        for line in report.failure_lines(results):
            say_error(line)
        raise click.exceptions.Exit(EXIT_PARTIAL)
