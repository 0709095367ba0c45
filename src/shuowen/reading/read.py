"""Reading whole sources: pages side by side, out in order, a bad one costing only itself."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Document, Page, PageError, SourceInfo, document_status
from shuowen.engines.embedded.engine import shared_engine
from shuowen.errors import ShuowenError, UsageError, as_shuowen_error
from shuowen.image.open import PageSource, open_pages
from shuowen.image.page import Pixels
from shuowen.machine import available_cores
from shuowen.reading.reader import Reader
from shuowen.source.expand import expand
from shuowen.source.model import FailedSource, Source
from shuowen.source.ranges import parse_ranges
from shuowen.version import __version__

GENERATOR = f"shuowen {__version__}"


@dataclass(frozen=True, kw_only=True)
class ReadPage:
    """A page that was read, with its picture as long as somebody needs it; None if it failed."""

    page: Page
    pixels: Pixels | None


def read(
    source: str | Path | bytes,
    *,
    options: ReadOptions | None = None,
    limits: Limits | None = None,
    jobs: int | None = None,
) -> Document:
    """Reads one document.

    Args:
        source: A path, an http(s) URL, or the file's bytes.
        options: What to read and how; `ReadOptions()` when None.
        limits: What the source may cost; `Limits()` when None.
        jobs: Pages and lines read side by side; the number of processor cores when None.

    Returns:
        The document, with a failed page for every page that could not be read.

    Raises:
        ShuowenError: The source as a whole cannot be read (`InputError`, `FetchError`), or an
            option is wrong (`UsageError`).
    """
    options, limits = options or ReadOptions(), limits or Limits()
    found = _the_only(source, limits)
    start = time.perf_counter()
    with open_pages(found, options, limits) as pages:
        indices = parse_ranges(options.pages, pages.num_pages)
        wanted = ((pages, index) for index in indices)
        read_ones = read_pages(wanted, options, jobs=jobs or available_cores())
        return make_document(
            source_info(found, pages.media_type, found.sha256()),
            pages.num_pages,
            [read_one.page for read_one in read_ones],
            options,
            seconds=time.perf_counter() - start,
        )


def _the_only(source: str | Path | bytes, limits: Limits) -> Source:
    found = list(islice(expand([source], limits), 2))
    if len(found) > 1:
        raise UsageError(
            f"{source!r} is several documents.", "Call read() for each, or use `shuowen read`."
        )
    if isinstance(found[0], FailedSource):
        raise found[0].error
    return found[0]


def read_pages(
    wanted: Iterable[tuple[PageSource, int]], options: ReadOptions, *, jobs: int
) -> Generator[ReadPage, None, None]:
    """Reads pages, given by source and index, `jobs` at a time, and gives them in their order.

    The pages may be of many sources: `wanted` is drawn from as work gets done. At most `jobs + 1`
    pages are in memory at once, whatever the length of the documents. Leaving the iterator early
    stops the work that has not begun.
    """
    reader = Reader(shared_engine(options.effort, jobs), options)
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="shuowen-pages")
    waiting: deque[Future[ReadPage]] = deque()
    try:
        for pages, index in wanted:
            waiting.append(pool.submit(_read_one, reader, pages, index))
            if len(waiting) > jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _read_one(reader: Reader, pages: PageSource, index: int) -> ReadPage:
    start = time.perf_counter()
    try:
        image = pages.load(index)
        loaded = time.perf_counter() - start
        page = reader.read_page(image, {"load": loaded})
    except Exception as error:  # a bad page, and even a bug that it shows, costs that page alone
        known = as_shuowen_error(error, f"reading page {index + 1}")
        return ReadPage(page=failed_page(index, known), pixels=None)
    return ReadPage(page=page, pixels=image.pixels)


def failed_page(index: int, error: ShuowenError) -> Page:
    """The page at `index`, saying why it could not be read."""
    reason = PageError(code=error.code, message=error.message, hint=error.hint)
    return Page(page_number=index + 1, status="failed", error=reason)


def source_info(source: Source, media_type: str, sha256: str) -> SourceInfo:
    """Where a document came from, with the hash of its content, which takes time to find."""
    return SourceInfo(
        name=source.name,
        media_type=media_type,
        num_bytes=source.num_bytes(),
        sha256=sha256,
    )


def make_document(
    source: SourceInfo,
    num_pages: int,
    pages: Sequence[Page],
    options: ReadOptions,
    *,
    seconds: float,
) -> Document:
    """The document of the pages read so far."""
    return Document(
        source=source,
        num_pages=num_pages,
        status=document_status(tuple(pages)),
        pages=tuple(pages),
        generator=GENERATOR,
        options=options.fingerprint(),
        timings={"total": round(seconds, 3)},
    )
