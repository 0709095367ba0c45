"""Flattening by a grid: picture and points go the same way, and no picture grows beyond bounds."""

from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.image.page import Pixels
from shuowen.image.warp import (
    MAX_GROWTH,
    MAX_SIDE_PX,
    STRIP_ROWS,
    Grid,
    Warp,
    can_be_flattened,
    within_bounds,
)


def identity(size: tuple[int, int], rows: int = 7, columns: int = 5) -> Grid:
    xs, ys = np.meshgrid(np.linspace(0, size[0], columns), np.linspace(0, size[1], rows))
    return np.stack([xs, ys], axis=2)


def bent(size: tuple[int, int], depth: float = 25.0) -> Grid:
    """A page that sags in the middle, seen a little from the left."""
    grid = identity(size, rows=45, columns=31)
    across, down = grid[..., 0] / size[0], grid[..., 1] / size[1]
    grid[..., 1] += depth * np.sin(np.pi * across)
    grid[..., 0] += depth * (down - 0.5) * (across - 0.5)
    return grid


def noise(size: tuple[int, int]) -> Pixels:
    return np.random.default_rng(3).integers(0, 256, (size[1], size[0], 3), np.uint8)


@pytest.mark.parametrize("size", [(90, 140), (61, 2 * STRIP_ROWS + 5), (1, 1), (40, 1), (2, 80)])
def test_the_grid_of_the_picture_itself_changes_nothing(size: tuple[int, int]) -> None:
    picture = noise(size)
    warp = Warp.of(identity(size), size)
    assert warp.size == size
    flat = warp.flatten(picture)
    assert np.abs(flat.astype(int) - picture).max() <= 1


def test_marks_come_back_to_where_they_were() -> None:
    size = (640, 900)
    picture = np.full((900, 640, 3), 255, np.uint8)
    marks = np.array([(100, 120), (320, 130), (540, 400), (90, 520), (330, 700), (560, 860)])
    for x, y in marks:
        cv2.circle(picture, (int(x), int(y)), 6, (0, 0, 0), cv2.FILLED)
    warp = Warp.of(bent(size), size)
    ink = (warp.flatten(picture).min(axis=2) < 128).astype(np.uint8)
    count, _, _, centers = cv2.connectedComponentsWithStats(ink)
    assert count == len(marks) + 1
    # The middle of pixel 0 is the point 0.5, on both pictures.
    back = warp.to_source(centers[1:] + 0.5) - 0.5
    away = np.linalg.norm(back[:, None] - marks[None], axis=2)
    assert away.min(axis=0).max() < 0.5
    assert np.abs(centers[1:][away.argmin(axis=0)] - marks).max() > 5  # they did move


def test_rows_at_the_edge_of_a_strip_continue_the_rows_before() -> None:
    size = (120, STRIP_ROWS + 200)
    ramp = np.tile(np.linspace(0, 255, size[1])[:, None, None], (1, size[0], 3)).astype(np.uint8)
    flat = Warp.of(bent(size), size).flatten(ramp).astype(int)
    steps = np.abs(np.diff(flat[STRIP_ROWS - 20 : STRIP_ROWS + 20], axis=0))
    assert steps.max() <= 2


def test_the_flat_picture_is_as_large_as_the_page_is_on_the_bent_one() -> None:
    # A page of 300 × 400 in the middle of a photograph of 1000 × 1000.
    grid = identity((300, 400)) + (350.0, 300.0)
    assert Warp.of(grid, (1000, 1000)).size == (300, 400)


def test_points_beyond_the_edge_go_straight_on() -> None:
    warp = Warp.of(identity((200, 300)), (200, 300))
    points = np.array([[-30.0, 10.0], [250.0, 350.0], [100.0, 300.0]])
    assert np.allclose(warp.to_source(points), points)


def test_a_warp_is_linear_between_the_points_of_its_grid() -> None:
    grid = np.array([[[0, 0], [10, 0]], [[0, 10], [30, 40]]], np.float64)
    warp = Warp(grid=grid, size=(100, 100))
    corners = np.array([[0, 0], [100, 0], [100, 100], [0, 100]], np.float64)
    assert np.allclose(warp.to_source(corners), [[0, 0], [10, 0], [30, 40], [0, 10]])
    assert np.allclose(warp.to_source(np.array([[50.0, 50.0]])), [[10.0, 12.5]])


@given(
    size=st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)),
    bent_size=st.tuples(st.integers(1, MAX_SIDE_PX), st.integers(1, MAX_SIDE_PX)),
)
def test_no_grid_makes_a_picture_too_large(
    size: tuple[float, float], bent_size: tuple[int, int]
) -> None:
    width, height = within_bounds(size, bent_size)
    assert min(width, height) >= 1
    assert max(width, height) <= MAX_SIDE_PX
    # Rounding adds at most half a pixel a side, and no side is less than one.
    most = MAX_GROWTH * bent_size[0] * bent_size[1]
    assert width * height <= most + (width + height) + 1


def test_a_size_made_smaller_keeps_its_shape_and_a_fitting_one_stays() -> None:
    assert within_bounds((1200.2, 899.7), (1000, 1000)) == (1200, 900)
    width, height = within_bounds((40_000.0, 20_000.0), (1000, 1000))
    assert width == pytest.approx(2 * height, abs=1)
    assert width * height == pytest.approx(1.5e6, rel=0.01)


def test_a_wild_grid_takes_bounded_memory() -> None:
    size = (400, 3000)
    grid = identity(size) * 50
    picture = noise(size)
    warp = Warp.of(grid, size)
    tracemalloc.start()
    flat = warp.flatten(picture)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert flat.nbytes <= 1.51 * picture.nbytes
    # The map of a strip, what OpenCV makes of it, and the grid's rows drawn out.
    assert peak < flat.nbytes + 40 * STRIP_ROWS * warp.size[0]


@pytest.mark.parametrize(
    ("shape", "is_possible"),
    [
        ((MAX_SIDE_PX, 2), True),
        ((2, MAX_SIDE_PX), True),
        ((MAX_SIDE_PX + 1, 2), False),
        ((2, MAX_SIDE_PX + 1), False),
    ],
)
def test_the_longest_picture_that_can_be_flattened(
    shape: tuple[int, int], is_possible: bool
) -> None:
    picture = np.full((*shape, 3), 7, np.uint8)
    assert can_be_flattened(picture) == is_possible
    size = (shape[1], shape[0])
    if is_possible:
        assert (Warp.of(identity(size), size).flatten(picture) == 7).all()
    else:
        with pytest.raises(cv2.error):
            Warp.of(identity(size), size).flatten(picture)
