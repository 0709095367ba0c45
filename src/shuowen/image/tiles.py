"""A picture as 448 × 448 tiles: the grid nearest to its shape, and a thumbnail of the whole.

The rule is that of InternVL's training (OpenGVLab/InternVL, internvl/train/dataset.py,
`dynamic_preprocess` and `find_closest_aspect_ratio`), to the pixel.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shuowen.errors import InputError, UsageError
from shuowen.image.page import Pixels

TILE_SIDE_PX = 448

Grid = tuple[int, int]
"""Columns and rows."""


@lru_cache(maxsize=4096)
def choose_grid(
    width_px: int,
    height_px: int,
    min_tiles: int,
    max_tiles: int,
    tile_side_px: int = TILE_SIDE_PX,
) -> Grid:
    """The grid whose shape is nearest to the picture's.

    Of grids that are exactly as near, a later one, with as many tiles or more, is taken when the
    picture has more than half of its pixels.

    Args:
        width_px: Width of the picture.
        height_px: Height of the picture.
        min_tiles: Fewest tiles of the grid, at least 1.
        max_tiles: Most tiles of the grid; a thumbnail is not counted.
        tile_side_px: Side of a tile.

    Returns:
        Columns and rows.

    Raises:
        UsageError: No grid has so few or so many tiles.
    """
    ratio, area = width_px / height_px, width_px * height_px
    best, best_difference = (1, 1), float("inf")
    for columns, rows in _grids(min_tiles, max_tiles):
        difference = abs(ratio - columns / rows)
        is_tie = difference == best_difference
        if difference < best_difference or (
            is_tie and area > 0.5 * tile_side_px**2 * columns * rows
        ):
            best, best_difference = (columns, rows), difference
    return best


@lru_cache(maxsize=64)
def _grids(min_tiles: int, max_tiles: int) -> tuple[Grid, ...]:
    """All grids, those with fewer tiles first.

    Upstream sorts a Python set by the number of tiles, so grids of equally many tiles stand in the
    set's own order, which decides between two that are exactly as near. The set is therefore made
    as there, from the same pairs in the same order; the order of a set of pairs of numbers is the
    same in every run.
    """
    if not 1 <= min_tiles <= max_tiles:
        raise UsageError(
            f"A picture of {min_tiles} to {max_tiles} tiles is not possible.",
            "Choose 1 ≤ min_tiles ≤ max_tiles.",
        )
    pairs = {
        (columns, rows)
        for most in range(min_tiles, max_tiles + 1)
        for columns in range(1, most + 1)
        for rows in range(1, most + 1)
        if min_tiles <= columns * rows <= max_tiles
    }
    return tuple(sorted(pairs, key=lambda pair: pair[0] * pair[1]))


def cut_tiles(
    picture: Pixels,
    min_tiles: int,
    max_tiles: int,
    *,
    use_thumbnail: bool = True,
    tile_side_px: int = TILE_SIDE_PX,
) -> tuple[NDArray[np.uint8], Grid]:
    """Stretch a picture over its grid and cut it up.

    Args:
        picture: (height, width, 3), RGB, 0 to 255.
        min_tiles: Fewest tiles, the thumbnail not counted.
        max_tiles: Most tiles, the thumbnail not counted.
        use_thumbnail: Whether more than one tile is followed by the whole picture as one.
        tile_side_px: Side of a tile.

    Returns:
        Tiles (M, side, side, 3), uint8, row by row, the thumbnail last; and the grid.

    Raises:
        InputError: The picture is empty, or no picture of three colours of 8 bits.
        UsageError: No grid has so few or so many tiles.
    """
    height_px, width_px = picture_size(picture)
    grid = choose_grid(width_px, height_px, min_tiles, max_tiles, tile_side_px)
    num_in_grid = grid[0] * grid[1]
    has_thumbnail = use_thumbnail and num_in_grid > 1
    tiles = np.empty((num_in_grid + has_thumbnail, tile_side_px, tile_side_px, 3), np.uint8)
    whole = Image.fromarray(np.ascontiguousarray(picture))
    _cut(_stretched(whole, grid, tile_side_px), grid, tiles[:num_in_grid])
    if has_thumbnail:
        tiles[-1] = _stretched(whole, (1, 1), tile_side_px)
    return tiles, grid


def picture_size(picture: Pixels) -> tuple[int, int]:
    """Height and width; raises `InputError` for what is no RGB picture of 8 bits."""
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise InputError(
            f"An array of shape {picture.shape} and type {picture.dtype} is not a picture.",
            "Give (height, width, 3) uint8, RGB.",
        )
    if not picture.size:
        raise InputError("A picture has no pixels.", "Give one that is at least 1 × 1.")
    return picture.shape[0], picture.shape[1]


def num_tiles_of(grid: Grid, *, use_thumbnail: bool = True) -> int:
    """How many tiles `cut_tiles` gives for a grid, the thumbnail counted."""
    num_in_grid = grid[0] * grid[1]
    return num_in_grid + (use_thumbnail and num_in_grid > 1)


def _stretched(whole: Image.Image, grid: Grid, side: int) -> NDArray[np.uint8]:
    # Bicubic is upstream's filter (Pillow's default); a reducing_gap would change pixels.
    size = (grid[0] * side, grid[1] * side)
    return np.asarray(whole.resize(size, Image.Resampling.BICUBIC))


def _cut(stretched: NDArray[np.uint8], grid: Grid, tiles: NDArray[np.uint8]) -> None:
    columns, rows = grid
    side = tiles.shape[1]
    blocks = stretched.reshape(rows, side, columns, side, 3).swapaxes(1, 2)
    tiles.reshape(rows, columns, side, side, 3)[:] = blocks
