"""Shuowen as a reader to be scored: the same reading and the same writers as the command line."""

from __future__ import annotations

from pathlib import Path

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Document
from shuowen.evals.bench import Reader, Reading
from shuowen.reading.read import read
from shuowen.writers import WRITERS


def own_reader(options: ReadOptions, limits: Limits) -> Reader:
    """A reader that does what `shuowen read --to txt` and `--to html` print."""

    def read_file(path: Path) -> Reading:
        document = read(path, options=options, limits=limits)
        return Reading(
            text=WRITERS["txt"].write(document).decode(),
            html=WRITERS["html"].write(document).decode(),
            num_pages=len(document.pages),
            failure=_failure(document),
        )

    return read_file


def _failure(document: Document) -> str:
    """What went wrong with the pages that failed; empty when none did."""
    return "; ".join(
        f"page {page.page_number}: {page.error.message}"
        for page in document.pages
        if page.error is not None
    )
