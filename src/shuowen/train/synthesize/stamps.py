"""Stamps: round seals with a name along the rim, and frames with a word, pressed unevenly."""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from shuowen.train.synthesize import wording
from shuowen.train.synthesize.fonts import opened
from shuowen.train.synthesize.made import Language
from shuowen.train.synthesize.sheet import Colour, Extent, Sheet
from shuowen.train.synthesize.typefaces import Typeface, draw_typeface

_SMOOTH = Image.Resampling.BILINEAR
_INKS: tuple[Colour, ...] = ((200, 30, 40), (215, 50, 60), (180, 25, 45), (50, 60, 160))
_WORDS_ZH = ("已付款", "现金收讫", "作废", "附件", "已审核", "副本", "急件", "收讫")
_WORDS_EN = ("PAID", "RECEIVED", "COPY", "APPROVED", "VOID", "URGENT", "FILED")


def stamp(sheet: Sheet, extent: Extent, language: Language) -> Extent:
    """Press a stamp somewhere in `extent`, over what is there; returns where it is.

    It is remembered as a mark of its own and is no part of the text that is read.
    """
    rng = sheet.rng
    typeface = draw_typeface(rng, language)
    is_round = language == "zh" and rng.random() < 0.7
    side = round(min(extent.width, extent.height, sheet.size[0] * 0.3) * rng.uniform(0.8, 1.0))
    if is_round:
        text = wording.company(rng, language)
        mask = _seal(text, typeface, side)
    else:
        text = wording.pick_writable(rng, _WORDS_ZH if language == "zh" else _WORDS_EN)
        mask = _frame(text, typeface, max(12, side // 4))
    mask = _pressed(mask.rotate(float(rng.normal(0, 8)), expand=True, resample=_SMOOTH), rng)
    left = extent.left + max(0.0, extent.width - mask.width) * rng.random()
    top = extent.top + max(0.0, extent.height - mask.height) * rng.random()
    sheet.paste_ink(mask, left, top, _INKS[int(rng.integers(len(_INKS)))])
    place = Extent(left=left, top=top, right=left + mask.width, bottom=top + mask.height)
    sheet.mark("stamp", text, place)
    return place


def _seal(text: str, typeface: Typeface, side: int) -> Image.Image:
    """A ring with a star in it and the text along its upper rim."""
    side = max(side, 40)
    mask = Image.new("L", (side, side))
    draw = ImageDraw.Draw(mask)
    width = max(2, side // 40)
    draw.ellipse((1, 1, side - 2, side - 2), outline=255, width=width)
    draw.polygon(_star(side / 2, side / 2, side * 0.13), fill=255)
    size = max(8, min(side // 7, round(2.4 * side / max(len(text), 6))))
    radius, reach = side / 2 - width - 0.75 * size, pi * 1.45
    for index, character in enumerate(text):
        angle = -pi / 2 + reach * (index / max(1, len(text) - 1) - 0.5)
        centre = (side / 2 + radius * cos(angle), side / 2 + radius * sin(angle))
        _paste_turned(mask, character, typeface, size, centre, -90 - angle * 180 / pi)
    return mask


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """Corners of a five-pointed star; its inner ones lie at 0.38 of the radius."""
    turns = ((index * pi / 5 - pi / 2, 1.0 if index % 2 == 0 else 0.38) for index in range(10))
    return [(x + radius * r * cos(turn), y + radius * r * sin(turn)) for turn, r in turns]


def _paste_turned(
    mask: Image.Image,
    character: str,
    typeface: Typeface,
    size: int,
    centre: tuple[float, float],
    degrees: float,
) -> None:
    glyph = Image.new("L", (2 * size, 2 * size))
    font = opened(typeface.font_of(character).path, size)
    ImageDraw.Draw(glyph).text((size, size), character, 255, font, anchor="mm")
    glyph = glyph.rotate(degrees, _SMOOTH)
    mask.paste(255, (round(centre[0] - size), round(centre[1] - size)), glyph)


def _frame(text: str, typeface: Typeface, size: int) -> Image.Image:
    """A word in a rectangle."""
    pad = size // 2
    width = round(typeface.width(text, size)) + 2 * pad
    mask = Image.new("L", (width, size + 2 * pad))
    draw = ImageDraw.Draw(mask)
    draw.rectangle((1, 1, width - 2, size + 2 * pad - 2), outline=255, width=max(2, size // 12))
    font = opened(typeface.font_of(text[0]).path, size)
    draw.text((width / 2, size / 2 + pad), text, 255, font, anchor="mm")
    return mask


def _pressed(mask: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Ink that covers unevenly: in blotches, and nowhere wholly."""
    coarse = rng.uniform(0.55, 1.0, (6, 6)).astype(np.float32)
    blotches = Image.fromarray((coarse * 255).astype(np.uint8)).resize(mask.size, _SMOOTH)
    grain = rng.uniform(0.7, 1.0, (mask.height, mask.width))
    cover: NDArray[np.float64] = np.asarray(mask, np.float64) * np.asarray(blotches) / 255 * grain
    return Image.fromarray((cover * rng.uniform(0.55, 0.9)).astype(np.uint8))
