"""Drawn tables with the lines that a reader would find in them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Box, Line, Span
from shuowen.reading.table_text import quad_of

CHARACTER_PX, LINE_PX = 11, 20


def make_line(text: str, left: float, top: float) -> Line:
    spans, x = [], left
    for word in text.split(" "):
        right = x + len(word) * CHARACTER_PX
        box = Box(x, top, right, top + LINE_PX)
        spans.append(Span(text=word, box=box, confidences=(0.9,) * len(word)))
        x = right + CHARACTER_PX
    box = Box(left, top, x - CHARACTER_PX, top + LINE_PX)
    return Line(text=text, confidence=0.9, box=box, quad=quad_of(box), spans=tuple(spans))


@dataclass(frozen=True, kw_only=True)
class Drawn:
    pixels: NDArray[np.uint8]
    lines: list[Line]

    @property
    def size(self) -> tuple[int, int]:
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def box(self) -> Box:
        return Box(0, 0, *self.size)


def draw(
    texts: list[list[str]], *, width: int = 140, height: int = 44, is_ruled: bool, unread: str = ""
) -> Drawn:
    """A table with a cell for each text; `unread` is drawn but has no line."""
    num_rows, num_cols = len(texts), len(texts[0])
    pixels = np.full((num_rows * height + 20, num_cols * width + 20, 3), 255, np.uint8)
    lines = []
    for row, cells in enumerate(texts):
        for col, text in enumerate(cells):
            left, top = 22 + col * width, 22 + row * height
            cv2.putText(pixels, text, (left, top + 16), 0, 0.55, (0, 0, 0), 1, cv2.LINE_AA)
            if text and text != unread:
                lines.append(make_line(text, left, top))
    if is_ruled:
        right, bottom = 10 + num_cols * width, 10 + num_rows * height
        for row in range(num_rows + 1):
            y = 10 + row * height
            cv2.line(pixels, (10, y), (right, y), (0, 0, 0), 2)
        for col in range(num_cols + 1):
            x = 10 + col * width
            cv2.line(pixels, (x, 10), (x, bottom), (0, 0, 0), 2)
    return Drawn(pixels=pixels, lines=lines)
