"""Any source as pages: the one place that knows which kind of file is opened by what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Protocol

from shuowen.config import Limits, ReadOptions
from shuowen.image.formats import sniff
from shuowen.image.frames import Frames, open_frames
from shuowen.image.page import PageImage
from shuowen.image.pdf import Pdf
from shuowen.source.model import Source


class PageSource(Protocol):
    """An open document. `load` may be called from several threads."""

    @property
    def media_type(self) -> str:
        """Such as "application/pdf"."""

    @property
    def num_pages(self) -> int:
        """How many pages there are, at least 1."""

    def load(self, page_index: int) -> PageImage:
        """The page at `page_index`, from 0; raises `InputError` when just this one is broken."""

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""


class PictureFile:
    """A picture file as a document: every frame is a page, and none has a text layer."""

    def __init__(self, frames: Frames, media_type: str) -> None:
        self._frames = frames
        self.media_type = media_type
        self.num_pages = frames.num_pages

    def load(self, page_index: int) -> PageImage:
        """Decode the frame at `page_index`; raises what `Frames.load` raises."""
        return PageImage(page_index=page_index, pixels=self._frames.load(page_index))

    def close(self) -> None:
        """Let go of the file."""
        self._frames.close()


@contextmanager
def open_pages(source: Source, options: ReadOptions, limits: Limits) -> Iterator[PageSource]:
    """Open `source`, whatever it is, for as long as the block runs.

    Raises:
        InputError: It is missing, empty, no picture or PDF, damaged, or needs another password.
        MissingExtraError: Its format needs a package that is not installed.
    """
    media_type = sniff(source.head(), source.name)
    pages: PageSource
    if media_type == Pdf.media_type:
        pages = Pdf(source, options, limits)
    else:
        pages = PictureFile(open_frames(source, media_type, limits), media_type)
    with closing(pages):
        yield pages
