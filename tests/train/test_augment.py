"""Tiles as JPEG leaves them."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from shuowen.train.augment import compress_tiles


def smooth(seed: int) -> np.ndarray:
    """A tile of large soft shapes, which JPEG hardly changes."""
    random = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(random).resize((48, 48), Image.Resampling.BICUBIC))


TILES = np.stack([smooth(0)] * 300)


def test_every_tile_has_its_own_quality_between_75_and_100() -> None:
    levels = []
    for quality in range(75, 101):
        with io.BytesIO() as stream:  # Pillow, whose libjpeg may be another
            Image.fromarray(TILES[0]).save(stream, "JPEG", quality=quality)
            levels.append(np.asarray(Image.open(stream)).astype(int))
    nearest = []
    for tile in compress_tiles(TILES[:150], np.random.default_rng(1)):
        differences = [np.abs(level - tile).mean() for level in levels]
        nearest.append(75 + int(np.argmin(differences)))
        assert min(differences) < 0.5
    assert min(nearest) == 75
    assert max(nearest) == 100
    assert len(set(nearest)) > 15


def test_it_is_repeatable_and_close_and_leaves_the_tiles_alone() -> None:
    before = TILES.copy()
    compressed = compress_tiles(TILES, np.random.default_rng(2))
    assert np.array_equal(compressed, compress_tiles(TILES, np.random.default_rng(2)))
    assert np.array_equal(TILES, before)
    assert np.abs(compressed[:9].astype(int) - TILES[:9]).mean() < 4
    assert compress_tiles(TILES[:0], np.random.default_rng(3)).shape == (0, 48, 48, 3)
