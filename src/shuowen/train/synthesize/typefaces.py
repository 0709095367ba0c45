"""A font ready to write with: other fonts for what it lacks, and the hand that holds the pen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from shuowen.errors import InputError
from shuowen.train.synthesize.fonts import Font, Script, Writing, opened, shipped_fonts
from shuowen.train.synthesize.handwriting import Hand, random_hand, write_line
from shuowen.train.synthesize.made import Language

InkBox = tuple[float, float, float, float]
"""Left, top, right and bottom of what is inked, pixels."""

BASELINE = 0.88
"""Where the baseline is, in ems from the top of a line's em box."""
_HAND_BODY = 0.74
"""The ink of a handwritten line reaches so many ems above its baseline, or a little more."""


@dataclass(frozen=True, kw_only=True)
class Typeface:
    """A font, those that stand in for characters it lacks, and the hand that writes it.

    Attributes:
        fonts: The font itself, then the others; a character that none has is not drawn.
        hand: How it is written by hand; None for print.
    """

    fonts: tuple[Font, ...]
    hand: Hand | None = None

    @property
    def name(self) -> str:
        """Of the font itself."""
        return self.fonts[0].name

    def width(self, text: str, size_px: int) -> float:
        """How far a text reaches at `size_px` pixels an em."""
        if self.hand:
            path = self._font_of_line(text).path
            stretched = self.hand.width * sum(_advance(path, size_px, one) for one in text)
            return stretched + max(0.0, self.hand.spacing) * size_px * len(text)
        return sum(_advance(self.font_of(one).path, size_px, one) for one in text)

    def font_of(self, character: str) -> Font:
        """The first of the fonts that has a character; the first of all when none has."""
        if character in self.fonts[0].characters:
            return self.fonts[0]
        return next((font for font in self.fonts if font.covers(character)), self.fonts[0])

    def draw(
        self,
        canvas: ImageDraw.ImageDraw,
        text: str,
        corner: tuple[float, float],
        size_px: int,
        ink: tuple[int, int, int],
        extra_weight: int,
        rng: np.random.Generator,
    ) -> InkBox:
        """Draw a line of text, its em box's corner at `corner`; returns where its ink is."""
        left, baseline = corner[0], corner[1] + round(BASELINE * size_px)
        if self.hand:
            return self._write(canvas, text, (left, baseline), size_px, ink, rng)
        boxes = []
        for font, piece in self._pieces(text):
            typed = opened(font.path, size_px)
            place = (left, baseline)
            canvas.text(place, piece, ink, typed, anchor="ls", stroke_width=extra_weight)
            around = typed.getbbox(piece, anchor="ls", stroke_width=extra_weight)
            boxes.append(_moved(around, left, baseline))
            left += self.width(piece, size_px)
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)

    def _write(
        self,
        canvas: ImageDraw.ImageDraw,
        text: str,
        origin: tuple[float, float],
        size_px: int,
        ink: tuple[int, int, int],
        rng: np.random.Generator,
    ) -> InkBox:
        assert self.hand
        mask = write_line(text, self._font_of_line(text), size_px, self.hand, rng)
        # The hand may have moved wider than was planned for; a form gives it no more room.
        most = max(3, round(self.width(text, size_px)))
        if mask.shape[1] > most:
            narrow = cv2.resize(mask, (most, mask.shape[0]), interpolation=cv2.INTER_AREA)
            mask = np.asarray(narrow, np.uint8)
        left, top = round(origin[0]), round(origin[1] - _HAND_BODY * size_px)
        canvas.bitmap((left, top), Image.fromarray(mask), ink)
        return left, top, left + mask.shape[1], top + mask.shape[0]

    def _font_of_line(self, text: str) -> Font:
        """One font for a whole line, as a hand does not change in it."""
        return next((font for font in self.fonts if font.covers(text)), self.fonts[-1])

    def _pieces(self, text: str) -> Iterator[tuple[Font, str]]:
        for font, characters in groupby(text, key=self.font_of):
            yield font, "".join(characters)


def draw_typeface(
    rng: np.random.Generator,
    language: Language,
    writing: Writing = "printed",
    fonts: Sequence[Font] | None = None,
) -> Typeface:
    """A typeface for training: a font that can write the language, and others for what it lacks.

    Args:
        rng: Decides which.
        language: Of the words.
        writing: Printed or by hand; where no font looks written, a hand writes with a printed one.
        fonts: To choose from; the shipped ones that training may use when None.

    Raises:
        InputError: None of the fonts can write the language.
    """
    script: Script = "zh" if language == "zh" else "latin"
    known = [font for font in shipped_fonts() if font.split == "train"] if fonts is None else fonts
    able = [font for font in known if script in ("latin", font.script)]
    if not able:
        raise InputError(
            f"No font can write {language}.", "Give one in the options, or leave the shipped ones."
        )
    own = [font for font in able if font.kind == writing] or able
    same_script = [font for font in own if font.script == script] or own
    font = same_script[int(rng.integers(len(same_script)))]
    hand = random_hand(rng, font)
    others = sorted(known, key=lambda one: (one.kind != writing, -len(one.characters)))
    stand_ins = [other for other in others if other.path != font.path][:4]
    return Typeface(fonts=(font, *stand_ins), hand=hand if writing == "handwriting" else None)


@lru_cache(maxsize=65536)
def _advance(path: Path, size_px: int, character: str) -> float:
    return float(opened(path, size_px).getlength(character))


def _moved(box: tuple[float, float, float, float], right: float, down: float) -> InkBox:
    return box[0] + right, box[1] + down, box[2] + right, box[3] + down
