"""Reading one job: its source is fetched where it is a URL, and every page is kept at once."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from enum import Enum

from shuowen.errors import (
    CapacityError,
    InputError,
    InternalError,
    OutputError,
    ShuowenError,
)
from shuowen.image.formats import sniff
from shuowen.reading.journal import Journal, SourceRecord
from shuowen.reading.read import source_info
from shuowen.server.desk import Desk, DeskEvent, Opened
from shuowen.server.documents.files import unnamed
from shuowen.server.documents.jobs import Jobs
from shuowen.server.documents.records import Job, JobError
from shuowen.server.page_work import PageRead
from shuowen.source.fetch import fetch
from shuowen.source.model import Source
from shuowen.source.stop import Stop

_OPTION = re.compile(r" \(--[a-z-]+\)")

_log = logging.getLogger("shuowen.server")


class Stopped(Enum):
    """Why reading came to its end."""

    FINISHED = "every page that was asked for is kept"
    PAUSED = "somebody else's turn, or the server stops: go on later"
    GONE = "cancelled or erased: nothing more is wanted"


@dataclass(frozen=True, kw_only=True)
class Turn:
    """How long a job may go on.

    Attributes:
        stop: Ends the reading at once, from another thread.
        must_pause: Whether the job should stop for now; asked after a page that was gained.
    """

    stop: Stop
    must_pause: Callable[[], bool]


def read_job(job: Job, jobs: Jobs, desk: Desk, turn: Turn) -> Stopped:
    """Read what is left of a job, keeping every page as soon as it is there.

    A page that failed is kept as such, and not tried again.

    Raises:
        ShuowenError: The source cannot be had or read, nothing can be kept, or `turn.stop` was
            set.
    """
    kept = jobs.files.secrets(job.id)
    source = jobs.files.source(job.id, job.name)
    if source is None:
        source = _fetch(job, jobs, kept.url, turn.stop)
        if source is None:
            return Stopped.GONE
    options = replace(job.options, password=kept.password)
    with jobs.files.journal_to_write(job.id) as journal:
        _reconcile(job, jobs, journal)
        pages = desk.read(
            source,
            options,
            jobs.limits.source,
            owner=job.owner,
            urgent=False,
            max_pages=jobs.limits.max_pages,
            skip=set(journal.statuses()),
            stop=turn.stop,
        )
        with closing(pages):
            return _keep(job, jobs, journal, source, pages, turn)


def end_job(job: Job, jobs: Jobs) -> None:
    """Say how a job came out whose pages are all kept."""
    job = jobs.table.get(job.id) or job
    if job.num_failed and job.num_failed == job.num_done:
        jobs.end(job.id, "failed", _first_error(jobs.files.journal(job.id)))
    else:
        jobs.end(job.id, "partial" if job.num_failed else "completed")


def job_error(error: Exception) -> JobError:
    """What a job's owner is told about any exception; what it is goes to the log if it is a bug."""
    if not isinstance(error, ShuowenError | MemoryError):
        _log.error("A bug showed while a document was read.", exc_info=error)
    known = _known(error)
    return JobError(code=known.code, message=_for_clients(str(known)))


def _for_clients(text: str) -> str:
    """The same with fields of a request in place of options of the command line."""
    text = text.replace(" (--password)", " (`password`)")
    text = text.replace("raise the limit (", "ask whoever runs the server for a higher limit (")
    return _OPTION.sub("", text)


def _known(error: Exception) -> ShuowenError:
    if isinstance(error, OutputError):
        return unnamed(error)
    if isinstance(error, ShuowenError):
        return error
    if isinstance(error, MemoryError):
        return CapacityError("There was too little memory to read this document.", "Lower its dpi.")
    return InternalError(
        "A bug in Shuowen showed while reading this document.", "Please report it."
    )


def _fetch(job: Job, jobs: Jobs, url: str, stop: Stop) -> Source | None:
    """Download the source; None where the job has gone meanwhile."""
    if not url:
        raise InputError(f"The content of {job.name} is gone.", "Hand the document in again.")
    data = fetch(url, jobs.limits.source, stop=stop).data or b""
    media_type = sniff(data, job.name)
    if jobs.table.get(job.id) is None:
        return None
    jobs.files.keep_source(job.id, data)
    if not jobs.table.fetched_source(job.id, media_type, len(data)):
        return None
    jobs.signals.tell(job.id)
    return jobs.files.source(job.id, job.name)


def _reconcile(job: Job, jobs: Jobs, journal: Journal) -> None:
    """Make table and files tell the same: a crash may fall between writing the two."""
    marked = {mark.page_number - 1 for mark in jobs.table.pages(job.id)}
    kept = journal.statuses()
    lost = [index + 1 for index in marked - kept.keys()]
    if lost:
        jobs.table.drop_pages(job.id, lost)
    for index in sorted(kept.keys() - marked):
        jobs.add_page(job.id, journal.page(index))


def _keep(
    job: Job,
    jobs: Jobs,
    journal: Journal,
    source: Source,
    events: Iterator[DeskEvent],
    turn: Turn,
) -> Stopped:
    num_left = 0
    for event in events:
        if isinstance(event, Opened):
            _open(job, jobs, journal, source, event)
            num_left = len(set(event.page_numbers) - {index + 1 for index in journal.statuses()})
        elif isinstance(event, PageRead):
            journal.add(event.page)
            if not jobs.add_page(job.id, event.page):
                return Stopped.GONE
            num_left -= 1
            if num_left and turn.must_pause():
                return Stopped.PAUSED
    return Stopped.FINISHED


def _open(job: Job, jobs: Jobs, journal: Journal, source: Source, opened: Opened) -> None:
    if journal.source is None:
        info = source_info(source, opened.media_type, source.sha256())
        journal.begin(SourceRecord(info=info, num_pages=opened.num_pages))
    else:
        journal.begin(journal.source)
    num_wanted = len(opened.page_numbers)
    jobs.table.opened(job.id, num_pages=opened.num_pages, num_wanted=num_wanted)
    jobs.signals.tell(job.id)


def _first_error(journal: Journal) -> JobError:
    error = journal.page(min(journal.statuses())).error
    assert error is not None, "a failed page says why"
    return JobError(code=error.code, message=_for_clients(f"{error.message} {error.hint}".rstrip()))
