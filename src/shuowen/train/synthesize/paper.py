"""Puts ink on paper: colours, margins, the rules of tables and forms."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.train.synthesize.jitter import smooth_field
from shuowen.train.synthesize.lines import Mask

Pixels = NDArray[np.uint8]
Generator = np.random.Generator
Colour = tuple[int, int, int]

MOST_MARGIN = 0.2
"""Above and below the ink, as a share of its height."""
LOWEST = 20
"""Least height of a crop, in pixels."""
LEAST_CONTRAST = 70
"""Between the brightness of ink and paper, of 255."""
INKS: tuple[Colour, ...] = (
    (15, 15, 15),
    (40, 40, 45),
    (70, 70, 75),
    (20, 30, 110),
    (30, 60, 150),
    (170, 30, 35),
    (20, 90, 50),
)
INK_CHANCES = {
    False: (0.5, 0.2, 0.12, 0.06, 0.04, 0.05, 0.03),
    True: (0.36, 0.14, 0.1, 0.2, 0.12, 0.06, 0.02),
}
PAPERS: tuple[Colour, ...] = (
    (255, 255, 255),
    (246, 246, 244),
    (236, 233, 224),
    (243, 234, 205),
    (214, 214, 212),
    (222, 232, 244),
    (244, 222, 222),
    (224, 240, 224),
    (47, 84, 140),
    (60, 60, 64),
    (150, 40, 40),
)
PAPER_CHANCES = (0.4, 0.17, 0.13, 0.07, 0.06, 0.05, 0.03, 0.03, 0.03, 0.02, 0.01)
BRIGHTNESS = (0.299, 0.587, 0.114)
RULE_INKS: tuple[Colour, ...] = (
    (20, 20, 20),
    (110, 110, 110),
    (180, 180, 180),
    (60, 90, 160),
    (190, 60, 60),
)


def on_paper(ink: Mask, rng: Generator, *, is_cell: bool, is_handwritten: bool) -> Pixels:
    """The ink in its colour on paper, with margins and rules: (H, W, 3)."""
    cover = with_margins(ink, rng, is_cell=is_cell)
    colour, paper = colours(rng, is_handwritten=is_handwritten)
    height, width = cover.shape
    sheet = np.empty((height, width, 3), np.uint8)
    sheet[:] = paper
    if is_cell:
        draw_borders(sheet, rng)
    elif rng.random() < (0.3 if is_handwritten else 0.1):
        draw_underline(sheet, rng)
    pixels = blended(sheet, cover, colour)
    return with_grain(pixels, rng) if rng.random() < 0.25 else pixels


def with_margins(ink: Mask, rng: Generator, *, is_cell: bool) -> Mask:
    """The ink with a little room around it; a cell has more, and more at one side."""
    height = ink.shape[0]
    across = float(rng.uniform(0.1, 1.2)) if is_cell else float(rng.uniform(0.02, 0.35))
    left, right = (int(height * across * one) for one in rng.uniform(0.25, 1, 2))
    top, bottom = (int(one) + 1 for one in height * rng.uniform(0.02, MOST_MARGIN, 2))
    top += max(LOWEST - height - top - bottom, 0)
    return np.asarray(
        cv2.copyMakeBorder(ink, top, bottom, left + 1, right + 1, cv2.BORDER_CONSTANT), np.uint8
    )


def colours(rng: Generator, *, is_handwritten: bool) -> tuple[NDArray[np.float32], Colour]:
    """Of ink and paper, far enough apart; light ink where the paper is dark."""
    paper = PAPERS[int(rng.choice(len(PAPERS), p=PAPER_CHANCES))]
    ink = INKS[int(rng.choice(len(INKS), p=INK_CHANCES[is_handwritten]))]
    change = rng.integers(-8, 9, 3)
    paper = tuple(np.clip(np.array(paper) + change, 0, 255).tolist())
    if np.dot(paper, BRIGHTNESS) - np.dot(ink, BRIGHTNESS) < LEAST_CONTRAST:
        ink = (250, 250, 250) if np.dot(paper, BRIGHTNESS) < 140 else (15, 15, 15)
    return np.array(ink, np.float32), paper


def blended(sheet: Pixels, cover: Mask, colour: NDArray[np.float32]) -> Pixels:
    """Ink of one colour over the sheet, as much as covers each pixel."""
    share = (cover.astype(np.float32) / 255)[..., None]
    return (sheet + share * (colour - sheet)).astype(np.uint8)


def with_grain(pixels: Pixels, rng: Generator) -> Pixels:
    """Slightly uneven paper."""
    height, width = pixels.shape[:2]
    grain = smooth_field(rng, height, width, float(rng.uniform(1, 6)))
    uneven = pixels + grain[..., None] * np.float32(rng.uniform(1, 5))
    return np.clip(uneven, 0, 255).astype(np.uint8)


def draw_borders(sheet: Pixels, rng: Generator) -> None:
    """Rules of a table at some of the sides, at most in the outermost pixels."""
    height, width = sheet.shape[:2]
    colour = RULE_INKS[int(rng.integers(0, len(RULE_INKS)))]
    thickness = int(rng.choice((1, 1, 1, 2)))
    reach = max(height // 24, 1)
    sides = rng.random(4) < 0.5
    top, bottom, left, right = (int(one) for one in rng.integers(0, reach + 1, 4))
    if sides[0]:
        sheet[top : top + thickness] = colour
    if sides[1]:
        sheet[height - bottom - thickness : height - bottom] = colour
    if sides[2]:
        sheet[:, left : left + thickness] = colour
    if sides[3]:
        sheet[:, width - right - thickness : width - right] = colour


def draw_underline(sheet: Pixels, rng: Generator) -> None:
    """The rule that a form gives to write on."""
    height = sheet.shape[0]
    colour = RULE_INKS[int(rng.integers(0, len(RULE_INKS)))]
    row = int(height * rng.uniform(0.88, 0.99))
    sheet[row : row + 1] = colour
