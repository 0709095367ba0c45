"""The characters of a PDF page with their places, as pdfium knows them.

pdfium gives them in the order in which the page draws them, with spaces and line ends that it
infers added. Here they become glyphs in pixels, and what is no visible character is left out:
control and format characters, text beyond the page's edge, and letters drawn twice to look bold.
"""

from __future__ import annotations

from ctypes import byref, c_double, c_void_p, cast
from dataclasses import dataclass, field, replace
from math import atan2, cos, degrees, hypot, radians, sin
from typing import Any, Literal

from pypdfium2 import raw

from shuowen.document.model import Box, Point
from shuowen.image.pdf_characters import read_characters
from shuowen.image.pdf_frame import PageFrame
from shuowen.image.pdf_pictures import is_invisible

_MIN_SIZE_PX = 1.0  # smaller text cannot be seen
_OVERPRINT = 0.1  # of the font size: no two equal letters of a word stand closer
_DIAGONAL = 0.3  # |cos² - sin²|: within about 9 degrees of 45
_INK_HEIGHT, _LOOSE_HEIGHT = (
    0.65,
    1.15,
)  # of the font size: a letter's ink, and from depth to height
_MAX_HEIGHT = 4  # times the font size: taller than any bracket

Edges = tuple[float, float, float, float]
Space = Literal["", "written", "inferred"]


@dataclass(frozen=True, slots=True)
class Glyph:
    """One drawn character; all lengths in pixels.

    Attributes:
        text: The character; a ligature comes as several glyphs in one place.
        center: Middle of its ink.
        width, height: Size of its ink, along and across the direction of writing.
        origin: Where the pen stands when it is drawn, on the baseline.
        advance: How far the pen moves on.
        angle: Direction of writing in degrees, 0 to the right, clockwise, -180 to 180.
        size: Font size.
        space_before: Whether a space that is written in the PDF, or one that pdfium infers from
            the distance, separates it from the glyph before.
    """

    text: str
    center: Point
    width: float
    height: float
    origin: Point
    advance: float
    angle: float
    size: float
    space_before: Space


@dataclass(kw_only=True)
class GlyphCounts:
    """What was met on the way, for judging whether the text layer can be believed."""

    num_characters: int = 0
    num_unmapped: int = 0
    num_invisible: int = 0
    num_outside: int = 0


@dataclass
class _Overprints:
    """Finds letters drawn again in almost the same place (fake bold, shadows)."""

    seen: dict[tuple[str, int, int], list[Point]] = field(default_factory=dict)

    def add(self, text: str, center: Point, size: float) -> bool:
        """Remember a glyph; True when an equal one is within a tenth of its size."""
        reach = _OVERPRINT * size
        column, row = int(center[0] // 8), int(center[1] // 8)
        near = (
            other
            for i in (column - 1, column, column + 1)
            for j in (row - 1, row, row + 1)
            for other in self.seen.get((text, i, j), ())
        )
        if any(hypot(x - center[0], y - center[1]) < reach for x, y in near):
            return True
        self.seen.setdefault((text, column, row), []).append(center)
        return False


def read_glyphs(text_page: Any, frame: PageFrame, counts: GlyphCounts) -> list[Glyph]:
    """All visible characters of a page in drawing order; `counts` is filled on the way.

    Args:
        text_page: A `pypdfium2.PdfTextPage`.
        frame: How the page is drawn.
        counts: Also counts what is left out.
    """
    glyphs: list[Glyph] = []
    overprints = _Overprints()
    space: Space = ""
    owner_before = 0
    for index, text in read_characters(text_page):
        if text.isspace():
            is_inferred = raw.FPDFText_IsGenerated(text_page, index) == 1
            space = space if space == "written" else "inferred" if is_inferred else "written"
            continue
        owner, is_hidden = _owner(text_page, index)
        counts.num_characters += 1
        counts.num_unmapped += raw.FPDFText_HasUnicodeMapError(text_page, index) == 1
        counts.num_invisible += is_hidden
        glyph = _place(text_page, index, text, frame)
        if glyph is None or _is_outside(glyph.center, frame):
            counts.num_outside += glyph is not None
            continue
        is_piece = owner == owner_before and glyphs[-1].center == glyph.center  # of a ligature
        owner_before = owner
        if overprints.add(text, glyph.center, glyph.size) and not is_piece:
            continue
        glyphs.append(replace(glyph, space_before=space))
        space = ""
    return glyphs


def _owner(text_page: Any, index: int) -> tuple[int, bool]:
    """The text object that draws a character, as a number, and whether it is invisible."""
    owner = raw.FPDFText_GetTextObject(text_page, index)
    return cast(owner, c_void_p).value or 0, bool(owner) and is_invisible(owner)


def _place(text_page: Any, index: int, text: str, frame: PageFrame) -> Glyph | None:
    """Where a character is; None when it has no size to be seen at."""
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text_page, index, byref(matrix))
    x, y = c_double(), c_double()
    raw.FPDFText_GetCharOrigin(text_page, index, byref(x), byref(y))
    writing = frame.vector(matrix.a, matrix.b)
    angle = round(degrees(atan2(writing[1], writing[0])), 1)
    size = raw.FPDFText_GetFontSize(text_page, index) * hypot(*frame.vector(matrix.c, matrix.d))
    loose = frame.box(*_loose_box(text_page, index))
    ink_edges = _ink_box(text_page, index)
    ink = frame.box(*ink_edges) if ink_edges else loose
    width, height = _unturned(ink, angle, _INK_HEIGHT * size)
    if height > _MAX_HEIGHT * size:  # bitmap fonts, where the font size says nothing
        size = height
    if size < _MIN_SIZE_PX:
        return None
    return Glyph(
        text=text,
        center=ink.center,
        width=width,
        height=height,
        origin=frame.point(x.value, y.value),
        advance=_unturned(loose, angle, _LOOSE_HEIGHT * size)[0],
        angle=angle,
        size=size,
        space_before="",
    )


def _ink_box(text_page: Any, index: int) -> Edges | None:
    """Left, bottom, right and top of what is drawn, in points; None when nothing is."""
    left, right, bottom, top = c_double(), c_double(), c_double(), c_double()
    edges = (byref(left), byref(right), byref(bottom), byref(top))
    raw.FPDFText_GetCharBox(text_page, index, *edges)
    has_ink = left.value < right.value and bottom.value < top.value
    return (left.value, bottom.value, right.value, top.value) if has_ink else None


def _loose_box(text_page: Any, index: int) -> Edges:
    """The same from the pen's place to its next, and from the font's depth to its height."""
    loose = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(text_page, index, byref(loose))
    return loose.left, loose.bottom, loose.right, loose.top


def _unturned(box: Box, angle: float, usual_height: float) -> tuple[float, float]:
    """Sides of the rectangle that, turned by `angle` degrees, just fits into `box`.

    From box width = w·|cos| + h·|sin| and box height = w·|sin| + h·|cos|; near 45 degrees the two
    say the same, and the height is taken to be the usual one.
    """
    along, across = abs(cos(radians(angle))), abs(sin(radians(angle)))
    difference = along**2 - across**2
    if abs(difference) < _DIAGONAL:
        height = min(usual_height, (box.width + box.height) / 2 / (along + across))
        return max((box.width - height * across) / along, 0.0), height
    width = (box.width * along - box.height * across) / difference
    height = (box.height * along - box.width * across) / difference
    return max(width, 0.0), max(height, 0.0)


def _is_outside(point: Point, frame: PageFrame) -> bool:
    return not (0 <= point[0] <= frame.width_px and 0 <= point[1] <= frame.height_px)
