"""The network's grid lies on the picture it looked at, and follows how a page is bent."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from shuowen.engines.embedded.dewarp import flattening_grid
from shuowen.image.page import Pixels
from tests.image.bent_pages import bent_page, printed_page


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (1200, 30), (30, 1200), (712, 488)])
def test_any_picture_gives_a_finite_grid_of_its_own_size(size: tuple[int, int]) -> None:
    grain = np.random.default_rng(2).integers(0, 256, (*size, 3), np.uint8)
    grid = flattening_grid(grain)
    assert grid.shape == (45, 31, 2)
    assert np.isfinite(grid).all()
    # Not far beyond the picture's edges, whatever it shows.
    assert (np.abs(grid - np.array([size[1], size[0]]) / 2) <= np.array([size[1], size[0]])).all()


def test_the_grid_grows_with_the_picture() -> None:
    page = bent_page(printed_page()).pixels
    half = cv2.resize(page, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    away = np.abs(flattening_grid(page) - 2 * flattening_grid(np.asarray(half, np.uint8)))
    assert np.median(away) < 0.01 * page.shape[0]


def test_the_grid_runs_from_left_to_right_and_downward() -> None:
    grid = flattening_grid(bent_page(printed_page()).pixels)
    assert (np.diff(grid[..., 0], axis=1) > 0).mean() > 0.99
    assert (np.diff(grid[..., 1], axis=0) > 0).mean() > 0.99


def test_straight_lines_of_a_bent_page_become_straighter() -> None:
    bent = bent_page(printed_page())
    grid = flattening_grid(bent.pixels)
    assert _bow(grid, bent.pixels) < -0.3 * bent.depth_px


def _bow(grid: np.ndarray, pixels: Pixels) -> float:
    """By how many pixels the middle of the grid's rows lies below their ends; less is higher."""
    ys = grid[10:-10, :, 1]
    return float(np.mean((ys[:, 3] + ys[:, -4]) / 2 - ys[:, 15]))
