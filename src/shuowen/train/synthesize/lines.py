"""Draws a line of text as a mask of ink: how much of each pixel is covered, 0 to 255."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from shuowen.train.synthesize.fonts import Font, opened

Mask = NDArray[np.uint8]

BODY_TOP, BODY_BOTTOM = 0.74, 0.06
"""What a line's box always holds, in ems above and below the baseline, though its ink be lower."""


@dataclass(frozen=True, kw_only=True)
class LineStyle:
    """How a printed line looks.

    Attributes:
        spacing: Between characters, in ems.
        slant: Shift to the right for each pixel of height; 0.2 looks like italics.
        weight: How many pixels its strokes grow to the right; 0 or 1.
    """

    spacing: float = 0.0
    slant: float = 0.0
    weight: int = 0


def draw_line(text: str, font: Font, size: int, style: LineStyle) -> Mask:
    """The line's ink in a box that fits it, at `size` pixels an em."""
    face = opened(font.path, size)
    step = style.spacing * size
    width = face.getlength(text) + step * len(text)
    image = Image.new("L", (int(width) + 2 * size, 2 * size))
    draw = ImageDraw.Draw(image)
    left, baseline = size / 2, round(1.25 * size)
    if step:
        for one in text:
            draw.text((left, baseline), one, fill=255, font=face, anchor="ls")
            left += face.getlength(one) + step
    else:
        draw.text((left, baseline), text, fill=255, font=face, anchor="ls")
    ink = np.asarray(image)
    if style.slant:
        ink = slanted(ink, style.slant, baseline)
    if style.weight:
        ink = np.maximum(ink, np.roll(ink, 1, axis=1))
    return boxed(ink, baseline, size)


def slanted(ink: Mask, slant: float, baseline: int) -> Mask:
    """The ink leaning to the right, its baseline left in place."""
    matrix = np.array([[1, -slant, slant * baseline], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(ink, matrix, (ink.shape[1], ink.shape[0])), np.uint8)


def boxed(ink: Mask, baseline: int, size: int) -> Mask:
    """The part of the canvas that holds the ink, and at least the body of a line."""
    columns = np.flatnonzero(ink.max(axis=0) > 40)
    rows = np.flatnonzero(ink.max(axis=1) > 40)
    if not len(columns):
        return ink[baseline - size : baseline, :size]
    top = max(min(int(rows[0]), baseline - round(BODY_TOP * size)), 0)
    bottom = max(int(rows[-1]) + 1, baseline + round(BODY_BOTTOM * size))
    return ink[top:bottom, int(columns[0]) : int(columns[-1]) + 1]


def shrunk(ink: Mask, factor: float) -> Mask:
    """The ink made smaller, at least a few pixels."""
    height, width = (max(round(side * factor), 3) for side in ink.shape)
    return np.asarray(cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
