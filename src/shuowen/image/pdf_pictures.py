"""The pictures on a PDF page: where they are, and how finely they were scanned."""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import byref, c_uint
from dataclasses import dataclass
from math import hypot
from typing import Any

from pypdfium2 import raw

from shuowen.document.model import Box
from shuowen.image.pdf_frame import POINTS_PER_INCH, page_frame

Matrix = tuple[float, float, float, float, float, float]

_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_MAX_DEPTH = 8  # of forms within forms: a file may nest them endlessly
_MIN_SCAN_COVER = 0.9  # a scan fills the page, but for a narrow margin
_MIN_PART_COVER = 0.01  # smaller pictures are stamps or marks, not a strip of the scan


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture on a page.

    Attributes:
        box: Where it is, in pixels of the page drawn at 72 dpi.
        dpi: Its own pixels per inch as it lies on the page.
    """

    box: Box
    dpi: float


@dataclass(frozen=True, kw_only=True)
class PageContent:
    """What a page is made of; `only_pictures` when nothing else on it can be seen."""

    pictures: tuple[Picture, ...]
    only_pictures: bool


def look_at_content(page: Any) -> PageContent:
    """Go through the objects of `page`, a `pypdfium2.PdfPage`, and those of its forms."""
    width, height = page.get_size()
    frame = page_frame(page, max(round(width), 1), max(round(height), 1))
    shown = Box(0, 0, frame.width_px, frame.height_px)
    pictures, only_pictures = [], True
    for item, matrix in _objects(page, _IDENTITY, 0):
        if raw.FPDFPageObj_GetType(item) != raw.FPDF_PAGEOBJ_IMAGE:
            only_pictures = only_pictures and _is_invisible_text(item)
            continue
        a, b, c, d, e, f = _times(_matrix_of(item), matrix)  # takes the unit square to the page
        corners = [frame.point(x, y) for x, y in ((e, f), (e + a, f + b), (e + c, f + d))]
        corners.append(frame.point(e + a + c, f + b + d))
        box = _clipped(corners, shown)
        if box.area:
            pictures.append(Picture(box=box, dpi=_dpi(item, hypot(a, b), hypot(c, d))))
    return PageContent(pictures=tuple(pictures), only_pictures=only_pictures)


def scan_dpi(content: PageContent, page_area: float) -> float | None:
    """The resolution at which the page was scanned, or None when it is not just a scan.

    A scan is one picture or several strips or layers that fill the page, with nothing else to see;
    of layers the finest counts, because it holds the text.

    Args:
        content: The page.
        page_area: Width times height of the page, in square points.
    """
    parts = [part for part in content.pictures if part.box.area >= _MIN_PART_COVER * page_area]
    covered = sum(part.box.area for part in parts)
    if not content.only_pictures or covered < _MIN_SCAN_COVER * page_area:
        return None
    return max(part.dpi for part in parts)


def has_damaged_picture(page: Any) -> bool:
    """Whether pdfium, which draws nothing for them, cannot decode one of the page's pictures."""
    for item, _ in _objects(page, _IDENTITY, 0):
        if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_IMAGE:
            bitmap = raw.FPDFImageObj_GetBitmap(item)
            if not bitmap:
                return True
            raw.FPDFBitmap_Destroy(bitmap)
    return False


def _objects(holder: Any, matrix: Matrix, depth: int) -> Iterator[tuple[Any, Matrix]]:
    """Everything drawn, with the matrix of the forms around it."""
    is_page = depth == 0
    count = raw.FPDFPage_CountObjects if is_page else raw.FPDFFormObj_CountObjects
    get = raw.FPDFPage_GetObject if is_page else raw.FPDFFormObj_GetObject
    for index in range(count(holder)):
        item = get(holder, index)
        if raw.FPDFPageObj_GetType(item) != raw.FPDF_PAGEOBJ_FORM:
            yield item, matrix
        elif depth < _MAX_DEPTH:
            yield from _objects(item, _times(_matrix_of(item), matrix), depth + 1)


def _matrix_of(item: Any) -> Matrix:
    found = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(item, byref(found))
    return found.a, found.b, found.c, found.d, found.e, found.f


def _times(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that applies `first` and `then` (PDF 32000-1, 8.3.4: row vectors)."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    )


def _dpi(item: Any, width_points: float, height_points: float) -> float:
    """Pixels per inch in the finer direction; 0 for a picture without size."""
    width, height = c_uint(), c_uint()
    raw.FPDFImageObj_GetImagePixelSize(item, byref(width), byref(height))
    sides = ((width.value, width_points), (height.value, height_points))
    return max(
        (pixels * POINTS_PER_INCH / points for pixels, points in sides if points), default=0.0
    )


def _clipped(corners: list[tuple[float, float]], shown: Box) -> Box:
    xs = [min(max(x, shown.left), shown.right) for x, _ in corners]
    ys = [min(max(y, shown.top), shown.bottom) for _, y in corners]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _is_invisible_text(item: Any) -> bool:
    is_text = raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_TEXT
    return is_text and is_invisible(item)


def is_invisible(text_object: Any) -> bool:
    """Whether text is there only to be searched: PDF 32000-1, table 106, modes 3 and 7."""
    mode = raw.FPDFTextObj_GetTextRenderMode(text_object)
    return mode in (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)
