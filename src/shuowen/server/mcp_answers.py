"""What an assistant is shown of a document: whole pages, as many as an answer may hold.

Assistants have little room, and clients cut long answers without telling. So an answer ends with
a page, and says which pages are left and how to get them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, get_args

import cv2
import msgspec
from PIL import Image

from shuowen.document.model import Document, Page, Region, SourceInfo, Table
from shuowen.image.page import Pixels
from shuowen.server.mcp_library import Found
from shuowen.writers import markdown, text

Format = Literal["markdown", "json", "text"]
FORMATS: tuple[str, ...] = get_args(Format)

MAX_PICTURE_SIDE_PX = 1568
"""Longest side of a picture in an answer: assistants shrink what is larger."""

_JPEG_QUALITY = 80
_DOUBT = 0.9


class Answer:
    """An answer that grows page by page until it is full."""

    def __init__(self, found: Found, indices: Sequence[int], format: Format, size: int) -> None:
        """`size` is the most characters; `indices` are the pages that are wanted, from 0."""
        self._found = found
        self._indices = indices
        self._format = format
        self._size = size
        self._parts: list[str] = []
        self._pages: list[Page] = []
        self._is_cut = False

    def add(self, page: Page) -> bool:
        """Take a page in; whether there may be room for another one."""
        part = _WRITERS[self._format](page, self._found.num_pages)
        left = self._size - sum(map(len, self._parts))
        if len(part) > left and self._parts:
            return False
        self._is_cut = len(part) > left and self._format != "json"  # half of JSON is none
        self._parts.append(part[:left] if self._is_cut else part)
        self._pages.append(page)
        return len(part) < left

    def body(self) -> str:
        """The pages, in the format that was asked for."""
        if self._format != "json":
            return "\n\n".join(part for part in self._parts if part)
        head = {"source": self._found.source.name, "num_pages": self._found.num_pages}
        opened = msgspec.json.encode(head).decode().removesuffix("}")
        return f'{opened},"pages":[{",".join(self._parts)}]}}'

    def notes(self) -> str:
        """What the reader should know: which pages these are, what is left, what is doubtful."""
        num_pages = self._found.num_pages
        shown = _ranges([page.page_number for page in self._pages])
        lines = [f"These are all {num_pages} pages." if num_pages > 1 else "This is the only page."]
        if len(self._pages) < num_pages:
            lines = [f"This is {shown} of {num_pages} pages."]
        left = [index + 1 for index in self._indices[len(self._pages) :]]
        if left:
            lines.append(f'For the rest, ask again with pages="{_ranges(left)}".')
        if self._is_cut:
            lines.append(f"Page {shown} is longer than one answer may be and is cut off.")
        lines += [_trouble(page) for page in self._pages]
        return " ".join(line for line in lines if line)


def page_picture(pixels: Pixels) -> bytes:
    """A page's picture as JPEG, small enough for an assistant.

    Args:
        pixels: (H, W, 3) RGB uint8.
    """
    scale = MAX_PICTURE_SIDE_PX / max(pixels.shape[:2])
    if scale < 1:
        size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(pixels.dtype)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return stream.getvalue()


def _markdown(page: Page, num_pages: int) -> str:
    mark = f"<!-- page {page.page_number} -->\n\n" if num_pages > 1 else ""
    return mark + markdown.write(_alone(page)).decode().strip()


def _text(page: Page, num_pages: int) -> str:
    mark = f"[page {page.page_number}]\n\n" if num_pages > 1 else ""
    return mark + text.write(_alone(page)).decode().strip()


def _json(page: Page, num_pages: int) -> str:
    """The page without its lines and words, which fill an answer and say the same again."""
    regions = tuple(map(_short, page.regions))
    return msgspec.json.encode(msgspec.structs.replace(page, regions=regions, timings={})).decode()


_WRITERS: Mapping[str, Callable[[Page, int], str]] = MappingProxyType(
    {"markdown": _markdown, "json": _json, "text": _text}
)


def _short(region: Region) -> Region:
    table = region.table and _short_table(region.table)
    return msgspec.structs.replace(region, lines=(), table=table)


def _short_table(table: Table) -> Table:
    cells = tuple(msgspec.structs.replace(cell, line_indices=()) for cell in table.cells)
    return msgspec.structs.replace(table, cells=cells)


def _alone(page: Page) -> Document:
    """A document of one page, for the writers."""
    source = SourceInfo(name="", media_type="", num_bytes=0, sha256="")
    return Document(source=source, num_pages=1, status=page.status, pages=(page,))


def _trouble(page: Page) -> str:
    if page.status == "failed":
        return f"Page {page.page_number} could not be read."
    if page.confidence is not None and page.confidence < _DOUBT:
        return (
            f"Page {page.page_number} was hard to read (confidence {page.confidence:.2f}):"
            " look at its picture before you rely on names and numbers."
        )
    return ""


def _ranges(numbers: Sequence[int]) -> str:
    """Rising page numbers as people write them: "1-3,7"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ",".join("-".join(map(str, part)) for part in parts)
