"""Makes crops of lines and cells, as a detector cuts them, with their exact text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from shuowen.errors import InputError, UsageError
from shuowen.train.synthesize.alphabet import has_hanzi
from shuowen.train.synthesize.degrade import Level, Pixels, degrade
from shuowen.train.synthesize.fonts import Font, Writing, fonts_for, shipped_fonts
from shuowen.train.synthesize.handwriting import random_hand, write_line
from shuowen.train.synthesize.lines import LineStyle, Mask, draw_line, shrunk
from shuowen.train.synthesize.paper import on_paper
from shuowen.train.synthesize.texts import Generator, TextOptions, draw_text

CURSIVE_FONTS = frozenset({"homemade_apple"})
"""Hands whose capitals cannot be read beside each other."""
_CAPITALS = re.compile("[A-Z]{2}")
LOWEST_SIZE, HIGHEST_SIZE = 20, 48
"""Pixels an em; crops are 20 to 64 pixels high."""
HIGHEST_INK = 44
"""Pixels from the highest to the lowest ink; the rest is for the margins."""
LATIN_FONT_SHARE = 0.6
"""A text without Chinese is drawn so often with a Latin font, else with a Chinese one's letters."""
TEXT_HEIGHT = 32
"""Text of this height takes the degradations as they are; lower text takes them weaker."""
_CROP_STREAM = 2
_MOST_TRIES = 20


@dataclass(frozen=True, kw_only=True)
class CropOptions:
    """Which crops are made.

    Attributes:
        texts: What is written; its split is also that of the fonts.
        handwriting_share: How many crops look written by hand.
        cell_share: How many are cells of tables, with wider margins and rules.
        level_shares: How many are clean, mildly and strongly degraded, in any unit.
        fonts: What they are drawn with.

    Raises:
        UsageError: A share is out of its range.
    """

    texts: TextOptions = field(default_factory=TextOptions)
    handwriting_share: float = 0.4
    cell_share: float = 0.3
    level_shares: tuple[float, float, float] = (0.35, 0.45, 0.20)
    fonts: tuple[Font, ...] = field(default_factory=shipped_fonts)

    def __post_init__(self) -> None:
        for name in ("handwriting_share", "cell_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} is {getattr(self, name)}.", "Choose from 0 to 1.")
        if min(self.level_shares) < 0 or sum(self.level_shares) <= 0:
            raise UsageError(
                f"level_shares are {self.level_shares}.", "Choose 0 or more, not all of them 0."
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class Crop:
    """A crop and all that is known of it.

    Attributes:
        pixels: (H, W, 3) RGB.
        text: What is written on it.
        font: Name of the font.
        kind: Whether it looks printed or written by hand.
        degradation: How much it was degraded.
        effects: The names of what was done to it.
    """

    pixels: Pixels = field(repr=False)
    text: str
    font: str
    kind: Writing
    degradation: Level
    effects: tuple[str, ...]


def make_crop(seed: int, options: CropOptions | None = None) -> Crop:
    """The crop of a seed: the same seed and options give the same pixels."""
    options = options or CropOptions()
    rng = np.random.default_rng((_CROP_STREAM, seed))
    kind: Writing = "handwriting" if rng.random() < options.handwriting_share else "printed"
    text, font = _choose(rng, options, kind)
    ink = _draw(text, font, kind, rng)
    if ink.shape[0] > HIGHEST_INK:
        ink = shrunk(ink, HIGHEST_INK / ink.shape[0])
    is_cell = bool(rng.random() < options.cell_share)
    pixels = on_paper(ink, rng, is_cell=is_cell, is_handwritten=kind == "handwriting")
    levels: tuple[Level, ...] = ("clean", "mild", "strong")
    bounds = np.cumsum(options.level_shares)
    level = levels[int(np.searchsorted(bounds, rng.random() * bounds[-1], side="right"))]
    scale = min(ink.shape[0] / TEXT_HEIGHT, 1.0)
    pixels, effects = degrade(pixels, rng, level, scale=scale)
    return Crop(
        pixels=np.ascontiguousarray(pixels),
        text=text,
        font=font.name,
        kind=kind,
        degradation=level,
        effects=effects,
    )


def _choose(rng: Generator, options: CropOptions, kind: Writing) -> tuple[str, Font]:
    """A text and a font that has all its glyphs; another text where no font has them."""
    split = options.texts.split
    for _ in range(_MOST_TRIES):
        text = draw_text(rng, options.texts).text
        fonts = fonts_for(text, options.fonts, kind=kind, split=split)
        if _CAPITALS.search(text):
            fonts = [font for font in fonts if font.name not in CURSIVE_FONTS]
        latin = [font for font in fonts if font.script == "latin"]
        if latin and not has_hanzi(text) and rng.random() < LATIN_FONT_SHARE:
            fonts = latin
        elif len(latin) < len(fonts):
            fonts = [font for font in fonts if font.script == "zh"]
        if fonts:
            return text, fonts[int(rng.integers(0, len(fonts)))]
    raise InputError(
        f"No {split} font can write {text!r} as {kind}.", "Give fonts of that kind in the options."
    )


def _draw(text: str, font: Font, kind: Writing, rng: Generator) -> Mask:
    """The ink, at a size at which the crop is 20 to 64 pixels high."""
    size = int(np.exp(rng.uniform(np.log(LOWEST_SIZE), np.log(HIGHEST_SIZE))))
    if kind == "handwriting":
        return write_line(text, font, size, random_hand(rng, font), rng)
    size = size // 2 * 2 + 1  # few sizes, so that opened fonts are found again
    style = LineStyle(
        spacing=float(rng.choice((0, 0, 0, 0, 0.06, 0.15, 0.4))),
        slant=float(rng.choice((0, 0, 0, 0, 0, 0.12, 0.2))),
        weight=int(rng.random() < 0.12 and size > 22),
    )
    return draw_line(text, font, size, style)
