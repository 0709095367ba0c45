"""Documents that clients of the MCP server asked for: each page is read once and kept for a while.

A search that follows a reading, or the next page, then comes at once. What is kept is bounded: the
pages used longest ago go first. Content is known by its hash, so a file that was changed is read
anew; a download is kept for a few minutes under its address.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, TypeVar

from shuowen.config import ReadOptions
from shuowen.document.model import Page
from shuowen.image.open import open_pages
from shuowen.image.page import Pixels
from shuowen.server.desk import Desk
from shuowen.server.mcp_access import Access
from shuowen.server.page_work import PageRead
from shuowen.source.model import Source

MAX_KEPT_PAGES = 1000
MAX_KEPT_DOWNLOADS = 8
MAX_KEPT_BYTES = 64 * 1024**2
"""Of each download; larger ones are fetched again."""
DOWNLOAD_SECONDS = 600.0
"""How long a download is taken for the same; then it is fetched again."""

_URL_MARK = "://"
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, kw_only=True)
class Found:
    """A document that was opened.

    Attributes:
        source: Its content.
        key: The same for the same content, read the same way.
        media_type: Such as "application/pdf".
        num_pages: How many pages it has.
    """

    source: Source
    key: str
    media_type: str
    num_pages: int


class Library:
    """Reads for clients and remembers; methods may be called from any thread, and block."""

    def __init__(self, desk: Desk, access: Access, *, max_pages: int) -> None:
        """At most `max_pages` are read for one question."""
        self._desk = desk
        self._access = access
        self.max_pages = max_pages
        self._pages: _Recent[tuple[str, int], Page] = _Recent(MAX_KEPT_PAGES)
        self._downloads: _Recent[str, tuple[float, Source]] = _Recent(MAX_KEPT_DOWNLOADS)

    def find(self, where: str, password: str = "") -> Found:
        """Open a document without reading it; raises `ShuowenError`."""
        source = self._source(where)
        options = ReadOptions(password=password)
        with open_pages(source, options, self._access.limits) as pages:
            secret = hashlib.sha256(password.encode(errors="replace")).hexdigest()
            return Found(
                source=source,
                key=f"{source.sha256()} {secret}",
                media_type=pages.media_type,
                num_pages=pages.num_pages,
            )

    def read(
        self, found: Found, indices: Sequence[int], owner: str, password: str = ""
    ) -> Generator[Page, None, None]:
        """Read pages in order, those that are kept at once; closing stops what has not begun.

        Args:
            found: The document.
            indices: Which pages, from 0, rising.
            owner: Who wants them; owners get their pages in turns.
            password: Of an encrypted PDF.

        Raises:
            ShuowenError: The document cannot be read, or more pages than may be asked for.
        """
        kept = {index: page for index in indices if (page := self._pages.get((found.key, index)))}
        missing = [index for index in indices if index not in kept]
        with closing(self._new(found, missing, owner, password)) as new:
            for index in indices:
                yield kept.get(index) or next(new)

    def picture(self, found: Found, index: int, password: str = "") -> Pixels:
        """The picture of a page, (H, W, 3) RGB uint8; raises `ShuowenError`."""
        options = ReadOptions(password=password)
        with open_pages(found.source, options, self._access.limits) as pages:
            return pages.load(index).pixels

    def _source(self, where: str) -> Source:
        if _URL_MARK not in where or where.lower().startswith("file:"):
            return self._access.source(where)
        known = self._downloads.get(where)
        if known is not None and time.monotonic() - known[0] < DOWNLOAD_SECONDS:
            return known[1]
        source = self._access.source(where)
        if source.num_bytes() <= MAX_KEPT_BYTES:
            self._downloads.put(where, (time.monotonic(), source))
        return source

    def _new(
        self, found: Found, indices: Sequence[int], owner: str, password: str
    ) -> Generator[Page, None, None]:
        """Pages that are not kept, read and kept from now on."""
        if not indices:
            return
        ranges = ",".join(str(index + 1) for index in indices)
        events = self._desk.read(
            found.source,
            ReadOptions(pages=ranges, password=password),
            self._access.limits,
            owner=owner,
            max_pages=self.max_pages,
        )
        with closing(events):
            for event in events:
                if isinstance(event, PageRead):
                    if event.page.status != "failed":
                        self._pages.put((found.key, event.page.page_number - 1), event.page)
                    yield event.page


class _Recent(Generic[K, V]):
    """The values that were used last, at most `size`; may be used from many threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: K, value: V) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._size:
                self._values.popitem(last=False)
