"""One page on its way through the desk, from the thread that reads it to the one that waits."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass

from shuowen.document.model import Page, Region
from shuowen.errors import CapacityError
from shuowen.image.open import PageSource
from shuowen.reading.reader import Reader


@dataclass(frozen=True, kw_only=True)
class RegionRead:
    """A region that is final, of a page that is still being read."""

    page_number: int
    region: Region


@dataclass(frozen=True, kw_only=True)
class PageRead:
    """A page with all its regions, or with its error and the status "failed"."""

    page: Page


class Reading:
    """A document that is being read; methods may be called from any thread.

    Attributes:
        pages: The opened source.
        reader: Reads its pages.
        changed: Whoever waits for one of its pages waits for this.
    """

    def __init__(self, pages: PageSource, reader: Reader) -> None:
        self.pages = pages
        self.reader = reader
        self.changed = threading.Condition()
        self.is_stopped = False
        self._num_at_hand = 0

    def stop(self) -> None:
        """Nothing of it is wanted any more: pages end at their next region."""
        with self.changed:
            self.is_stopped = True
            self.changed.notify_all()

    def wait_until_idle(self) -> None:
        """Wait until no thread looks at its source."""
        with self.changed:
            while self._num_at_hand:
                self.changed.wait()

    @contextmanager
    def at_hand(self) -> Iterator[bool]:
        """A thread looks at the source in the block; gives whether it should."""
        with self.changed:
            self._num_at_hand += 1
        try:
            yield not self.is_stopped
        finally:
            with self.changed:
                self._num_at_hand -= 1
                self.changed.notify_all()


class PageWork:
    """One page of a reading.

    Attributes:
        reading: The document.
        index: Which page, from 0.
    """

    def __init__(self, reading: Reading, index: int) -> None:
        self.reading = reading
        self.index = index
        self._events: deque[RegionRead | PageRead] = deque()

    def events(self) -> Generator[RegionRead | PageRead, None, None]:
        """What was read, as it comes; the last is the page. Raises `CapacityError`."""
        while True:
            event = self._next()
            yield event
            if isinstance(event, PageRead):
                return

    def at_hand(self) -> AbstractContextManager[bool]:
        """A thread takes the page in the block; see `Reading.at_hand`."""
        return self.reading.at_hand()

    def read(self) -> Page | None:
        """Read the page, giving its regions on the way; None when it is no longer wanted."""
        start = time.perf_counter()
        image = self.reading.pages.load(self.index)
        timings = {"load": time.perf_counter() - start}
        with closing(self.reading.reader.stream_page(image, timings)) as parts:
            for part in parts:
                if self.reading.is_stopped:
                    return None
                if isinstance(part, Page):
                    return part
                self._give(RegionRead(page_number=self.index + 1, region=part))
        raise AssertionError("a reader ends with the page")

    def finish(self, page: Page) -> None:
        """Give the page itself."""
        self._give(PageRead(page=page))

    def _give(self, event: RegionRead | PageRead) -> None:
        with self.reading.changed:
            self._events.append(event)
            self.reading.changed.notify_all()

    def _next(self) -> RegionRead | PageRead:
        with self.reading.changed:
            while not self._events:
                if self.reading.is_stopped:
                    raise CapacityError(
                        "The reading was stopped before its end.", "Ask again later."
                    )
                self.reading.changed.wait()
            return self._events.popleft()
