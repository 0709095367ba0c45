import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.train.synthesize.degrade import CHANCES, EFFECTS, degrade
from shuowen.train.synthesize.jitter import elastic, pen_width, pressure, smooth_field

SIZES = st.tuples(st.integers(8, 70), st.integers(3, 200))


def picture(height: int, width: int) -> np.ndarray:
    pixels = np.full((height, width, 3), 240, np.uint8)
    pixels[height // 3 : -height // 3, width // 3 : -width // 3 or None] = (20, 40, 90)
    return pixels


@pytest.mark.parametrize("name", EFFECTS)
@settings(max_examples=25)
@given(size=SIZES, strength=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_an_effect_keeps_shape_and_type_and_its_input(
    name: str, size: tuple[int, int], strength: float, seed: int
) -> None:
    pixels = picture(*size)
    before = pixels.copy()
    changed = EFFECTS[name](pixels, np.random.default_rng(seed), strength)
    assert (changed.shape, changed.dtype) == (pixels.shape, np.uint8)
    assert np.array_equal(pixels, before)
    again = EFFECTS[name](pixels, np.random.default_rng(seed), strength)
    assert np.array_equal(changed, again)


@pytest.mark.parametrize("name", sorted(set(EFFECTS) - {"fax"}))
def test_more_strength_changes_more(name: str) -> None:
    pixels = picture(40, 160)

    def change(strength: float) -> float:
        made = [
            EFFECTS[name](pixels, np.random.default_rng(seed), strength).astype(float)
            for seed in range(12)
        ]
        return float(np.mean([np.abs(one - pixels).mean() for one in made]))

    assert change(0.0) < change(0.5) < change(1.0)


def test_a_fax_is_black_and_white() -> None:
    changed = EFFECTS["fax"](picture(40, 160), np.random.default_rng(0), 0.5)
    assert set(np.unique(changed)) == {0, 255}


def test_levels() -> None:
    assert set(CHANCES) == set(EFFECTS)
    pixels = picture(40, 160)
    clean, effects = degrade(pixels, np.random.default_rng(0), "clean")
    assert clean is pixels
    assert effects == ()
    for seed in range(20):
        changed, effects = degrade(pixels, np.random.default_rng(seed), "strong", scale=0.7)
        assert effects
        assert changed.shape == pixels.shape
        assert not np.array_equal(changed, pixels)


def test_jitter_keeps_the_shape_and_moves_little() -> None:
    rng = np.random.default_rng(0)
    ink = np.zeros((56, 200), np.uint8)
    ink[20:30, 40:160] = 255
    assert abs(smooth_field(rng, 56, 200, 5.0).std() - 0.8) < 0.3
    moved = elastic(ink, rng, ((16.0, 2.0),))
    assert moved.shape == ink.shape
    assert not moved[:8].any()
    assert not np.array_equal(moved, ink)
    wide, fine = pen_width(ink, 1.5), pen_width(ink, -1.5)
    assert fine.astype(int).sum() < ink.astype(int).sum() < wide.astype(int).sum()
    faded = pressure(ink, rng, cell=20.0, depth=0.4)
    assert (faded <= ink).all()
    assert faded[20:30, 40:160].min() >= 0.59 * 255
