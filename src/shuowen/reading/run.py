"""Reading many sources as one stream of pages, so that small files keep every core busy too.

Sources are opened when their turn comes; their pages go through one `read_pages`, in order. What
becomes of the pages is the destination's business: files in a folder (`folder.py`) or documents in
memory (`in_memory.py`). A source that fails ends with an outcome that says so; the others go on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal, Protocol

from shuowen.config import ReadOptions
from shuowen.document.model import Document, Page
from shuowen.errors import EngineError, ShuowenError, as_shuowen_error
from shuowen.image.open import PageSource
from shuowen.reading.read import ReadPage, read_pages
from shuowen.source.model import FailedSource, Source

OutcomeStatus = Literal["ok", "partial", "failed", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one source.

    Attributes:
        name: The source, as people are shown it.
        status: ok; partial (written, but pages failed or an output is missing); failed; skipped
            (was done before).
        written: Files that were put into place, as far as files were asked for.
        edited: Files that were left alone because a person changed them since they were written.
        foreign: Files that were left alone because they stood there before, written by others.
        unmade: Why outputs are missing that could not be made of what was read, an error for each.
        document: What was read, where the destination keeps it in memory.
        failed_pages: The pages that could not be read, each with its error.
        error: Why the source failed as a whole; None otherwise.
    """

    name: str
    status: OutcomeStatus
    written: tuple[Path, ...] = ()
    edited: tuple[Path, ...] = ()
    foreign: tuple[Path, ...] = ()
    unmade: tuple[ShuowenError, ...] = ()
    document: Document | None = None
    failed_pages: tuple[Page, ...] = ()
    error: ShuowenError | None = None


class Work(Protocol):
    """One opened source on its way to a destination."""

    @property
    def name(self) -> str:
        """The source, as people are shown it."""

    @property
    def pages(self) -> PageSource:
        """The opened source; `close` closes it."""

    @property
    def indices(self) -> Sequence[int]:
        """Which pages to read now."""

    @property
    def num_kept(self) -> int:
        """How many pages were read in an earlier run and need no reading."""

    def take(self, read_page: ReadPage) -> None:
        """Receive the next page; raises `ShuowenError` when it cannot be kept."""

    def finish(self) -> Outcome:
        """Make the document once all pages have come; raises `ShuowenError`."""

    def close(self) -> None:
        """Let go of files; safe to call again."""


class Destination(Protocol):
    """Where documents go."""

    def start(self, source: Source) -> Work | Outcome:
        """Open a source, or say that it is done already; raises `ShuowenError`."""


class Watch(Protocol):
    """Somebody who is told how a run gets on, always from the thread that runs it."""

    def opened(self, name: str, *, num_pages: int, num_kept: int) -> None:
        """A source was opened; `num_pages` will be read, `num_kept` were read before."""

    def page_done(self, name: str) -> None:
        """A page was read and kept, or failed."""

    def given_up(self, name: str, *, num_pages: int) -> None:
        """So many of the pages that `opened` told will not come: their source has failed."""

    def passed(self, name: str) -> None:
        """A source will not be opened: it is done, or cannot be had."""


def run(
    sources: Iterable[Source | FailedSource],
    destination: Destination,
    options: ReadOptions,
    *,
    jobs: int,
    watch: Watch,
) -> Iterator[Outcome]:
    """Read `sources`, at most `jobs` pages at a time, into `destination`.

    Yields:
        One outcome for each source, in their order. Nothing is raised for a source that fails.
        Leaving early, as Ctrl-C does, closes what is open; pages that were taken stay kept.
    """
    line = _Line(destination, watch)
    wanted = line.enter(sources)
    with line:
        first = next(wanted, None)
        # Where nothing needs reading, the networks need not be loaded.
        if first is not None:
            # Closed before the sources are: pages on their way still look at them.
            with closing(read_pages(chain([first], wanted), options, jobs=jobs)) as read_ones:
                for read_one in read_ones:
                    yield from line.settle()
                    line.take(read_one)
        yield from line.settle()


