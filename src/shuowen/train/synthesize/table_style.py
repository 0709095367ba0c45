"""How tables look: rules, padding, stripes, drawn at random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shuowen.train.synthesize.look import Look
from shuowen.train.synthesize.sheet import Colour
from shuowen.train.synthesize.table_drawing import RULINGS, TableStyle

_RULING_WEIGHTS = (0.5, 0.15, 0.15, 0.1, 0.1)
_TINTS: tuple[Colour, ...] = ((238, 238, 238), (225, 235, 245), (235, 243, 230), (248, 240, 225))
_RULE_INKS: tuple[Colour, ...] = ((20, 20, 20), (90, 90, 90), (150, 150, 150))


def draw_table_style(rng: np.random.Generator, look: Look) -> TableStyle:
    """A style for a table of a document."""
    is_filled = bool(rng.random() < 0.3)
    header = look.heading if rng.random() < 0.6 else look.body
    return TableStyle(
        text=replace(look.body, leading=1.25),
        header=replace(header, leading=1.25),
        ruling=RULINGS[int(rng.choice(len(RULINGS), p=_RULING_WEIGHTS))],
        padding_px=round(look.body.size_px * rng.uniform(0.3, 0.6)),
        rule_width=int(rng.choice([1, 1, 1, 2])),
        rule_ink=_RULE_INKS[int(rng.integers(len(_RULE_INKS)))],
        zebra=_TINTS[int(rng.integers(len(_TINTS)))] if rng.random() < 0.2 else None,
        header_fill=_TINTS[int(rng.integers(len(_TINTS)))] if is_filled else None,
    )
