"""The size of a line's letters, from its height and from how far its characters reach.

Height alone misleads: a superscript or a bracket makes a line's box half as high again, and the
detector gives small print nearly the height of large. The advance (width over the sum of the
characters' usual widths) is steady on long lines and loose on short ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shuowen.document.model import Line
from shuowen.document.text import is_wide
from shuowen.reading.frame import Floats

MIN_LONG = 8.0
"""Ems of text from which a line's advance is trusted."""
PADDING = 0.4
"""How much wider than the ink the detector's boxes are, in line heights."""
NARROW = frozenset("iljtfrI.,:;'|!()[]{}\"`-·")
WIDE_LATIN = frozenset("mwMW@%&—…")


def letter_sizes(lines: Sequence[Line], boxes: Floats) -> Floats:
    """Sizes (N,) in pixels, on the scale of the line boxes' heights.

    Args:
        lines: Lines with their text.
        boxes: Their boxes (N, 4) in the reading frame.
    """
    heights = boxes[:, 3] - boxes[:, 1]
    ems = np.array([ems_of(line.text) for line in lines])
    widths = boxes[:, 2] - boxes[:, 0]
    inked = np.maximum(widths - PADDING * heights, 0.5 * widths)
    advances = inked / np.maximum(ems, 0.3)
    is_long = ems >= MIN_LONG
    if not is_long.any():
        return heights
    scaled = advances * np.median(heights[is_long] / advances[is_long])
    sizes: Floats = np.where(is_long, np.minimum(heights, scaled), np.sqrt(heights * scaled))
    return sizes


def ems_of(text: str) -> float:
    """Usual width of a text in ems, set in a proportional face."""
    return sum(map(_em, text))


def _em(character: str) -> float:
    if is_wide(character):
        return 1.0
    if character in NARROW or character.isspace():
        return 0.3
    if character in WIDE_LATIN:
        return 0.85
    return 0.68 if character.isupper() else 0.5
