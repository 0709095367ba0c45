from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuowen.train.synthesize.damage import damage
from shuowen.train.synthesize.warp import Warp, draw_perspective, draw_waves, rotation

SIZE = (400, 300)


def drawn_warp(seed: int, strength: float = 1.0) -> Warp:
    rng = np.random.default_rng(seed)
    matrix = draw_perspective(rng, SIZE, strength) @ rotation(3.0 * strength, SIZE)
    return Warp(matrix=matrix, waves=draw_waves(rng, SIZE, strength), size=SIZE)


@pytest.mark.parametrize("seed", range(12))
def test_a_marker_is_found_where_the_warp_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(60, SIZE[0] - 60), rng.integers(60, SIZE[1] - 60)
    pixels = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
    pixels[y - 3 : y + 4, x - 3 : x + 4] = 0
    warp = drawn_warp(seed)
    dark = 255.0 - warp.pixels(pixels)[..., 0]
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    found = (dark * columns).sum() / dark.sum(), (dark * rows).sum() / dark.sum()
    expected = warp.to_warped(np.array([(x + 0.5, y + 0.5)]))[0]
    assert np.hypot(*(np.array(found) - expected)) < 0.3


@given(seed=st.integers(0, 10**6), strength=st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_there_and_back_again(seed: int, strength: float) -> None:
    warp = drawn_warp(seed, strength)
    assert sum(wave.steepness(SIZE) for wave in warp.waves) < 1
    points = np.random.default_rng(seed).uniform((0, 0), SIZE, (50, 2))
    assert np.abs(warp.to_flat(warp.to_warped(points)) - points).max() < 0.01


def test_a_warp_of_nothing_changes_nothing() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
    warp = Warp(matrix=np.eye(3), waves=(), size=SIZE)
    assert np.array_equal(warp.pixels(pixels), pixels)


@pytest.mark.parametrize("seed", range(8))
def test_boxes_follow_the_whole_damage(seed: int) -> None:
    """A red square, whose colour no effect gives to anything else, is where its box says."""
    pixels = np.full((600, 500, 3), 250, np.uint8)
    pixels[200:240, 150:210] = (220, 0, 0)
    damaged = damage(pixels, np.random.default_rng(seed), 0.6, 16)
    red = damaged.pixels[..., 0].astype(int) - damaged.pixels[..., 1]
    if "fax" in damaged.names:
        pytest.skip("a fax has no colours")
    rows, columns = np.nonzero(red > 0.6 * red.max())
    (box,) = damaged.places([np.array([(150, 200), (210, 200), (210, 240), (150, 240)], float)])
    centre = np.median(columns) + 0.5, np.median(rows) + 0.5
    assert np.abs(np.array(centre) - box.mean(axis=0)).max() < 4
