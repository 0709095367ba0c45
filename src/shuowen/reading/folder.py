"""A destination that writes files into a folder, resumes what was begun and skips what is done.

The folder mirrors the folders that were read. Beside the outputs it keeps `.shuowen/`: the pages
read so far (`journal.py`) and which file was made from what (`ledger.py`). Deleting `.shuowen/`
costs the memory of what was done: documents are read again, and outputs that would come out
otherwise now count as somebody's own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Page
from shuowen.image.open import open_pages
from shuowen.image.page import Pixels
from shuowen.reading.journal import Journal, SourceRecord, journal_path, reading_key
from shuowen.reading.ledger import Ledger, Origin
from shuowen.reading.outputs import FolderOptions, Outputs
from shuowen.reading.read import ReadPage, make_document, source_info
from shuowen.reading.run import Outcome, outcome_of
from shuowen.source.model import FailedSource, Source, safe_stem
from shuowen.source.ranges import parse_ranges
from shuowen.writers import PageWriter
from shuowen.writers.save import prepare_folder

KEPT_FOLDER = ".shuowen"


class Folder:
    """Outputs in one folder; see `run.Destination`."""

    def __init__(self, wanted: FolderOptions, options: ReadOptions, limits: Limits) -> None:
        """Check that the folder can be written to, and load what is known of it.

        Raises:
            OutputError: Nothing can be written there.
        """
        prepare_folder(wanted.folder)
        self.wanted = wanted
        self.options = options
        self.limits = limits
        self.kept = wanted.folder / KEPT_FOLDER
        prepare_folder(self.kept)
        self.ledger = Ledger(wanted.folder, self.kept / "outputs.jsonl")

    def start(self, source: Source) -> FolderWork | Outcome:
        """Open a source, or say that all of it is done; raises `ShuowenError`."""
        origin = Origin(source.place(), source.sha256())
        suffix = source.path.suffix if source.path else ""
        folder = _folder_below(source.path, self.wanted.roots)
        stem = self.ledger.stem_for(origin, folder, source.stem(), suffix)
        key = reading_key(origin.sha256, self.options, self.limits)
        outputs = Outputs(self.wanted, self.ledger, stem, origin, key)
        journal = Journal(journal_path(self.kept, origin.sha256, self.options, self.limits))
        if self.wanted.force:
            journal.discard()
        elif _is_done(journal, outputs, self.options):
            return Outcome(name=source.name, status="skipped", edited=tuple(outputs.edited))
        return FolderWork(source, self, outputs, journal)

    def is_own_output(self, source: Source | FailedSource) -> bool:
        """Whether a source is a file that was written here, as an overlay picture may be."""
        if isinstance(source, FailedSource) or source.path is None:
            return False
        path, folder = source.path.resolve(), self.wanted.folder.resolve()
        return path.is_relative_to(folder) and self.ledger.knows(path.relative_to(folder))


class FolderWork:
    """One source on its way into files; see `run.Work`."""

    def __init__(self, source: Source, folder: Folder, outputs: Outputs, journal: Journal) -> None:
        self._options = folder.options
        self._outputs = outputs
        self._journal = journal
        self._started_at = time.perf_counter()
        self.name = source.name
        with ExitStack() as opening:
            opening.enter_context(journal)
            opened = open_pages(source, folder.options, folder.limits)
            self.pages = opening.enter_context(opened)
            self._all_indices = parse_ranges(folder.options.pages, self.pages.num_pages)
            self._info = source_info(source, self.pages.media_type, outputs.origin.sha256)
            journal.begin(SourceRecord(info=self._info, num_pages=self.pages.num_pages))
            self._open = opening.pop_all()
        finished = journal.finished()
        self.indices = [index for index in self._all_indices if index not in finished]
        self.num_kept = len(self._all_indices) - len(self.indices)

    def take(self, read_page: ReadPage) -> None:
        """Keep the page, then draw it where that was asked for; raises `OutputError`."""
        self._journal.add(read_page.page)
        if read_page.pixels is not None:
            self._draw(read_page.page, read_page.pixels)

    def finish(self) -> Outcome:
        """Write the document from all its pages, those of earlier runs too."""
        pages = [self._journal.page(index) for index in self._all_indices]
        outcome = outcome_of(self.name, pages)
        if outcome.status == "failed":
            return outcome
        for page in pages:
            if page.status != "failed":
                self._draw(page, None)
        self._write(pages, is_complete=outcome.status == "ok")
        return replace(
            outcome,
            status="partial" if self._outputs.unmade else outcome.status,
            written=tuple(self._outputs.written),
            edited=tuple(self._outputs.edited),
            foreign=tuple(self._outputs.foreign),
            unmade=tuple(self._outputs.unmade.values()),
        )

    def close(self) -> None:
        """Close the source and the journal."""
        self._open.close()

    def _draw(self, page: Page, pixels: Pixels | None) -> None:
        """Write the pictures of a page that are asked for and not there yet."""
        for writer, output in self._outputs.of_page(page.page_number):
            drawing = partial(self._drawing, writer, page, pixels)
            self._outputs.make(output, drawing, is_complete=True)

    def _drawing(self, writer: PageWriter, page: Page, pixels: Pixels | None) -> bytes:
        if pixels is None:  # read in an earlier run
            pixels = self.pages.load(page.page_number - 1).pixels
        return writer.write_page(page, pixels)

    def _write(self, pages: Sequence[Page], *, is_complete: bool) -> None:
        seconds = time.perf_counter() - self._started_at
        document = make_document(
            self._info, self.pages.num_pages, pages, self._options, seconds=seconds
        )
        for writer, output in self._outputs.of_document():
            written = partial(writer.write, document)
            self._outputs.make(output, written, is_complete=is_complete)


def _is_done(journal: Journal, outputs: Outputs, options: ReadOptions) -> bool:
    """Whether every page was read in an earlier run and every output is as it should be."""
    if journal.source is None:
        return False
    indices = parse_ranges(options.pages, journal.source.num_pages)
    if not journal.finished().issuperset(indices):
        return False
    of_pages = [each for index in indices for each in outputs.of_page(index + 1)]
    names = [output for _, output in (*outputs.of_document(), *of_pages)]
    # A list, so that every file that a person changed is noticed.
    return not any([outputs.is_wanted(name) for name in names])


def _folder_below(path: Path | None, roots: Sequence[Path]) -> PurePosixPath:
    """Where below its root a file lies, every part made a safe name; "." outside all roots."""
    for root in roots:
        if path is None or not path.is_relative_to(root):
            continue
        parts = path.relative_to(root).parent.parts
        # "in/../other/x.png" begins with "in" but does not lie there.
        if ".." not in parts:
            return PurePosixPath(*(safe_stem(part) for part in parts))
    return PurePosixPath()
