"""Draws a line as a hand writes it: no two characters have the same size, angle and place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, radians, sin
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from shuowen.train.synthesize.fonts import Font, opened
from shuowen.train.synthesize.jitter import Mask, elastic, pen_width, pressure
from shuowen.train.synthesize.lines import boxed, shrunk

Generator = np.random.Generator

JOINED_FONTS = frozenset({"homemade_apple", "caveat"})
"""Latin hands whose letters join."""
EXTRA_PEN: Mapping[str, float] = MappingProxyType(
    {"noto_sans_thin": 0.018, "kuaile": -0.014, "yusei": -0.01}
)
"""Fonts with strokes like hairs or like bars: how much wider a pen is on each side, in ems."""
DRAWN_SIZE = 56
"""Pixels an em while the strokes are bent; the line is made smaller afterwards."""


@dataclass(frozen=True, kw_only=True)
class Hand:
    """How a writer writes; all lengths in ems.

    Attributes:
        size: Deviation of the characters' size, as a share of it.
        rotation: Deviation of their angle, in degrees.
        rise: Deviation of their height over the baseline.
        drift: Height of the wave that the baseline follows.
        spacing, spacing_deviation: Between characters.
        slant: Of all characters, as a shift for each unit of height.
        width: Of all characters, as a share of their height.
        bend: How far parts of strokes move.
        sway: How far parts of characters move.
        pen: How much wider the strokes are on each side.
        fade: How much the ink fades in places, 0 to 1.
    """

    size: float
    rotation: float
    rise: float
    drift: float
    spacing: float
    spacing_deviation: float
    slant: float
    width: float
    bend: float
    sway: float
    pen: float
    fade: float


def random_hand(rng: Generator, font: Font) -> Hand:
    """A writer; one whose letters are joined keeps them on the line, or they would come apart."""
    is_joined, pen = font.name in JOINED_FONTS, EXTRA_PEN.get(font.name, 0.0)
    wild = (0.3 if is_joined else 1.0) * rng.random()
    return Hand(
        size=0.12 * wild,
        rotation=5 * wild,
        rise=0.06 * wild,
        drift=0.1 * rng.random(),
        spacing=0.0 if is_joined else float(rng.uniform(-0.05, 0.16)),
        spacing_deviation=0.06 * wild,
        slant=float(rng.normal(0.04, 0.1)),
        width=float(rng.uniform(0.85, 1.1)),
        bend=0.012 + 0.022 * float(rng.random()),
        sway=0.045 * wild,
        pen=pen + float(rng.uniform(-0.012, 0.028)),
        fade=float(rng.choice((0, 0, 0.25, 0.45))),
    )


def write_line(text: str, font: Font, size: int, hand: Hand, rng: Generator) -> Mask:
    """The line's ink in a box that fits it, at `size` pixels an em."""
    em = DRAWN_SIZE
    canvas, baseline = _place(text, font, hand, rng)
    ink = elastic(canvas, rng, ((em * 0.28, em * hand.bend), (em * 0.7, em * hand.sway)))
    ink = pen_width(ink, em * hand.pen)
    if hand.fade:
        ink = pressure(ink, rng, cell=em * 0.4, depth=hand.fade)
    ink = boxed(ink, baseline, em)
    return shrunk(ink, size / em)


def _place(text: str, font: Font, hand: Hand, rng: Generator) -> tuple[Mask, int]:
    """All characters on one canvas, each in its own way; and where the baseline is."""
    em = DRAWN_SIZE
    glyphs = [_glyph(font.path, one) for one in text]
    noise = rng.standard_normal((len(text), 4)).clip(-2, 2).tolist()
    room = sum(step for _, step in glyphs) * 1.15 + em * len(text) * 0.3
    canvas = np.zeros((2 * em, int(room) + 3 * em), np.uint8)
    baseline, left = round(1.25 * em), em * 0.75
    phase, turns = rng.random() * 2 * pi, 2 * pi / (float(rng.uniform(3, 12)) * em)
    for (glyph, step), (grow, turn, rise, gap) in zip(glyphs, noise, strict=True):
        wave = hand.rise * rise + hand.drift * sin(phase + left * turns)
        matrix = _matrix(hand, 1 + hand.size * grow, radians(hand.rotation * turn))
        _put(canvas, glyph, matrix, (left, baseline + em * wave), step)
        left += step * hand.width + em * (hand.spacing + hand.spacing_deviation * gap)
    return canvas[:, : int(left + em)], baseline


def _matrix(hand: Hand, scale: float, angle: float) -> NDArray[np.float32]:
    """Size, width, slant and angle of a character, about its place on the baseline."""
    turn = np.array([[cos(angle), sin(angle)], [-sin(angle), cos(angle)]])
    shape = np.array([[hand.width, -hand.slant], [0, 1]]) * scale
    return (turn @ shape).astype(np.float32)


@lru_cache(maxsize=4096)
def _glyph(path: Path, character: str) -> tuple[Mask, float]:
    """A character on a square of two ems, its start on the baseline at (0.5, 1.25) ems; its step.

    Kept, because drawing it takes longer than bending it: 12 KB each.
    """
    em, face = DRAWN_SIZE, opened(path, DRAWN_SIZE)
    image = Image.new("L", (2 * em, 2 * em))
    draw = ImageDraw.Draw(image)
    draw.text((em // 2, round(1.25 * em)), character, fill=255, font=face, anchor="ls")
    return np.asarray(image), face.getlength(character)


def _put(
    canvas: Mask,
    glyph: Mask,
    matrix: NDArray[np.float32],
    place: tuple[float, float],
    step: float,
) -> None:
    """Adds a character to the canvas at a place; its middle on the baseline stays there."""
    em = DRAWN_SIZE
    left, height = place
    start = int(left) - em // 2
    stop = min(start + 2 * em, canvas.shape[1])
    source = np.array([em // 2 + step / 2, round(1.25 * em)])
    goal = np.array([left - start + step / 2, height])
    move = np.column_stack([matrix, goal - matrix @ source]).astype(np.float32)
    turned = cv2.warpAffine(glyph, move, (stop - start, canvas.shape[0]))
    part = canvas[:, start:stop]
    np.maximum(part, turned, out=part)
