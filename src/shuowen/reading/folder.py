"""A destination that writes files into a folder, resumes what was begun and skips what is done.

The folder mirrors the folders that were read. Beside the outputs it keeps `.shuowen/`: the pages
read so far (`journal.py`) and which file was made from what (`ledger.py`). Deleting `.shuowen/`
costs nothing but the memory of what was done.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Page, SourceInfo
from shuowen.image.open import open_pages
from shuowen.image.page import Pixels
from shuowen.reading.journal import Journal, SourceRecord, journal_path
from shuowen.reading.ledger import Ledger, Origin, OutputRecord, OutputState
from shuowen.reading.read import ReadPage, make_document
from shuowen.reading.run import Outcome, outcome_of
from shuowen.source.model import FailedSource, Source, safe_stem
from shuowen.source.ranges import parse_ranges
from shuowen.version import __version__
from shuowen.writers import DocumentWriter, PageWriter, Writer
from shuowen.writers.save import prepare_folder, save

KEPT_FOLDER = ".shuowen"


@dataclass(frozen=True, kw_only=True)
class FolderOptions:
    """Where to write and what.

    Attributes:
        folder: Where the outputs go; created when missing.
        writers: One output for each, for each document or page.
        roots: Folders that were asked for; what lies below one keeps its place in `folder`.
        force: Read again what was read, and replace even files that a person has changed.
    """

    folder: Path
    writers: tuple[Writer, ...]
    roots: tuple[Path, ...] = ()
    force: bool = False


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
        place = str(source.path.resolve()) if source.path else source.name
        origin = Origin(place, source.sha256())
        suffix = source.path.suffix if source.path else ""
        folder = _folder_below(source.path, self.wanted.roots)
        stem = self.ledger.stem_for(origin, folder, source.stem(), suffix)
        outputs = Outputs(self.wanted, self.ledger, stem, origin, self.options)
        journal = Journal(journal_path(self.kept, origin.sha256, self.options))
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


class Outputs:
    """The output files of one source.

    Attributes:
        origin: Where the source comes from.
        written: Files put into place in this run.
        edited: Files that were left alone because a person changed them.
    """

    def __init__(
        self,
        wanted: FolderOptions,
        ledger: Ledger,
        stem: str,
        origin: Origin,
        options: ReadOptions,
    ) -> None:
        self._wanted = wanted
        self._ledger = ledger
        self._stem = stem
        self.origin = origin
        made_with = f"{origin.sha256}:{options.fingerprint()}:{__version__}"
        self._key = hashlib.sha256(made_with.encode()).hexdigest()
        self.written: list[Path] = []
        self.edited: list[Path] = []

    def of_document(self) -> Iterator[tuple[DocumentWriter, str]]:
        """Each writer of whole documents, and its output's path in the folder."""
        for writer in self._wanted.writers:
            if isinstance(writer, DocumentWriter):
                yield writer, f"{self._stem}{writer.suffix}"

    def of_page(self, page_number: int) -> Iterator[tuple[PageWriter, str]]:
        """Each writer of single pages, and its output's path in the folder."""
        for writer in self._wanted.writers:
            if isinstance(writer, PageWriter):
                yield writer, f"{self._stem}{writer.suffix_of(page_number)}"

    def is_wanted(self, output: str) -> bool:
        """Whether to write `output` now; what a person changed is not, and is remembered."""
        path = self._wanted.folder / output
        if self._wanted.force:
            return path not in self.written
        state = self._ledger.state(output, self._key)
        if state is OutputState.EDITED and path not in self.edited:
            self.edited.append(path)
        return state is OutputState.WANTED

    def put(self, output: str, data: bytes, *, is_complete: bool) -> None:
        """Write an output and note what it was made from; raises `OutputError`."""
        self._ledger.add(
            OutputRecord(
                output=output,
                stem=self._stem,
                sha256=hashlib.sha256(data).hexdigest(),
                key=self._key,
                complete=is_complete,
                origin=self.origin,
            )
        )
        path = self._wanted.folder / output
        save(path, data)
        self.written.append(path)


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
            self._info = SourceInfo(
                name=source.name,
                media_type=self.pages.media_type,
                num_bytes=source.num_bytes(),
                sha256=outputs.origin.sha256,
            )
            journal.begin(SourceRecord(info=self._info, num_pages=self.pages.num_pages))
            self._open = opening.pop_all()
        finished = journal.finished()
        self.indices = [index for index in self._all_indices if index not in finished]
        self.num_kept = len(self._all_indices) - len(self.indices)

    def take(self, read_page: ReadPage) -> None:
        """Draw the page where that was asked for, then keep it; raises `OutputError`."""
        if read_page.pixels is not None:
            self._draw(read_page.page, read_page.pixels)
        self._journal.add(read_page.page)

    def finish(self) -> Outcome:
        """Write the document from all its pages, those of earlier runs too."""
        pages = [self._journal.page(index) for index in self._all_indices]
        outcome = outcome_of(self.name, pages)
        if outcome.status == "failed":
            return outcome
        for page in pages:
            if page.status != "failed" and self._lacks_picture(page):
                self._draw(page, self.pages.load(page.page_number - 1).pixels)
        self._write(pages, is_complete=outcome.status == "ok")
        return replace(
            outcome, written=tuple(self._outputs.written), edited=tuple(self._outputs.edited)
        )

    def close(self) -> None:
        """Close the source and the journal."""
        self._open.close()

    def _draw(self, page: Page, pixels: Pixels) -> None:
        """Write the pictures of a page that are asked for and not there yet."""
        for writer, output in self._outputs.of_page(page.page_number):
            if self._outputs.is_wanted(output):
                data = writer.write_page(page, pixels)
                self._outputs.put(output, data, is_complete=True)

    def _lacks_picture(self, page: Page) -> bool:
        wanted = self._outputs.of_page(page.page_number)
        return any(self._outputs.is_wanted(output) for _, output in wanted)

    def _write(self, pages: Sequence[Page], *, is_complete: bool) -> None:
        seconds = time.perf_counter() - self._started_at
        document = make_document(
            self._info, self.pages.num_pages, pages, self._options, seconds=seconds
        )
        for writer, output in self._outputs.of_document():
            if self._outputs.is_wanted(output):
                self._outputs.put(output, writer.write(document), is_complete=is_complete)


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
