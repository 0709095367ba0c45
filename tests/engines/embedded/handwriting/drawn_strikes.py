"""Pictures of lines, 48 pixels high, and what a pen does to them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Picture = NDArray[np.uint8]

CHINESE = "一二三十手春眠不觉晓——处处闻啼鸟"
ADVANCE_PX = 34
LEFT_PX = 20
"""Where the characters of `chinese_line` stand."""


def chinese_line() -> Picture:
    """The line of `chinese_line.png`: one clean hand-like font, black on white."""
    picture = Image.open(Path(__file__).with_name("chinese_line.png")).convert("RGB")
    return np.array(picture, np.uint8)


def chinese_place(first: int, last: int) -> tuple[int, int]:
    """Columns from the first of some characters to the end of the last."""
    return LEFT_PX + first * ADVANCE_PX, LEFT_PX + (last + 1) * ADVANCE_PX


def latin_line(text: str, ink: int = 20, paper: int = 250) -> Picture:
    """A line in Pillow's own font, with paper around it as the detector leaves it."""
    font = ImageFont.load_default(size=32)
    picture = Image.new("RGB", (round(font.getlength(text)) + 40, 48), (paper, paper, paper))
    ImageDraw.Draw(picture).text((20, 36), text, font=font, fill=(ink, ink, ink), anchor="ls")
    return np.array(picture, np.uint8)


def latin_place(text: str, word: str) -> tuple[int, int]:
    """Columns of a word in the line of `text`."""
    font = ImageFont.load_default(size=32)
    left = 20 + font.getlength(text[: text.index(word)])
    return round(left), round(left + font.getlength(word))


def stroke(picture: Picture, place: tuple[int, int], row: int, thickness: int = 3) -> Picture:
    """The picture with one straight stroke of the pen, a little longer than its place."""
    drawn = picture.copy()
    cv2.line(drawn, (place[0] - 4, row), (place[1] + 4, row), (20, 20, 20), thickness, cv2.LINE_AA)
    return drawn


def zigzag(picture: Picture, place: tuple[int, int], top: int, bottom: int) -> Picture:
    """The picture with a zigzag all over a place."""
    drawn = picture.copy()
    xs = range(place[0] - 3, place[1] + 3, 5)
    points = [(x, bottom if step % 2 else top) for step, x in enumerate(xs)]
    cv2.polylines(drawn, [np.array(points, np.int32)], False, (20, 20, 20), 3, cv2.LINE_AA)
    return drawn


def blackened(picture: Picture, place: tuple[int, int]) -> Picture:
    """The picture with a place made black."""
    drawn = picture.copy()
    cv2.rectangle(drawn, (place[0], 12), (place[1], 40), (20, 20, 20), -1)
    return drawn
