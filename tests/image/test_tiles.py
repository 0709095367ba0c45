"""Grids and pixels of tiles are those of InternVL's own processor."""

from __future__ import annotations

import itertools
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from shuowen.errors import InputError, UsageError
from shuowen.image.normalise import IMAGENET_MEAN, IMAGENET_STD, normalise
from shuowen.image.tiles import choose_grid, cut_tiles, num_tiles_of

SIDE = 28  # tiles this small show the same rule at a thousandth of the work
SIDES = st.one_of(st.integers(1, 90), st.sampled_from((1, 2, 28, 56, 84, 112, 300, 5000)))
LIMITS = st.tuples(st.integers(1, 4), st.integers(1, 14)).map(sorted)


@lru_cache(maxsize=1)
def reference_processor(side: int = SIDE) -> Any:
    """The processor that transformers uses for InternVL, on Pillow."""
    from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil

    return GotOcr2ImageProcessorPil(
        size={"height": side, "width": side},
        image_mean=list(IMAGENET_MEAN),
        image_std=list(IMAGENET_STD),
        crop_to_patches=True,
    )


def upstream_grid(width: int, height: int, fewest: int, most: int, side: int) -> tuple[int, int]:
    """The rule of InternVL's `dataset.py`, written the long way."""
    found = set()
    for number in range(fewest, most + 1):
        for columns in range(1, number + 1):
            for rows in range(1, number + 1):
                if fewest <= columns * rows <= most:
                    found.add((columns, rows))
    kept, smallest = (1, 1), 1e9
    for columns, rows in sorted(found, key=lambda pair: pair[0] * pair[1]):
        difference = abs(width / height - columns / rows)
        if difference < smallest:
            smallest, kept = difference, (columns, rows)
        elif difference == smallest and width * height > 0.5 * side * side * columns * rows:
            kept = (columns, rows)
    return kept


def picture_of(width: int, height: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@settings(max_examples=200, deadline=None)
@given(width=SIDES, height=SIDES, limits=LIMITS, seed=st.integers(0, 3))
def test_pixels_are_those_of_the_reference_processor(
    width: int, height: int, limits: list[int], seed: int
) -> None:
    picture, (fewest, most) = picture_of(width, height, seed), limits
    tiles, grid = cut_tiles(picture, fewest, most, tile_side_px=SIDE)
    expected = reference_processor()(
        Image.fromarray(picture), min_patches=fewest, max_patches=most, return_tensors="np"
    )
    assert grid == upstream_grid(width, height, fewest, most, SIDE)
    if most == 1 or grid == reference_grid(width, height, fewest, most):
        assert expected["num_patches"].tolist() == [len(tiles)]
        np.testing.assert_allclose(normalise(tiles), expected["pixel_values"], rtol=0, atol=1e-6)


def reference_grid(width: int, height: int, fewest: int, most: int) -> tuple[int, int]:
    from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import get_optimal_tiled_canvas

    grid: tuple[int, int] = get_optimal_tiled_canvas((height, width), (SIDE, SIDE), fewest, most)
    return grid


def shapes_between_two_grids(fewest: int, most: int) -> set[Fraction]:
    """Width ÷ height exactly halfway between two grids of equally many tiles."""
    grids = [(i, j) for i in range(1, most + 1) for j in range(1, most + 1)]
    allowed = [(i, j) for i, j in grids if fewest <= i * j <= most]
    return {
        (Fraction(*one) + Fraction(*other)) / 2
        for one in allowed
        for other in allowed
        if one != other and one[0] * one[1] == other[0] * other[1]
    }


def test_the_reference_differs_only_where_two_grids_of_one_area_are_exactly_as_near() -> None:
    """transformers tries grids of equal area by columns, upstream in the order of a Python set.

    So they may part where two different shapes of equally many tiles are exactly as near. We follow
    upstream. With a smallest number of 1, which all published models have, it never happens: a grid
    of fewer tiles is nearer to such a picture.
    """
    apart = {}
    for fewest, most in itertools.combinations_with_replacement(range(1, 13), 2):
        for shape in shapes_between_two_grids(fewest, most):
            for scale in (1, 7, 40):
                width, height = shape.numerator * scale, shape.denominator * scale
                ours = choose_grid(width, height, fewest, most, SIDE)
                theirs = reference_grid(width, height, fewest, most)
                assert ours == upstream_grid(width, height, fewest, most, SIDE)
                if ours != theirs:
                    apart[fewest, most, width, height] = ours, theirs
    for (_, _, width, height), (ours, theirs) in apart.items():
        assert ours[0] * ours[1] == theirs[0] * theirs[1]
        shape = Fraction(width, height)
        assert abs(shape - Fraction(*ours)) == abs(shape - Fraction(*theirs))
    assert apart[4, 4, 5, 2] == ((4, 1), (2, 2))
    assert all(fewest > 1 for fewest, *_ in apart)


@given(st.integers(1, 6000), st.integers(1, 6000), LIMITS)
def test_the_grid_is_the_nearest_of_all_allowed(width: int, height: int, limits: list[int]) -> None:
    fewest, most = limits
    columns, rows = choose_grid(width, height, fewest, most)
    assert fewest <= columns * rows <= most
    nearest = min(
        abs(width / height - i / j)
        for i in range(1, most + 1)
        for j in range(1, most + 1)
        if fewest <= i * j <= most
    )
    assert abs(width / height - columns / rows) == nearest
    assert (columns, rows) == upstream_grid(width, height, fewest, most, 448)


@pytest.mark.parametrize(
    ("width", "height", "grid"),
    [
        (448, 448, (1, 1)),
        (800, 800, (2, 2)),  # a tie of 1×1, 2×2 and 3×3: 640,000 > half of 4 tiles, not of 9
        (633, 633, (1, 1)),
        (634, 634, (2, 2)),
        (2480, 3508, (2, 3)),
        (1, 5000, (1, 12)),
        (5000, 1, (12, 1)),
    ],
)
def test_known_pictures_have_known_grids(width: int, height: int, grid: tuple[int, int]) -> None:
    assert choose_grid(width, height, 1, 12) == grid


def test_tiles_go_row_by_row_and_the_thumbnail_is_last() -> None:
    colours = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
    picture = np.repeat(np.repeat(colours, SIDE, 0), SIDE, 1)[..., None].repeat(3, 2)
    tiles, grid = cut_tiles(picture, 1, 6, tile_side_px=SIDE)
    assert grid == (3, 2)
    assert tiles.shape == (7, SIDE, SIDE, 3)
    assert [int(tile[SIDE // 2, SIDE // 2, 0]) for tile in tiles[:6]] == colours.ravel().tolist()
    assert tiles[6].std() > 0
    assert num_tiles_of(grid) == 7
    assert num_tiles_of(grid, use_thumbnail=False) == 6
    assert num_tiles_of((1, 1)) == 1


def test_a_strip_of_one_pixel_width_becomes_full_tiles() -> None:
    tiles, grid = cut_tiles(picture_of(1, 5000), 1, 12)
    assert grid == (1, 12)
    assert tiles.shape == (13, 448, 448, 3)


def test_without_a_thumbnail_the_grid_is_all_there_is() -> None:
    tiles, _ = cut_tiles(picture_of(90, 30), 1, 12, use_thumbnail=False, tile_side_px=SIDE)
    assert len(tiles) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(wrong: Any) -> None:
    with pytest.raises(InputError):
        cut_tiles(wrong, 1, 12)


def test_an_impossible_number_of_tiles_is_refused() -> None:
    with pytest.raises(UsageError, match="min_tiles"):
        choose_grid(10, 10, 3, 2)
