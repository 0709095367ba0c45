"""Pages as pictures, for engines that open no PDFs."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from shuowen.config import Limits, ReadOptions
from shuowen.image.open import PageSource, open_pages
from shuowen.image.page import Pixels
from shuowen.source.expand import expand
from shuowen.source.model import FailedSource

PAGE_DPI = 200
"""At which pages of PDFs are drawn for engines that take pictures alone."""

_SUFFIXES = frozenset((".png", ".jpg", ".jpeg"))
"""Pictures that every engine opens, and that are handed on as they are."""


def page_pixels(path: Path) -> Generator[Pixels, None, None]:
    """The pages of a picture or PDF, each (height, width, 3) RGB uint8, one after another.

    Raises:
        ShuowenError: The file, or one of its pages, cannot be read.
    """
    with _opened(path) as pages:
        for index in range(pages.num_pages):
            yield pages.load(index).pixels


def count_pages(path: Path) -> int:
    """How many pages a picture or PDF has; raises `ShuowenError` when it cannot be read."""
    with _opened(path) as pages:
        return pages.num_pages


@contextmanager
def page_pictures(path: Path) -> Iterator[list[Path]]:
    """Picture files of the pages, for as long as the block runs; raises what `page_pixels` does."""
    if path.suffix.lower() in _SUFFIXES:
        yield [path]
        return
    with tempfile.TemporaryDirectory(prefix="shuowen-bench-") as folder:
        pictures = []
        for number, pixels in enumerate(page_pixels(path), start=1):
            pictures.append(Path(folder) / f"page-{number:04}.png")
            Image.fromarray(pixels).save(pictures[-1], compress_level=1)
        yield pictures


@contextmanager
def _opened(path: Path) -> Iterator[PageSource]:
    limits = Limits()
    (source,) = expand([path], limits)
    if isinstance(source, FailedSource):
        raise source.error
    with open_pages(source, ReadOptions(dpi=PAGE_DPI, text_layer="never"), limits) as pages:
        yield pages