def outcome_of(name: str, pages: Sequence[Page]) -> Outcome:
    """ok when no page failed; failed, with the first page's error, when all did; else partial."""
    failed_pages = tuple(page for page in pages if page.status == "failed")
    if failed_pages and len(failed_pages) == len(pages):
        return Outcome(name=name, status="failed", error=page_error(pages[0]))
    status: OutcomeStatus = "partial" if failed_pages else "ok"
    return Outcome(name=name, status=status, failed_pages=failed_pages)


def page_error(page: Page) -> ShuowenError:
    """The error for which a page failed, of the class that its code names."""
    assert page.error is not None
    classes = {each.code: each for each in ShuowenError.__subclasses__()}
    return classes.get(page.error.code, EngineError)(page.error.message, page.error.hint)


class _Place:
    """A source's place in line: done already, or being read."""

    def __init__(self, name: str, done: Outcome | Work) -> None:
        self.name = name
        self.outcome = done if isinstance(done, Outcome) else None
        self.work = None if isinstance(done, Outcome) else done
        self.num_taken = 0
        self.num_waiting = 0
        self.is_sent = False

    def is_settled(self) -> bool:
        """Whether no page of it is on the way."""
        return self.work is None or (self.is_sent and not self.num_waiting)


class _Line:
    """Sources in order: those whose pages are on their way, and those that wait for their turn."""

    def __init__(self, destination: Destination, watch: Watch) -> None:
        self._destination = destination
        self._watch = watch
        self._places: deque[_Place] = deque()

    def enter(self, sources: Iterable[Source | FailedSource]) -> Iterator[tuple[PageSource, int]]:
        """Open sources one after the other and name the pages to read."""
        for source in sources:
            place = self._start(source)
            self._places.append(place)
            if place.work is None:
                self._watch.passed(place.name)
            else:
                yield from self._send(place, place.work)

    def take(self, read_page: ReadPage) -> None:
        """Hand a page to the source in front; pages come in the order in which they were named."""
        place = self._places[0]
        assert place.work is not None
        place.num_waiting -= 1
        if place.outcome is not None:
            return  # given up while this page was on its way
        try:
            place.work.take(read_page)
        except Exception as error:  # one source's failure, of any kind, must not cost the others
            place.outcome = _failed(place.name, error)
        place.num_taken += 1
        self._watch.page_done(place.name)
        if place.outcome is not None:
            num_left = len(place.work.indices) - place.num_taken
            self._watch.given_up(place.name, num_pages=num_left)

    def settle(self) -> Iterator[Outcome]:
        """Finish the sources in front that have all their pages."""
        while self._places and self._places[0].is_settled():
            yield _finished(self._places.popleft())

    def __enter__(self) -> _Line:
        return self

    def __exit__(self, *_: object) -> None:
        for place in self._places:
            if place.work is not None:
                place.work.close()

    def _start(self, source: Source | FailedSource) -> _Place:
        if isinstance(source, FailedSource):
            return _Place(source.name, _failed(source.name, source.error))
        try:
            return _Place(source.name, self._destination.start(source))
        except Exception as error:  # as in take()
            return _Place(source.name, _failed(source.name, error))

    def _send(self, place: _Place, work: Work) -> Iterator[tuple[PageSource, int]]:
        self._watch.opened(work.name, num_pages=len(work.indices), num_kept=work.num_kept)
        for index in work.indices:
            if place.outcome is not None:
                break
            place.num_waiting += 1
            yield work.pages, index
        place.is_sent = True


def _finished(place: _Place) -> Outcome:
    if place.work is None:
        assert place.outcome is not None
        return place.outcome
    try:
        return place.outcome or place.work.finish()
    except Exception as error:  # as in take()
        return _failed(place.name, error)
    finally:
        place.work.close()


def _failed(name: str, error: Exception) -> Outcome:
    return Outcome(name=name, status="failed", error=as_shuowen_error(error, f"reading {name}"))
