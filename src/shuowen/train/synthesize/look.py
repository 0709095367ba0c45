"""How one document looks: its print, its handwriting and its size, the same all over it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shuowen.train.synthesize.made import DocumentOptions, Language
from shuowen.train.synthesize.sheet import Colour, TextStyle
from shuowen.train.synthesize.typefaces import Typeface, draw_typeface

_POINTS_AN_INCH = 72
_BODY_POINTS = (9.0, 13.0)
_HAND_SCALE = (1.25, 1.6)
_LEAST_PEN, _MOST_PEN, _MOST_FADE = 0.01, 0.018, 0.2
_LEAST_SPACING, _MOST_DEVIATION = 0.02, 0.03
_INKS: tuple[Colour, ...] = ((20, 20, 20), (40, 40, 45), (30, 30, 30), (60, 60, 60))
_PENS: tuple[Colour, ...] = ((25, 25, 30), (30, 45, 130), (20, 30, 90), (60, 60, 75))


@dataclass(frozen=True, kw_only=True)
class Look:
    """The styles of a document.

    Attributes:
        language: Of its words.
        body: Running text.
        title: The largest; headings between are `body` made bolder.
        hand: What is filled in or noted by hand.
        px_a_point: Pixels of a typographer's point, 1/72 inch.
    """

    language: Language
    body: TextStyle
    title: TextStyle
    hand: TextStyle
    px_a_point: float

    @property
    def heading(self) -> TextStyle:
        """Of headings between paragraphs, and of tables' heads."""
        return replace(self.body, extra_weight=_bold(self.body.size_px))

    def by_hand(self) -> Look:
        """The same document written by hand throughout."""
        return replace(self, body=self.hand, title=self.hand.scaled(1.25))


def draw_look(rng: np.random.Generator, options: DocumentOptions, language: Language) -> Look:
    """Typefaces, sizes and inks for a document."""
    px_a_point = options.dpi / _POINTS_AN_INCH
    size = max(9, round(rng.uniform(*_BODY_POINTS) * px_a_point))
    body = TextStyle(
        typeface=draw_typeface(rng, language, fonts=options.fonts),
        size_px=size,
        ink=_INKS[int(rng.integers(len(_INKS)))],
        leading=float(rng.uniform(1.3, 1.75)),
    )
    titles = body
    if rng.random() < 0.5:
        titles = replace(body, typeface=draw_typeface(rng, language, fonts=options.fonts))
    hand = TextStyle(
        typeface=_firm(draw_typeface(rng, language, "handwriting", options.fonts)),
        size_px=round(size * rng.uniform(*_HAND_SCALE)),
        ink=_PENS[int(rng.integers(len(_PENS)))],
        leading=float(rng.uniform(1.3, 1.6)),
    )
    title = titles.scaled(rng.uniform(1.4, 2.2))
    return Look(
        language=language,
        body=body,
        title=replace(title, extra_weight=_bold(title.size_px) if rng.random() < 0.5 else 0),
        hand=hand,
        px_a_point=px_a_point,
    )


def _firm(typeface: Typeface) -> Typeface:
    """The typeface with a hand that is legible at the size of forms.

    Strokes are a pixel wide there, so the pen is neither fine nor broad, and characters that run
    into each other could not be told apart.
    """
    if typeface.hand is None:
        return typeface
    hand = replace(
        typeface.hand,
        pen=min(max(typeface.hand.pen, _LEAST_PEN), _MOST_PEN),
        fade=min(typeface.hand.fade, _MOST_FADE),
        spacing=max(typeface.hand.spacing, _LEAST_SPACING),
        spacing_deviation=min(typeface.hand.spacing_deviation, _MOST_DEVIATION),
    )
    return replace(typeface, hand=hand)


def _bold(size_px: int) -> int:
    # A pixel more on each side is bold at these sizes, and fills up the strokes at smaller ones.
    return 1 if size_px >= 34 else 0
