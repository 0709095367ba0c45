"""Shuowen as a reader to be scored: the same reading and the same writers as the command line."""

from __future__ import annotations

from pathlib import Path

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Document
from shuowen.evals.bench import Reader, Reading
from shuowen.reading.read import read
from shuowen.writers import html, text


def own_reader(options: ReadOptions, limits: Limits, *, jobs: int | None = None) -> Reader:
    """A reader that gives what `shuowen read --to txt` and `--to html` print.

    `jobs` is how many pages and lines are read side by side; as many as there are processor cores
    when None.
    """

    def read_file(path: Path) -> Reading:
        return reading_of(read(path, options=options, limits=limits, jobs=jobs))

    return read_file


def reading_of(document: Document) -> Reading:
    """What a document is scored by: its text and HTML, and which pages failed and why.

    Of a document that failed as a whole the writers would write the reason, which is not its text.
    """
    is_read = document.status != "failed"
    failures = [
        f"page {page.page_number}: {page.error.message}"
        for page in document.pages
        if page.error is not None
    ]
    return Reading(
        text=text.write(document).decode() if is_read else "",
        html=html.write(document).decode() if is_read else "",
        num_pages=len(document.pages),
        failure="; ".join(failures),
    )
