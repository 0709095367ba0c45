"""The desk: pages of all requests and jobs, read on a fixed number of threads, fairly.

A document has at most one page more on the way than there are threads, so that a long one cannot
fill the queue; only pages at a thread have a picture in memory.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Container, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Document, Page
from shuowen.engines.embedded.engine import shared_engine
from shuowen.errors import ShuowenError, TooLargeError
from shuowen.image.open import PageSource, open_pages
from shuowen.reading.read import failed_page, make_document, source_info
from shuowen.reading.reader import Reader
from shuowen.server.bridge import stop_of_thread
from shuowen.server.metrics import Metrics
from shuowen.server.page_queue import PageQueue
from shuowen.server.page_work import PageRead, PageWork, Reading, RegionRead
from shuowen.server.replies import unexpected
from shuowen.source.model import Source
from shuowen.source.ranges import parse_ranges
from shuowen.source.stop import Stop

__all__ = ["Desk", "DeskEvent", "Opened", "PageRead", "RegionRead"]

_log = logging.getLogger("shuowen.server")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A source was opened.

    Attributes:
        name: The source, as people are shown it.
        media_type: Such as "application/pdf".
        num_pages: Pages of the whole document.
        page_numbers: Those that were asked for, from 1, in order; skipped ones too.
    """

    name: str
    media_type: str
    num_pages: int
    page_numbers: tuple[int, ...]


DeskEvent = Opened | RegionRead | PageRead


class Desk:
    """Reads pages for everybody; methods may be called from any thread, and block."""

    def __init__(self, *, num_threads: int, metrics: Metrics | None = None) -> None:
        """Start `num_threads` threads; close the desk when it is no longer needed."""
        self._queue: PageQueue[PageWork] = PageQueue()
        self._metrics = metrics or Metrics()
        self._metrics.watch_waiting_pages(lambda: len(self._queue))
        self._lock = threading.Lock()
        self._readings: set[Reading] = set()
        self._is_closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"shuowen-desk-{index}", daemon=True)
            for index in range(num_threads)
        ]
        for thread in self._threads:
            thread.start()

    def read(
        self,
        source: Source,
        options: ReadOptions,
        limits: Limits,
        *,
        owner: str,
        urgent: bool = True,
        max_pages: int,
        skip: Container[int] = (),
        stop: Stop | None = None,
    ) -> Generator[DeskEvent, None, None]:
        """Read a document; closing the iterator stops what has not begun.

        A page that cannot be read is a page with the status "failed".

        Args:
            source, options, limits: What to read and how.
            owner: Who wants it; owners get their pages in turns.
            urgent: Whether somebody waits for the answer; jobs are not urgent.
            max_pages: Most pages that may be asked for.
            skip: Page indices, from 0, that need no reading.
            stop: Ends the reading from another thread; the wish of whoever waits for this thread
                when None.

        Yields:
            `Opened`, then for each page in order its `RegionRead`s and its `PageRead`.

        Raises:
            ShuowenError: The source as a whole cannot be read.
            TooLargeError: More pages than `max_pages` are asked for.
            CapacityError: The desk is closed, or `stop` was set.
        """
        with open_pages(source, options, limits) as pages:
            indices = parse_ranges(options.pages, pages.num_pages)
            _check_number(source.name, len(indices), max_pages)
            yield _opened(source, pages, indices)
            reading = self._begin(pages, options)
            wanted = [index for index in indices if index not in skip]
            try:
                with (stop or stop_of_thread()).wakes(reading.stop):
                    yield from self._in_order(reading, wanted, owner, urgent)
            finally:
                self._end(reading)

    def document(
        self,
        source: Source,
        options: ReadOptions,
        limits: Limits,
        *,
        owner: str,
        urgent: bool = True,
        max_pages: int,
    ) -> Document:
        """Read a document at once; arguments and errors as for `read`."""
        start = time.perf_counter()
        opened: Opened | None = None
        pages: list[Page] = []
        events = self.read(source, options, limits, owner=owner, urgent=urgent, max_pages=max_pages)
        with closing(events):
            for event in events:
                if isinstance(event, Opened):
                    opened = event
                elif isinstance(event, PageRead):
                    pages.append(event.page)
        assert opened is not None, "a source that is read was opened"
        info = source_info(source, opened.media_type, source.sha256())
        seconds = time.perf_counter() - start
        return make_document(info, opened.num_pages, pages, options, seconds=seconds)

    def close(self, seconds: float) -> None:
        """Stop all reading, and wait at most so long for the pages at hand.

        Readings raise `CapacityError` from then on. A second call does nothing more.
        """
        with self._lock:
            self._is_closed = True
            readings = list(self._readings)
        self._queue.close()
        for reading in readings:
            reading.stop()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _begin(self, pages: PageSource, options: ReadOptions) -> Reading:
        engine = shared_engine(options.effort, len(self._threads))
        reading = Reading(pages, Reader(engine, options))
        with self._lock:
            if self._is_closed:
                reading.stop()
            self._readings.add(reading)
        return reading

    def _end(self, reading: Reading) -> None:
        """Take a reading's pages out of the queue, and wait for those that look at its source."""
        reading.stop()
        self._queue.remove(lambda work: work.reading is reading)
        reading.wait_until_idle()
        with self._lock:
            self._readings.discard(reading)

    def _in_order(
        self, reading: Reading, indices: Sequence[int], owner: str, urgent: bool
    ) -> Generator[RegionRead | PageRead, None, None]:
        waiting: deque[PageWork] = deque()
        for index in indices:
            work = PageWork(reading, index)
            if not self._queue.put(work, owner=owner, urgent=urgent):
                reading.stop()
            waiting.append(work)
            if len(waiting) > len(self._threads):
                yield from waiting.popleft().events()
        while waiting:
            yield from waiting.popleft().events()

    def _work(self) -> None:
        while (work := self._queue.take()) is not None:
            with work.at_hand() as is_wanted:
                if is_wanted:
                    self._read(work)

    def _read(self, work: PageWork) -> None:
        start = time.perf_counter()
        try:
            page = work.read()
        except Exception as error:  # a bad page, and even a bug, costs that page alone
            page = failed_page(work.index, _page_error(error, work.index + 1))
        if page is not None:
            self._metrics.page_read(page.status, time.perf_counter() - start)
            work.finish(page)


def _opened(source: Source, pages: PageSource, indices: Sequence[int]) -> Opened:
    return Opened(
        name=source.name,
        media_type=pages.media_type,
        num_pages=pages.num_pages,
        page_numbers=tuple(index + 1 for index in indices),
    )


def _check_number(name: str, num_pages: int, max_pages: int) -> None:
    if num_pages > max_pages:
        raise TooLargeError(
            f"{name}: {num_pages} pages are asked for, and at most {max_pages} can be.",
            f"Ask for some of them at a time, such as pages 1-{max_pages}.",
        )


def _page_error(error: Exception, page_number: int) -> ShuowenError:
    if not isinstance(error, ShuowenError | MemoryError):
        _log.error("A bug showed while page %d was read.", page_number, exc_info=error)
    return unexpected(error)
