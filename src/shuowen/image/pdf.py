"""PDF files: opened without reading them whole, pages drawn one at a time.

pdfium may be used by one thread at a time only, in the whole process (so says its README), hence
the module's lock. Nothing in a file is ever run: no scripts, no actions, no links.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
import pypdfium2
from msgspec.structs import astuple
from pypdfium2 import raw

from shuowen.config import Limits, ReadOptions
from shuowen.document.model import Box, Line
from shuowen.errors import CapacityError, InputError
from shuowen.image.page import PageImage, Pixels, TextLayerFacts
from shuowen.image.pdf_frame import POINTS_PER_INCH, page_frame
from shuowen.image.pdf_pictures import (
    PageContent,
    has_damaged_picture,
    look_at_content,
    scan_dpi,
)
from shuowen.image.pdf_text import read_text
from shuowen.source.model import Source

MIN_FITTED_DPI = 72
"""A page too large for the limit on pixels is drawn more coarsely, but not below this: at 72 dpi
ordinary 10-point text is 10 pixels high, about the least that can be read."""

MIN_SCAN_DPI, MAX_SCAN_DPI = 150, 300
"""Coarser scans are drawn enlarged, finer ones reduced. Measured on 18 scanned pages of 87 to 206
dpi, characters lost: all at their own resolution 10.9 %, at 150 dpi 10.1 %, at 200 dpi 10.3 %, at
300 dpi 10.2 %; above 150 dpi their own is as good as any and costs no resampling."""

MIN_PICTURE_SHARE = 0.1
"""Share of the page from which a picture that shows nothing is looked into for damage."""

_A4_HEIGHT = 842.0  # points; larger pages often come from software that takes a pixel for a point

PAGES_PER_OPENING = 16
"""pdfium keeps every stream that it has read until the document is closed (measured: 300 pages
with a picture of 1 MB each: 280 MB). Opening anew every so many pages keeps memory constant."""

_ROUNDING = 1e-4  # so that a page of 1700.0000001 pixels is not drawn 1701 pixels wide
_pdfium = threading.RLock()


class Pdf:
    """An open PDF file. Several threads may load pages; they take turns.

    Raises:
        InputError: The file is damaged, needs another password, or has no pages.
    """

    media_type = "application/pdf"

    def __init__(self, source: Source, options: ReadOptions, limits: Limits) -> None:
        self._source, self._options, self._limits = source, options, limits
        with _pdfium:
            self._document = _open(source, options.password)
            self._num_loaded = 0
            self.num_pages = len(self._document)
            if self.num_pages == 0:
                self._document.close()
                raise InputError(f"{source.name} is a PDF with no pages.")

    def load(self, page_index: int) -> PageImage:
        """Draw one page and read its text layer, unless the options never use it.

        A page that is only a scan is drawn at the scan's own resolution, within `MIN_SCAN_DPI` to
        `MAX_SCAN_DPI`; all others at the resolution of the options. Either is lowered to fit the
        limit on pixels.

        Raises:
            InputError: The page is broken or too large; the others can still be loaded.
            CapacityError: There is too little memory for it.
        """
        with _pdfium, self._page(page_index) as page:
            content = look_at_content(page)
            dpi = self._choose_dpi(page, page_index, content)
            pixels = _draw(page, dpi)
            boxes = tuple(_scaled(part.box, dpi / POINTS_PER_INCH) for part in content.pictures)
            if _has_blank_picture(pixels, boxes) and has_damaged_picture(page):
                raise InputError(
                    f"Page {page_index + 1} of {self._source.name} holds a damaged picture.",
                    "The other pages can be read.",
                )
            lines, facts = self._read_text(page, pixels)
        return PageImage(
            page_index=page_index,
            pixels=pixels,
            dpi=dpi,
            text_lines=lines,
            text_facts=replace(facts, picture_boxes=boxes),
        )

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with _pdfium:
            self._document.close()

    def _read_text(self, page: Any, pixels: Pixels) -> tuple[tuple[Line, ...], TextLayerFacts]:
        """The text layer in the frame of the drawn page; nothing where it is never used."""
        if self._options.text_layer == "never":
            return (), TextLayerFacts()
        height_px, width_px = pixels.shape[:2]
        with closing(page.get_textpage()) as text_page:
            return read_text(text_page, page_frame(page, width_px, height_px))

    @contextmanager
    def _page(self, page_index: int) -> Iterator[Any]:
        self._renew_document()
        try:
            with closing(self._document[page_index]) as page:
                yield page
        except pypdfium2.PdfiumError as error:
            raise InputError(
                f"Page {page_index + 1} of {self._source.name} is broken.",
                "The other pages can be read.",
            ) from error
        except MemoryError as error:
            raise CapacityError(
                f"Page {page_index + 1} of {self._source.name} does not fit into memory.",
                "Choose a lower dpi, or fewer jobs.",
            ) from error

    def _renew_document(self) -> None:
        if self._num_loaded == PAGES_PER_OPENING:
            renewed = _open(self._source, self._options.password)
            self._document.close()
            self._document, self._num_loaded = renewed, 0
        self._num_loaded += 1

    def _choose_dpi(self, page: Any, page_index: int, content: PageContent) -> float:
        width, height = page.get_size()
        native = scan_dpi(content, width * height)
        dpi = float(self._options.dpi)
        if native:
            least = MIN_SCAN_DPI * min(_A4_HEIGHT / max(width, height), 1)
            dpi = min(max(native, least), max(MAX_SCAN_DPI, dpi))
        num_pixels = width * height * (dpi / POINTS_PER_INCH) ** 2
        if num_pixels <= self._limits.max_pixels:
            return dpi
        fitted = dpi * sqrt(self._limits.max_pixels / num_pixels)
        if fitted < min(MIN_FITTED_DPI, dpi):
            raise InputError(
                f"Page {page_index + 1} of {self._source.name} is too large: "
                f"{width / POINTS_PER_INCH:.0f} x {height / POINTS_PER_INCH:.0f} inches.",
                f"It has more than {self._limits.max_pixels} pixels even at {MIN_FITTED_DPI} dpi; "
                "raise the limit (--max-pixels).",
            )
        return fitted


def _open(source: Source, password: str) -> Any:
    """The document, with its form fields ready to be drawn."""
    secret = password.encode() or None
    if source.path:  # pdfium reads from the file what it needs, when it needs it
        handle = raw.FPDF_LoadDocument(os.fsencode(source.path), secret)
    else:
        data = source.data or b""
        handle = raw.FPDF_LoadMemDocument64(data, len(data), secret)
    if not handle:
        raise _why_not(source.name, password, raw.FPDF_GetLastError())
    document = pypdfium2.PdfDocument(handle)
    # Without a script platform pdfium cannot run what form fields ask for, whatever its build.
    if document.get_formtype() == raw.FORMTYPE_ACRO_FORM:
        document.init_forms(raw.FPDF_FORMFILLINFO(version=2, xfa_disabled=True))
    return document


def _why_not(name: str, password: str, reason: int) -> InputError:
    if reason == raw.FPDF_ERR_PASSWORD and password:
        return InputError(f"The password for {name} is wrong.", "Check it and give it again.")
    if reason == raw.FPDF_ERR_PASSWORD:
        return InputError(f"{name} is encrypted.", "Give its password (--password).")
    if reason == raw.FPDF_ERR_SECURITY:
        return InputError(
            f"{name} is encrypted in a way that cannot be read.", "Save it without protection."
        )
    if reason == raw.FPDF_ERR_FILE:
        return InputError(f"{name} cannot be opened.", "Check that it is a file you may read.")
    return InputError(f"{name} is a damaged PDF.", "Repair it, or save it again as a PDF.")


def _draw(page: Any, dpi: float) -> Pixels:
    """The page with its notes and form fields on white paper, straight into Python's memory."""
    scale = dpi / POINTS_PER_INCH * (1 - _ROUNDING)
    with closing(page.render(scale=scale, rev_byteorder=True)) as bitmap:  # RGB
        pixels: Pixels = bitmap.to_numpy()
    return pixels


def _has_blank_picture(pixels: Pixels, boxes: Sequence[Box]) -> bool:
    """Whether a picture that fills much of the page shows nothing but one colour."""
    height, width = pixels.shape[:2]
    for box in boxes:
        left, top, right, bottom = (max(round(edge), 0) for edge in astuple(box))
        part = pixels[top:bottom, left:right]
        if part.shape[0] * part.shape[1] >= MIN_PICTURE_SHARE * height * width and not np.ptp(part):
            return True
    return False


def _scaled(box: Box, factor: float) -> Box:
    return Box(*(edge * factor for edge in (box.left, box.top, box.right, box.bottom)))
