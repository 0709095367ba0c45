"""Boxes in the measures of other contracts: points for a PDF, pixels for a picture."""

from __future__ import annotations

from dataclasses import dataclass

from shuowen.document.model import Box, Page

POINTS_PER_INCH = 72


@dataclass(frozen=True)
class Measure:
    """How a page's pixels become the lengths that a contract counts in.

    Attributes:
        scale: Length of one pixel.
        width, height: The page, in pixels.
    """

    scale: float = 1.0
    width: int = 0
    height: int = 0

    @classmethod
    def of(cls, page: Page) -> Measure:
        """Points for a page that was drawn from a PDF, pixels for any other."""
        scale = POINTS_PER_INCH / page.dpi if page.dpi else 1.0
        return cls(scale, page.width_px, page.height_px)

    def length(self, pixels: float) -> float:
        """A length, to a thousandth."""
        return round(pixels * self.scale, 3)

    def edges(self, box: Box) -> list[float]:
        """[left, top, right, bottom] from the top left corner, none beyond the page's edge."""
        ends = (self.width, self.height, self.width, self.height)
        edges = zip((box.left, box.top, box.right, box.bottom), ends, strict=True)
        return [self.length(min(max(edge, 0), end)) for edge, end in edges]

    def from_top(self, box: Box) -> dict[str, float | str]:
        """Docling's box, counted from the top left corner."""
        left, top, right, bottom = self.edges(box)
        return {"l": left, "t": top, "r": right, "b": bottom, "coord_origin": "TOPLEFT"}

    def from_bottom(self, box: Box) -> dict[str, float | str]:
        """Docling's box, counted from the bottom left corner, where top is the larger."""
        left, top, right, bottom = self.edges(box)
        height = self.length(self.height)
        return {
            "l": left,
            "t": round(height - top, 3),
            "r": right,
            "b": round(height - bottom, 3),
            "coord_origin": "BOTTOMLEFT",
        }
