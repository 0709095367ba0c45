"""Paper to draw on, that remembers what was written where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

from shuowen.image.page import Pixels
from shuowen.train.synthesize.made import Field, Mark, MarkKind, rectangle
from shuowen.train.synthesize.typefaces import Typeface

Colour = tuple[int, int, int]
BLACK: Colour = (25, 25, 25)


@dataclass(frozen=True, kw_only=True)
class TextStyle:
    """How text is written.

    Attributes:
        typeface: The font, and how a hand shakes where it is a hand's.
        size_px: Height of an em in pixels, at least 4.
        ink: Its colour.
        extra_weight: Pixels that strokes are made wider by on each side.
        leading: Distance of lines in ems.
    """

    typeface: Typeface
    size_px: int
    ink: Colour = BLACK
    extra_weight: int = 0
    leading: float = 1.4

    @property
    def line_height(self) -> int:
        """Distance of one line from the next, pixels."""
        return round(self.size_px * self.leading)

    def width(self, text: str) -> float:
        """How wide a text will be, pixels."""
        return self.typeface.width(text, self.size_px) + 2 * self.extra_weight

    def scaled(self, factor: float) -> TextStyle:
        """The same at another size."""
        return replace(self, size_px=max(4, round(self.size_px * factor)))


@dataclass(frozen=True, kw_only=True)
class Extent:
    """An upright rectangle on a sheet, pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    def inset(self, by: float) -> Extent:
        """The rectangle with a margin inside."""
        return Extent(
            left=self.left + by, top=self.top + by, right=self.right - by, bottom=self.bottom - by
        )

    def around(self, other: Extent) -> Extent:
        """The smallest rectangle that holds both."""
        return Extent(
            left=min(self.left, other.left),
            top=min(self.top, other.top),
            right=max(self.right, other.right),
            bottom=max(self.bottom, other.bottom),
        )


class Sheet:
    """A white page, what is drawn on it, and the truth about it so far.

    Args:
        width, height: In pixels.
        rng: Decides how hands shake.
        paper: Its colour.
    """

    def __init__(
        self, width: int, height: int, rng: np.random.Generator, paper: Colour = (255, 255, 255)
    ) -> None:
        self.rng = rng
        self.marks: list[Mark] = []
        self.fields: list[Field] = []
        self.text_lines: list[str] = []
        """What is read, line by line; whoever draws adds to it in reading order."""
        self.html: str | None = None
        """Of the tables, when the sheet has nothing else; with thead and th."""
        self.plain_html: str | None = None
        """The same with td alone."""
        self._image = Image.new("RGB", (width, height), paper)
        self._draw = ImageDraw.Draw(self._image)
        self._fonts: dict[str, None] = {}

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._image.size

    @property
    def pixels(self) -> Pixels:
        """What is drawn so far, (height, width, 3); a copy."""
        return np.array(self._image)

    @property
    def fonts(self) -> tuple[str, ...]:
        """Names of the fonts that were used."""
        return tuple(self._fonts)

    def write(self, text: str, left: float, top: float, style: TextStyle) -> Extent:
        """Write one line, its em box's corner at (left, top); returns where its ink is.

        The line and its words are remembered as marks, and not yet as text that is read.
        """
        if not text.strip():
            return Extent(left=left, top=top, right=left, bottom=top + style.size_px)
        self._fonts[style.typeface.name] = None
        ink = style.typeface.draw(
            self._draw, text, (left, top), style.size_px, style.ink, style.extra_weight, self.rng
        )
        extent = Extent(left=ink[0], top=ink[1], right=ink[2], bottom=ink[3])
        self.mark("line", text, extent)
        for word, start, end in _words(text, extent, style):
            self.mark("word", word, replace(extent, left=start, right=end))
        return extent

    def mark(self, kind: MarkKind, text: str, extent: Extent) -> None:
        """Remember what stands where."""
        corners = rectangle(extent.left, extent.top, extent.right, extent.bottom)
        self.marks.append(Mark(kind=kind, text=text, polygon=corners))

    def fill_in(self, key: str, value: str, extent: Extent) -> None:
        """Remember an entry of a form; a key that is there already is told apart by a number."""
        taken = {field.key for field in self.fields}
        name, number = key, 2
        while name in taken:
            name, number = f"{key} {number}", number + 1
        corners = rectangle(extent.left, extent.top, extent.right, extent.bottom)
        self.fields.append(Field(key=name, value=value, polygon=corners))

    def rule(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        width: int = 1,
        ink: Colour = BLACK,
    ) -> None:
        """Draw a straight line."""
        self._draw.line([start, end], fill=ink, width=width)

    def box(
        self,
        extent: Extent,
        *,
        outline: Colour | None = None,
        fill: Colour | None = None,
        width: int = 1,
    ) -> None:
        """Draw a rectangle."""
        corners = (extent.left, extent.top, extent.right, extent.bottom)
        self._draw.rectangle(corners, outline=outline, fill=fill, width=width)

    def ellipse(
        self, extent: Extent, ink: Colour, width: int = 1, *, is_full: bool = False
    ) -> None:
        """Draw an ellipse that touches the rectangle's sides."""
        corners = (extent.left, extent.top, extent.right, extent.bottom)
        self._draw.ellipse(corners, outline=ink, fill=ink if is_full else None, width=width)

    def paste_ink(self, mask: Image.Image, left: float, top: float, ink: Colour) -> None:
        """Lay ink on the paper, where and as strongly as a mask ("L") says."""
        layer = Image.new("RGB", mask.size, ink)
        self._image.paste(layer, (round(left), round(top)), mask)

    def cut(self, height: int) -> None:
        """Cut the sheet off at a height, pixels."""
        self._image = self._image.crop((0, 0, self._image.width, height))
        self._draw = ImageDraw.Draw(self._image)


def _words(text: str, extent: Extent, style: TextStyle) -> Iterator[tuple[str, float, float]]:
    """Words between spaces, with where each begins and ends, pixels; none if there is only one."""
    pieces = text.split(" ")
    if len(pieces) < 2:
        return
    whole = style.typeface.width(text, style.size_px)
    scale, before = extent.width / max(whole, 1e-6), ""
    for piece in pieces:
        start = style.typeface.width(before, style.size_px) if before else 0.0
        before += piece
        if piece:
            end = style.typeface.width(before, style.size_px)
            yield piece, extent.left + start * scale, extent.left + end * scale
        before += " "
