"""The picture of one page, as it is handed from loading to reading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Line

Pixels = NDArray[np.uint8]
"""A picture: (height, width, 3), RGB, 0 to 255."""


@dataclass(frozen=True, kw_only=True)
class PageImage:
    """One page to read.

    Attributes:
        page_index: Position in the source, from 0.
        pixels: The page, (height, width, 3) RGB uint8.
        dpi: Resolution at which a PDF page was drawn; None for pictures.
        text_lines: What a PDF says the page holds, in page pixels; empty when it says nothing.
    """

    page_index: int
    pixels: Pixels
    dpi: float | None = None
    text_lines: tuple[Line, ...] = ()
