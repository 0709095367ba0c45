"""Pictures out of a document that was read: its figures cut out, its pages as they were drawn."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Document, Page, Region
from shuowen.errors import CapacityError, TooLargeError
from shuowen.image.frame import turn
from shuowen.image.open import open_pages
from shuowen.image.page import Pixels
from shuowen.server.bridge import stop_of_thread
from shuowen.source.model import Source

MAX_PICTURE_BYTES = 64 * 1024**2
"""Most that all pictures of one answer may take."""

_QUALITY = 90


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A JPEG and its size in pixels."""

    jpeg: bytes
    width: int
    height: int

    def base64(self) -> str:
        """The JPEG for JSON."""
        return b64encode(self.jpeg).decode("ascii")

    def data_url(self) -> str:
        """The JPEG as an address that holds it."""
        return f"data:image/jpeg;base64,{self.base64()}"


def figure_pictures(
    source: Source,
    options: ReadOptions,
    limits: Limits,
    document: Document,
    wanted: Callable[[Region], bool] | None = None,
) -> dict[str, Picture]:
    """The figures of a document by region id, upright.

    Args:
        source, options, limits: As the document was read.
        wanted: Which figures; all when None.

    Raises:
        TooLargeError: Together they are larger than an answer may be.
        ShuowenError: The source cannot be opened again.
    """
    found: dict[str, Picture] = {}
    num_bytes = 0
    for page, regions, pixels in _with_pixels(source, options, limits, document, wanted):
        for region in regions:
            crop = _crop(pixels, region, page)
            if crop is None:
                continue
            found[region.id] = picture = encoded(crop)
            num_bytes += len(picture.jpeg)
            check_room(num_bytes)
    return found


def check_room(num_bytes: int) -> None:
    """Raise `TooLargeError` where the pictures of an answer take more than they may."""
    if num_bytes > MAX_PICTURE_BYTES:
        message = f"The pictures take more than {MAX_PICTURE_BYTES} bytes."
        raise TooLargeError(message, "Ask for fewer pages, or for no pictures.")


def page_pixels(
    source: Source, options: ReadOptions, limits: Limits, pages: Sequence[Page]
) -> Iterator[tuple[Page, Pixels]]:
    """The pages that could be read, each with its picture, one at a time."""
    drawn, stop = replace(options, text_layer="never", pages=""), stop_of_thread()
    with open_pages(source, drawn, limits) as opened:
        for page in pages:
            if stop.is_set:
                raise CapacityError("The request was broken off.")
            if page.status != "failed":
                yield page, opened.load(page.page_number - 1).pixels


def encoded(pixels: Pixels) -> Picture:
    """A picture, (height, width, 3) RGB, as a JPEG."""
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return Picture(jpeg=jpeg.tobytes(), width=pixels.shape[1], height=pixels.shape[0])


def _with_pixels(
    source: Source,
    options: ReadOptions,
    limits: Limits,
    document: Document,
    wanted: Callable[[Region], bool] | None,
) -> Iterator[tuple[Page, list[Region], Pixels]]:
    regions = {
        page.page_number: [
            region
            for region in page.regions
            if region.kind == "figure" and (wanted is None or wanted(region))
        ]
        for page in document.pages
    }
    pages = [page for page in document.pages if regions[page.page_number]]
    if pages:
        for page, pixels in page_pixels(source, options, limits, pages):
            yield page, regions[page.page_number], pixels


def _crop(pixels: Pixels, region: Region, page: Page) -> Pixels | None:
    """The part of a page that a region covers, turned as the page was for reading."""
    left, top = max(int(region.box.left), 0), max(int(region.box.top), 0)
    right, bottom = int(np.ceil(region.box.right)), int(np.ceil(region.box.bottom))
    crop = pixels[top:bottom, left:right]
    return turn(crop, page.repair.rotation_degrees) if crop.size else None
