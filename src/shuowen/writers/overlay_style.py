"""Colours of the overlay, and the sheet that it is drawn on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from shuowen.document.model import Point, RegionKind

Color = tuple[int, int, int]
ColorWithAlpha = tuple[int, int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Dark enough for white labels; away from the green, amber and red of confidence.
KIND_COLORS: dict[RegionKind, Color] = {
    "title": (216, 27, 96),
    "text": (30, 102, 208),
    "list": (0, 131, 143),
    "table": (123, 31, 162),
    "figure": (93, 64, 55),
    "caption": (141, 110, 99),
    "formula": (40, 53, 147),
    "header": (84, 110, 122),
    "footer": (55, 71, 79),
    "page_number": (97, 97, 97),
    "footnote": (104, 110, 20),
    "reference": (0, 105, 92),
    "seal": (160, 0, 60),
}
CELL_COLOR: Color = (171, 71, 188)
DOUBT_COLOR: Color = (255, 221, 0)
STRUCK_COLOR: Color = (229, 20, 0)

_GREEN, _AMBER, _RED = (46, 158, 63), (222, 140, 0), (213, 0, 0)


def confidence_color(confidence: float) -> Color:
    """Green from 0.9, amber from 0.7, red below."""
    if confidence >= 0.9:
        return _GREEN
    return _AMBER if confidence >= 0.7 else _RED


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The picture being drawn on.

    Attributes:
        image, draw: The sheet and the pen, which blends colours that have an alpha.
        font, font_px: The labels' font and its size in pixels.
        scale_x, scale_y: Sheet pixels for each page pixel.
        top, bottom: Where on the sheet the page's picture begins and ends.
    """

    image: Image.Image
    draw: ImageDraw.ImageDraw
    font: Font
    font_px: int
    scale_x: float
    scale_y: float
    top: int
    bottom: int

    @property
    def thin(self) -> int:
        """Stroke of lines and cells, in sheet pixels."""
        return max(1, round(self.font_px / 12))

    @property
    def thick(self) -> int:
        """Stroke of regions, in sheet pixels."""
        return max(2, round(self.font_px / 6))

    def place(self, x: float, y: float) -> Point:
        """Where the page's point (x, y) lies on the sheet."""
        return x * self.scale_x, y * self.scale_y + self.top

    def polygon(
        self,
        points: Sequence[Point],
        *,
        outline: Color | ColorWithAlpha,
        width: int,
        fill: ColorWithAlpha | None,
    ) -> None:
        """Draw the closed shape through `points`, given in page pixels."""
        placed = [self.place(x, y) for x, y in points]
        self.draw.polygon(placed, fill=fill, outline=outline, width=width)
