"""Shuowen as a reader to be scored: the same reading and the same writers as the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Document, Line
from shuowen.evals.datasets import Item
from shuowen.evals.own_version import own_version
from shuowen.evals.reading import Reading, ReadLine
from shuowen.reading.read import read
from shuowen.writers import html, text


class OwnEngine:
    """Shuowen in this process, as an `EvaluatedEngine`."""

    answers_questions = False

    def __init__(self, name: str, options: ReadOptions, *, jobs: int | None = None) -> None:
        """Takes what the report calls it, and what `own_reader` takes."""
        self.name = name
        self._options = options
        self._read = own_reader(options, Limits(), jobs=jobs)

    @property
    def identity(self) -> str:
        """Version, digest of the code and weights, and options."""
        return f"{own_version()} {self._options.fingerprint()}"

    def read(self, item: Item) -> Reading:
        """Read the item's file; raises `ShuowenError` when it cannot be read."""
        return self._read(item.path)

    def close(self) -> None:
        """Nothing is held; the networks are shared by the process."""


def own_reader(
    options: ReadOptions, limits: Limits, *, jobs: int | None = None
) -> Callable[[Path], Reading]:
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
        lines=_lines(document),
        failure="; ".join(failures),
    )


def _lines(document: Document) -> tuple[ReadLine, ...]:
    """The lines that were read from pictures: only of those is a confidence an opinion."""
    return tuple(
        ReadLine(
            text=line.text,
            confidence=line.confidence,
            character_confidences=_character_confidences(line),
        )
        for page in document.pages
        for region in page.regions
        for line in region.lines
        if line.source == "picture"
    )


def _character_confidences(line: Line) -> tuple[float, ...]:
    """One for every character of the line's text, or nothing where spans do not make it up.

    Characters between spans are spaces, about which nobody can be wrong.
    """
    if not line.spans:
        return ()
    found: list[float] = []
    place = 0
    for span in line.spans:
        start = line.text.find(span.text, place)
        if start < 0 or len(span.confidences) != len(span.text):
            return ()
        found += [1.0] * (start - place) + list(span.confidences)
        place = start + len(span.text)
    return (*found, *[1.0] * (len(line.text) - place))
