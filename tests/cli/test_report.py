from __future__ import annotations

from pathlib import Path

import pytest

from shuowen.cli.console import Console
from shuowen.cli.report import Progress, Report
from shuowen.errors import EXIT_PARTIAL, CapacityError, InputError, InternalError, ShuowenError
from shuowen.reading.run import Outcome


class Counting(Console):
    """Counts what its bar would."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.total = self.num_done = 0

    def expect(self, num_pages: int) -> None:
        self.total += num_pages

    def page_done(self, name: str) -> None:
        self.num_done += 1


def test_progress_counts_a_page_for_each_source_until_it_is_opened() -> None:
    console = Counting()
    progress = Progress(console, 3)
    totals = [console.total]
    progress.opened("a.pdf", num_pages=10, num_kept=0)
    totals.append(console.total)
    progress.passed("b.pdf")
    totals.append(console.total)
    progress.opened("c.pdf", num_pages=0, num_kept=4)
    totals.append(console.total)
    for _ in range(4):
        progress.page_done("a.pdf")
    progress.given_up("a.pdf", num_pages=6)
    assert totals == [3, 12, 11, 10]
    assert console.total == console.num_done == 4


def test_progress_of_sources_that_nobody_has_counted() -> None:
    console = Counting()
    progress = Progress(console, None)
    progress.passed("stdin")
    progress.opened("b.pdf", num_pages=2, num_kept=0)
    assert console.total == 2


@pytest.mark.parametrize(
    ("name", "error", "told"),
    [
        ("a.pdf", InputError("a.pdf is empty."), "a.pdf is empty."),
        ("a.pdf", InputError("Page 2 of a.pdf is broken."), "Page 2 of a.pdf is broken."),
        ("a.pdf", InputError("ba.pdf is empty."), "a.pdf: ba.pdf is empty."),
        ("a", InputError("There is a bug."), "a: There is a bug."),
        ("in", InputError("The folder in holds nothing."), "The folder in holds nothing."),
        ("page", InputError("Pages are torn."), "page: Pages are torn."),
        ("1", InputError("1 is empty."), "1 is empty."),
        ("1", InputError("Page 1 of 1 is broken."), "Page 1 of 1 is broken."),
        (
            "1",
            CapacityError("No memory while reading page 1."),
            "1: No memory while reading page 1.",
        ),
        ("x/y.png", InputError("x/y.png cannot be read."), "x/y.png cannot be read."),
    ],
)
def test_a_source_keeps_its_name_in_the_sentence(
    capsys: pytest.CaptureFixture[str], name: str, error: ShuowenError, told: str
) -> None:
    Report(Console(), None).add(Outcome(name=name, status="failed", error=error))
    assert capsys.readouterr().err == f"Error: {told}\n"


def test_what_was_left_alone_and_what_could_not_be_made_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = Report(Console(), Path("out"))
    bug = InternalError("A bug showed while making a.html.")
    outcome = Outcome(name="a.pdf", status="partial", foreign=(Path("a.md"),), unmade=(bug,))
    report.add(outcome)
    report.sum_up()
    assert capsys.readouterr().err.splitlines() == [
        "Error: a.pdf: A bug showed while making a.html.",
        "Kept a.md: it was not written by Shuowen; --force replaces it.",
        "Wrote 0 files to out. 1 file could not be made.",
    ]
    assert report.exit_code() == EXIT_PARTIAL
