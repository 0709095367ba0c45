"""Where a point of a PDF page falls on the picture that is drawn of it.

A PDF measures in points (1/72 inch) from the bottom left of its media box; only the crop box is
shown, turned clockwise by the page's /Rotate. Pixels count from the top left, y down.
"""

from __future__ import annotations

from ctypes import byref
from dataclasses import dataclass
from typing import Any

from pypdfium2 import raw

from shuowen.document.model import Box, Point

POINTS_PER_INCH = 72


@dataclass(frozen=True, kw_only=True)
class PageFrame:
    """The affine map from page points to pixels: x' = a·x + c·y + e, y' = b·x + d·y + f."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    width_px: int
    height_px: int

    def point(self, x: float, y: float) -> Point:
        """Where the point (x, y) of the page is drawn, in pixels."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def vector(self, x: float, y: float) -> Point:
        """What a displacement by (x, y) points is in pixels."""
        return self.a * x + self.c * y, self.b * x + self.d * y

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """An upright rectangle of the page, in pixels."""
        x0, y0 = self.point(left, bottom)
        x1, y1 = self.point(right, top)
        return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def page_frame(page: Any, width_px: int, height_px: int) -> PageFrame:
    """The map for `page`, a `pypdfium2.PdfPage`, drawn `width_px` by `height_px` pixels large."""
    shown = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page, byref(shown))
    left, right, bottom, top = shown.left, shown.right, shown.bottom, shown.top
    quarter_turns = raw.FPDFPage_GetRotation(page) % 4
    wide, high = right - left, top - bottom
    if quarter_turns % 2:
        wide, high = high, wide
    sx, sy = width_px / wide, height_px / high
    a, b, c, d, e, f = (
        (sx, 0.0, 0.0, -sy, -left * sx, top * sy),
        (0.0, sy, sx, 0.0, -bottom * sx, -left * sy),
        (-sx, 0.0, 0.0, sy, right * sx, -bottom * sy),
        (0.0, -sy, -sx, 0.0, top * sx, right * sy),
    )[quarter_turns]
    return PageFrame(a=a, b=b, c=c, d=d, e=e, f=f, width_px=width_px, height_px=height_px)
