"""Reading one document for a request, which ends when the request is cancelled."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import aclosing, closing
from dataclasses import dataclass

import msgspec

from shuowen.config import ReadOptions
from shuowen.document.model import Document, Notice, Page, SourceInfo
from shuowen.errors import FetchError, InputError, UsageError
from shuowen.reading.read import make_document, source_info
from shuowen.server.bridge import in_thread
from shuowen.server.desk import DeskEvent, Opened
from shuowen.server.page_work import PageRead
from shuowen.server.parts import Parts
from shuowen.source.model import Source

DOCUMENT_FAULTS = (InputError, FetchError, UsageError)
"""The document's own faults, which cost it alone where several are read."""
TIME_WAS_UP = "time_was_up"
"""Notice of a document of which not all pages were read."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A document that is to be read.

    Attributes:
        source: The document.
        options: How to read it.
        owner: Id of the caller, by which the desk is fair.
        seconds: Longest time; pages read until then are given. None for no limit.
        is_urgent: Somebody waits for the answer to this very request.
    """

    source: Source
    options: ReadOptions
    owner: str
    seconds: float | None = None
    is_urgent: bool = True


async def read_document(parts: Parts, reading: Reading) -> Document:
    """Reads; when the caller is cancelled, pages that have not begun are not read.

    Raises:
        ShuowenError: The source as a whole cannot be read.
    """
    start = time.monotonic()
    opened: Opened | None = None
    info: SourceInfo | None = None
    pages: list[Page] = []
    events = in_thread(lambda: _events(parts, reading))
    async with aclosing(events) as each:
        async for event in each:
            if isinstance(event, SourceInfo):
                info = event
            elif isinstance(event, Opened):
                opened = event
            elif isinstance(event, PageRead):
                pages.append(event.page)
                if reading.seconds and time.monotonic() - start > reading.seconds:
                    break
    if opened is None or info is None:
        raise InputError(f"{reading.source.name} has no pages.", "Check the file.")
    seconds = time.monotonic() - start
    document = make_document(info, opened.num_pages, pages, reading.options, seconds=seconds)
    num_wanted = len(opened.page_numbers)
    if len(pages) == num_wanted:
        return document
    message = f"Time was up after {len(pages)} of {num_wanted} pages."
    notice = Notice(code=TIME_WAS_UP, message=message)
    return msgspec.structs.replace(document, status="partial", notices=(notice,))


def _events(parts: Parts, reading: Reading) -> Iterator[DeskEvent | SourceInfo]:
    """What happens at the desk; the hash, which takes time for a large file, comes first."""
    events = parts.desk.read(
        reading.source,
        reading.options,
        parts.options.limits,
        owner=reading.owner,
        urgent=reading.is_urgent,
        max_pages=parts.options.max_pages,
    )
    with closing(events):
        for event in events:
            if isinstance(event, Opened):
                yield source_info(reading.source, event.media_type, reading.source.sha256())
            yield event


def check_readable(document: Document) -> None:
    """Raises `InputError` when no page could be read, with the first page's reason."""
    if document.status == "failed" and document.pages:
        error = document.pages[0].error
        reason = error.message if error else "No page could be read."
        raise InputError(f"{document.source.name}: {reason}", error.hint if error else "")
