"""A destination that makes each document in memory and gives it with its outcome."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, replace

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Page
from shuowen.image.open import open_pages
from shuowen.reading.read import ReadPage, make_document, source_info
from shuowen.reading.run import Outcome, outcome_of
from shuowen.source.model import Source
from shuowen.source.ranges import parse_ranges


@dataclass(frozen=True, kw_only=True)
class InMemory:
    """Puts each document that has a page which could be read into `Outcome.document`."""

    options: ReadOptions
    limits: Limits

    def start(self, source: Source) -> InMemoryWork:
        """Open a source; raises `ShuowenError`."""
        return InMemoryWork(source, self.options, self.limits)


class InMemoryWork:
    """One source whose pages are gathered; see `run.Work`."""

    num_kept = 0

    def __init__(self, source: Source, options: ReadOptions, limits: Limits) -> None:
        self._options = options
        self._started_at = time.perf_counter()
        self._read: list[Page] = []
        self.name = source.name
        with ExitStack() as opening:
            opened = open_pages(source, options, limits)
            self.pages = opening.enter_context(opened)
            self.indices = parse_ranges(options.pages, self.pages.num_pages)
            self._info = source_info(source, self.pages.media_type, source.sha256())
            self._open = opening.pop_all()

    def take(self, read_page: ReadPage) -> None:
        """Keep a page, without its picture."""
        self._read.append(read_page.page)

    def finish(self) -> Outcome:
        """The document, unless no page of it could be read."""
        outcome = outcome_of(self.name, self._read)
        if outcome.status == "failed":
            return outcome
        seconds = time.perf_counter() - self._started_at
        document = make_document(
            self._info, self.pages.num_pages, self._read, self._options, seconds=seconds
        )
        return replace(outcome, document=document)

    def close(self) -> None:
        """Close the source."""
        self._open.close()
