"""Where on a line words are crossed out: by one stroke, by two, by a zigzag, or blackened.

What looks like it and is not: an underline lies below the letters; a rule of a table or of ruled
paper runs from one edge of the line's picture to the other; a dash, and the stroke of 一, have no
letters above and below; the bars of t and f are short. Print that is blurred until its letters run
together has long "strokes" too, but they are pale between the letters and never run over white.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from shuowen.engines.embedded.handwriting.ink import ink_of
from shuowen.engines.embedded.handwriting.long_strokes import LongStroke, long_strokes
from shuowen.engines.embedded.handwriting.scribbles import scribbles
from shuowen.image.page import Pixels

_LEAST_HEIGHTS = 2.0
"""Shortest stroke that strikes something out, in heights of the writing: two Chinese characters,
three letters. 一 that touches the next character is nearly as long."""
_MOST_WHITE = 1 / 3
"""Share of a stroke that may run over white in one piece: there 一 stands, or a dash."""
_THICKNESS_PX = (2.0, 9.0)
_THIN_PX = 1.0
_LONG_HEIGHTS = 5.0
"""A pen that is nearly dry is thinner in places, which only a long stroke may be."""
_WHITE_PX = (4, 24)
"""Columns in a row where such a stroke runs over white: it spans the space between letters, but a
stroke over a wide space is a dash, a blank to be filled in, or a rule."""
_MIDDLE = (0.2, 0.8)
"""Level, in the band of the writing, of a single stroke through it."""
_PAIR_MIDDLE = (0.1, 0.92)
_PAIR_APART = (0.15, 0.6)
"""Levels of two strokes, and the distance between them: the borders of a box lie outside."""
_PAIR_SHARED = 0.75
"""Share of their lengths along which two strokes run together."""
_COVERED = 0.2
"""Share of a stroke's columns that have letters above them, and below them, at least."""
_BETWEEN = 0.3
"""The same for the space between two strokes, seen from one of them: little of it may be left."""
_PX_A_CROSSING = 50
"""A stroke of a letter crosses a strike at least this often, and twice in all."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A crossed-out part of a line, from `start` to `end` as shares of its length, 0 to 1.

    Under a scribble, `is_scribble`, no letters can be made out.
    """

    start: float
    end: float
    is_scribble: bool = False


def crossed_out(picture: Pixels) -> list[Stretch]:
    """The crossed-out parts of one line, left to right; they may overlap.

    Args:
        picture: The line, (48, width, 3) RGB, its text running left to right.
    """
    ink = ink_of(picture)
    if ink is None:
        return []
    width = picture.shape[1]
    strikes = [(left, right, False) for left, right in _strikes(long_strokes(ink))]
    scribbled = [(left, right, True) for left, right in scribbles(ink)]
    return [
        Stretch(start=left / width, end=right / width, is_scribble=is_scribble)
        for left, right, is_scribble in sorted([*strikes, *scribbled])
    ]


def _strikes(strokes: Sequence[LongStroke]) -> Iterator[tuple[int, int]]:
    likely = [stroke for stroke in strokes if _may_strike(stroke)]
    yield from ((stroke.left, stroke.right) for stroke in likely if _goes_through(stroke))
    for pair in combinations(likely, 2):
        upper, lower = sorted(pair, key=lambda stroke: stroke.level)
        if _go_through(upper, lower):
            yield min(upper.left, lower.left), max(upper.right, lower.right)


def _may_strike(stroke: LongStroke) -> bool:
    return (
        stroke.length >= _LEAST_HEIGHTS * stroke.text_height
        and _is_steady(stroke)
        and _THICKNESS_PX[0] <= stroke.thickness <= _THICKNESS_PX[1]
        and _WHITE_PX[0] <= stroke.widest_gap <= _WHITE_PX[1]
        and stroke.widest_gap <= _MOST_WHITE * stroke.length
        and not stroke.is_rule
    )


def _is_steady(stroke: LongStroke) -> bool:
    is_long = stroke.length >= _LONG_HEIGHTS * stroke.text_height
    thinnest = _THIN_PX if is_long else _THICKNESS_PX[0]
    return stroke.thinnest >= thinnest and stroke.thickest <= 2 * stroke.thickness + 2


def _goes_through(stroke: LongStroke) -> bool:
    return (
        _MIDDLE[0] <= stroke.level <= _MIDDLE[1]
        and min(stroke.above, stroke.below) > _COVERED
        and stroke.crossings >= max(2, stroke.length / _PX_A_CROSSING)
    )


def _go_through(upper: LongStroke, lower: LongStroke) -> bool:
    return (
        upper.shared(lower) >= _PAIR_SHARED
        and _PAIR_APART[0] <= lower.level - upper.level <= _PAIR_APART[1]
        and upper.level >= _PAIR_MIDDLE[0]
        and lower.level <= _PAIR_MIDDLE[1]
        and max(upper.below, lower.above) >= _BETWEEN
        and upper.tips_above + lower.tips_below >= 2
    )
