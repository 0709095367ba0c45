"""The picture of one page, as it is handed from loading to reading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box, Line

Pixels = NDArray[np.uint8]
"""A picture: (height, width, 3), RGB, 0 to 255."""


@dataclass(frozen=True, kw_only=True)
class TextLayerFacts:
    """What tells how far a PDF page's text layer can be believed.

    Attributes:
        num_characters: Characters in the layer, spaces not counted.
        num_unmapped: Those for which the PDF's own table names no character.
        num_invisible: Those drawn invisibly: text that an earlier OCR put over a scan.
        num_outside: Those beyond the page's edge; they are in no line.
        picture_boxes: Pictures on the page, in page pixels.
    """

    num_characters: int = 0
    num_unmapped: int = 0
    num_invisible: int = 0
    num_outside: int = 0
    picture_boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PageImage:
    """One page to read.

    Attributes:
        page_index: Position in the source, from 0.
        pixels: The page, (height, width, 3) RGB uint8.
        dpi: Resolution at which a PDF page was drawn; None for pictures.
        text_lines: What a PDF says the page holds, in page pixels; empty when it says nothing
            or the options never use it.
        text_facts: What is known about those lines.
    """

    page_index: int
    pixels: Pixels
    dpi: float | None = None
    text_lines: tuple[Line, ...] = ()
    text_facts: TextLayerFacts = TextLayerFacts()
