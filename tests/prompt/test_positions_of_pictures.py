"""V2PE in training: every picture advances the position by its own step."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shuowen.prompt.options import POSITION_STEPS
from shuowen.prompt.positions import visual_positions

TOKENS = st.lists(st.tuples(st.booleans(), st.sampled_from(POSITION_STEPS)), max_size=500)


@given(TOKENS)
def test_each_visual_token_advances_by_its_own_step(tokens: list[tuple[bool, float]]) -> None:
    mask = np.array([is_visual for is_visual, _ in tokens], np.bool_)
    steps = np.array([step for _, step in tokens], np.float64)
    expected: list[Fraction] = []
    for is_visual, step in tokens:
        advance = Fraction(step) if is_visual else Fraction(1)
        expected.append(expected[-1] + advance if expected else Fraction(0))
    positions = visual_positions(mask, steps)
    assert positions.dtype == np.float32
    assert [Fraction(float(each)) for each in positions] == expected


@given(st.lists(st.booleans(), max_size=500), st.sampled_from(POSITION_STEPS))
def test_equal_steps_are_one_step(visual: list[bool], step: float) -> None:
    mask = np.array(visual, np.bool_)
    each = visual_positions(mask, np.full(len(mask), step))
    assert each.tobytes() == visual_positions(mask, step).tobytes()
