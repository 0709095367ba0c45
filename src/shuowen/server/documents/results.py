"""What was read, for those who fetch it: the whole document, one page, or a page's picture."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import replace

from shuowen.config import Limits
from shuowen.document.model import Document
from shuowen.errors import ConflictError, InputError, NotFoundError
from shuowen.image.open import open_pages
from shuowen.reading.journal import Journal
from shuowen.reading.read import make_document
from shuowen.server.documents.files import JobFiles
from shuowen.server.documents.jobs import Jobs, not_found
from shuowen.server.documents.records import Job
from shuowen.version import __version__
from shuowen.writers import PageWriter


def read_document(job: Job, jobs: Jobs, *, partial: bool = False) -> Document:
    """The document that was read.

    Args:
        job, jobs: Which, and where it is.
        partial: Whether the pages read so far will do, of a job that goes on or ended early.

    Raises:
        ConflictError: The job has not come to its end, or failed.
        NotFoundError: It was erased meanwhile.
    """
    if not partial:
        check_finished(job)
    try:
        journal = jobs.files.journal(job.id)
        if journal.source is None:
            raise _not_yet(job, "Nothing has been read")
        # Only what was noted: a page may be written down in the moment of a cancellation.
        noted = {mark.page_number - 1 for mark in jobs.table.pages(job.id)}
        return _document(job, journal, sorted(noted & journal.statuses().keys()))
    except OSError as error:  # erased meanwhile
        raise not_found() from error


class PageReader:
    """Pages of a job, one at a time, also while it goes on; used by one thread at a time."""

    def __init__(self, job: Job, files: JobFiles) -> None:
        self._job = job
        self._journal = files.journal(job.id)

    def read(self, page_number: int) -> Document | None:
        """A document of just one page; None where the page is not there, or not any more."""
        index = page_number - 1
        with suppress(OSError):  # erased meanwhile
            if index not in self._journal.statuses():
                self._journal.catch_up()
            if index in self._journal.statuses():
                return _document(self._job, self._journal, [index])
        return None


def read_one_page(job: Job, files: JobFiles, page_number: int) -> Document:
    """A document of just one page, also of a job that goes on.

    Raises:
        NotFoundError: The document has no such page, or it was not asked for.
        ConflictError: The page has not been read.
    """
    if job.num_pages is not None and not 1 <= page_number <= job.num_pages:
        raise NotFoundError(
            f"There is no page {page_number}.", f"The document has {job.num_pages}, from 1."
        )
    document = PageReader(job, files).read(page_number)
    if document is not None:
        return document
    if job.has_ended:
        raise NotFoundError(f"Page {page_number} was not read.", "Look which pages are wanted.")
    raise _not_yet(job, f"Page {page_number} has not been read")


def draw_page(
    job: Job, files: JobFiles, page_number: int, writer: PageWriter, limits: Limits
) -> bytes:
    """A page's picture with what was found drawn on it.

    Raises:
        NotFoundError, ConflictError: As `read_one_page`.
        ConflictError: The source was erased, or its password was.
    """
    page = read_one_page(job, files, page_number).pages[0]
    source = files.source(job.id, job.name)
    if source is None:
        raise ConflictError(
            "The page's picture was erased after it was read.", "Ask for another format."
        )
    if page.status == "failed":
        raise ConflictError(f"Page {page_number} could not be read.", "Its JSON says why.")
    options = replace(job.options, password=files.secrets(job.id).password)
    with ExitStack() as opened:
        try:
            pages = opened.enter_context(open_pages(source, options, limits))
        except InputError as error:  # it was opened before, with its password
            raise ConflictError(
                "The document's password was erased after it was read, so that its pages cannot be"
                " drawn.",
                "Ask for another format.",
            ) from error
        return writer.write_page(page, pages.load(page_number - 1).pixels)


def check_finished(job: Job) -> None:
    """Raise `ConflictError` unless all pages that were asked for are there, read or failed."""
    if job.state not in ("completed", "partial"):
        raise _not_yet(job, "There is no whole result")


def version_tag(job: Job, format_name: str) -> str:
    """A text that changes when the result in a format does: what HTTP calls an entity tag."""
    parts = (job.id, job.state, str(job.num_done), format_name, __version__)
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:32]


def _document(job: Job, journal: Journal, indices: Iterable[int]) -> Document:
    assert journal.source is not None, "a journal begins with its source"
    pages = [journal.page(index) for index in indices]
    start = job.created_at if job.started_at is None else job.started_at
    seconds = (job.finished_at or time.time()) - start
    num_pages = journal.source.num_pages
    return make_document(journal.source.info, num_pages, pages, job.options, seconds=seconds)


def _not_yet(job: Job, what: str) -> ConflictError:
    if job.error is not None:
        return ConflictError(
            f"{what}: the document has failed. {job.error.message}",
            "Ask with partial=true for the pages that were read.",
        )
    progress = "" if job.num_wanted is None else f", {job.num_done} of {job.num_wanted} pages done"
    follow = "" if job.has_ended else "Follow its events, or "
    return ConflictError(
        f"{what}: the document is {job.state}{progress}.",
        f"{follow}ask with partial=true for the pages read so far.".capitalize(),
    )
