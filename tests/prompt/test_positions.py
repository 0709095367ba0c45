"""V2PE: where tokens stand, and the step that lets a long prompt fit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shuowen.errors import CapacityError
from shuowen.prompt.options import POSITION_STEPS
from shuowen.prompt.positions import (
    check_fits,
    choose_step,
    draw_step,
    next_positions,
    positions_needed,
    visual_positions,
)

MASKS = st.lists(st.booleans(), max_size=2000).map(lambda each: np.array(each, np.bool_))
STEPS = st.sampled_from(POSITION_STEPS)


def naive_positions(mask: NDArray[np.bool_], step: Fraction) -> list[Fraction]:
    """The definition of the paper, token by token, in exact numbers."""
    positions: list[Fraction] = []
    for is_visual in mask:
        advance = step if is_visual else Fraction(1)
        positions.append(positions[-1] + advance if positions else Fraction(0))
    return positions


@given(MASKS, STEPS)
def test_positions_are_those_of_the_definition_exactly(
    mask: NDArray[np.bool_], step: float
) -> None:
    positions = visual_positions(mask, step)
    assert positions.dtype == np.float32
    assert [Fraction(float(each)) for each in positions] == naive_positions(mask, Fraction(step))


@given(MASKS)
def test_a_step_of_one_gives_whole_numbers_bit_for_bit(mask: NDArray[np.bool_]) -> None:
    expected = np.arange(len(mask), dtype=np.float32)
    assert visual_positions(mask, 1.0).tobytes() == expected.tobytes()


@given(st.integers(1, 50), st.integers(1, 12), STEPS)
def test_the_end_of_an_image_stands_one_after_its_last_visual_token(
    place: int, num_tiles: int, step: float
) -> None:
    num_visual = 256 * num_tiles
    mask = np.zeros(place + 1 + num_visual + 2, np.bool_)
    mask[place + 1 : place + 1 + num_visual] = True  # `<img>` stands at `place`
    positions = visual_positions(mask, step)
    assert positions[place] == place
    assert positions[place + num_visual] == place + num_visual * step
    assert positions[place + num_visual + 1] == place + num_visual * step + 1
    assert positions[-1] == place + num_visual * step + 2
    assert next_positions(positions, 3).tolist() == [positions[-1] + add for add in (1, 2, 3)]


def test_positions_stay_exact_at_the_end_of_a_full_window_with_the_smallest_step() -> None:
    mask = np.ones(256 * 32_000, np.bool_)
    mask[0] = False
    positions = visual_positions(mask, 1 / 256)
    assert Fraction(float(positions[-1])) == Fraction(256 * 32_000 - 1, 256)
    assert np.all(np.diff(positions) == np.float32(1 / 256))


def test_new_tokens_of_an_empty_prompt_begin_at_zero() -> None:
    assert next_positions(np.zeros(0, np.float32), 2).tolist() == [0, 1]


@given(st.integers(0, 4000), st.integers(0, 100_000), st.integers(1, 4000), st.integers(64, 40_000))
def test_the_step_is_the_largest_that_fits(
    num_text: int, num_visual: int, max_new_tokens: int, window: int
) -> None:
    fits = [
        step
        for step in POSITION_STEPS
        if num_text + num_visual * Fraction(step) + max_new_tokens <= window
    ]
    if fits:
        assert choose_step(num_text, num_visual, max_new_tokens, window) == max(fits)
        check_fits(num_text, num_visual, max_new_tokens, window, max(fits))
    else:
        with pytest.raises(CapacityError):
            choose_step(num_text, num_visual, max_new_tokens, window)


@given(st.integers(1, 40), st.integers(0, 9), STEPS, st.integers(1, 20))
def test_what_fits_is_where_the_last_new_token_stands(
    num_text: int, num_tiles: int, step: float, max_new_tokens: int
) -> None:
    mask = np.array([False] + [True] * (256 * num_tiles) + [False] * (num_text - 1))
    last = next_positions(visual_positions(mask, step), max_new_tokens)[-1]
    needed = positions_needed(num_text, 256 * num_tiles, max_new_tokens, step)
    assert last + 1 == needed


def test_too_long_a_prompt_says_how_long_it_is_and_what_helps() -> None:
    with pytest.raises(CapacityError) as caught:
        check_fits(100, 76_800, 1024, 32_768, 1.0)
    assert "76900 tokens" in caught.value.message
    assert "32768" in caught.value.message
    assert 'position_step="auto"' in caught.value.hint
    with pytest.raises(CapacityError) as caught:
        choose_step(100, 9_000_000, 1024, 32_768)
    assert "fewer pictures" in caught.value.hint
    assert "auto" not in caught.value.hint
    with pytest.raises(CapacityError) as caught:
        choose_step(40_000, 256, 1024, 32_768)
    assert "Shorten the text" in caught.value.hint


def test_every_step_is_drawn_about_equally_often() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_step(rng) for _ in range(9000)]
    counts = [drawn.count(step) for step in POSITION_STEPS]
    assert sum(counts) == 9000
    assert all(900 < count < 1100 for count in counts)
    rng = np.random.default_rng(0)
    assert [draw_step(rng) for _ in range(50)] == drawn[:50]
