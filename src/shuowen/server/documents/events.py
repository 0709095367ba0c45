"""A job's progress as server-sent events: what is done, then what happens, then the end.

The table says what has happened and in which order; a listener is only woken to look. So a client
that comes back with the last event's id misses nothing, and a hundred listeners cost no thread.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import msgspec

from shuowen.server.bridge import call
from shuowen.server.documents.records import Job, PageMark
from shuowen.server.documents.results import PageReader
from shuowen.server.documents.store import DocumentStore
from shuowen.writers import DocumentWriter

PING_SECONDS = 15.0
LAST_ID = "done"
"""Id of the last event; a client that has seen it has seen all."""

_PAGES_AT_ONCE = 50


class PageEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The data of an event `page`."""

    page_number: int
    status: str
    seconds: float
    content: str | None = None


class ErasedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The data of the event `done` of a document that was erased before its end."""

    id: str
    state: str = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a listener asks for.

    Attributes:
        job_id, owner: Whose events.
        after: Sequence of the last page that the listener has seen; 0 for none.
        writer: How a page's content comes along; None for without.
    """

    job_id: str
    owner: str
    after: int
    writer: DocumentWriter | None


async def events(
    store: DocumentStore, wanted: Wanted, *, ping_seconds: float = PING_SECONDS
) -> AsyncIterator[bytes]:
    """The stream, until the job has ended, is erased, or the server stops.

    Args:
        store: Where the job is.
        wanted: Which job and from where on.
        ping_seconds: How long nothing may happen before a comment keeps the line open.
    """
    progress = _Progress(store, wanted)
    with store.jobs.signals.listening(wanted.job_id) as ear:
        while True:
            for event in await call(progress.news):
                yield event
            if progress.is_over or store.is_closing:
                return
            if not progress.has_more and not await ear.wait(ping_seconds):
                yield b": ping\n\n"


class _Progress:
    """What one listener has been told; used by one thread at a time."""

    def __init__(self, store: DocumentStore, wanted: Wanted) -> None:
        self._store = store
        self._wanted = wanted
        self._after = wanted.after
        self._told_state = ""
        self._pages: PageReader | None = None
        self.has_more = False
        self.is_over = False

    def news(self) -> list[bytes]:
        """The events since the last call."""
        return list(self._news())

    def _news(self) -> Iterator[bytes]:
        job = self._store.jobs.table.get(self._wanted.job_id, self._wanted.owner)
        if job is None:
            self.is_over = True
            yield _event("done", ErasedEvent(id=self._wanted.job_id), LAST_ID)
            return
        record = self._store.record(job)
        told = f"{job.state}/{job.num_wanted}"
        if told != self._told_state and not (self._told_state and job.has_ended):
            self._told_state = told
            yield _event("state", record)
        # Looked up after the job: what has ended has all its pages, and none is missed.
        marks = self._store.jobs.table.pages(job.id, self._after, limit=_PAGES_AT_ONCE)
        for mark in marks:
            self._after = mark.sequence
            yield _event("page", self._page(job, mark), str(mark.sequence))
        self.has_more = len(marks) == _PAGES_AT_ONCE
        if job.has_ended and not self.has_more:
            self.is_over = True
            yield _event("done", record, LAST_ID)

    def _page(self, job: Job, mark: PageMark) -> PageEvent:
        content: str | None = None
        if self._wanted.writer is not None:
            self._pages = self._pages or PageReader(job, self._store.jobs.files)
            document = self._pages.read(mark.page_number)
            content = None if document is None else self._wanted.writer.write(document).decode()
        return PageEvent(
            page_number=mark.page_number, status=mark.status, seconds=mark.seconds, content=content
        )


def _event(name: str, data: msgspec.Struct, event_id: str = "") -> bytes:
    """One event as it goes over the line; JSON has no line breaks of its own."""
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}event: {name}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"
