"""How large the text on a page is, as far as that is known before the page is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shuowen.image.crops import QuadPoints, quad_size


@dataclass(frozen=True, kw_only=True)
class TextSizes:
    """Heights of the lines of text that were found on a page, in its pixels.

    Attributes:
        num_lines: How many lines there are, at least 1.
        median_px: Half of the lines are at most this high, ascenders and margin included; a
            Chinese character fills about 0.65 of it.
    """

    num_lines: int
    median_px: float

    @staticmethod
    def of(quads: Sequence[QuadPoints]) -> TextSizes | None:
        """The sizes of lines given by their corners, each (4, 2); None when there are none."""
        if not quads:
            return None
        # The shorter side is the letters' size, be the line a row or a column.
        heights = [min(quad_size(quad)) for quad in quads]
        return TextSizes(num_lines=len(heights), median_px=float(np.median(heights)))
