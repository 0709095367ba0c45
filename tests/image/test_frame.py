"""Points find their way between the upright picture, the flattened one and the original."""

from __future__ import annotations

from typing import get_args

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shuowen.document.model import Rotation
from shuowen.image.frame import Frame, apply, straighten, turn, turned_frame
from shuowen.image.warp import Warp

SIZE = (300, 200)
ROTATIONS = st.sampled_from(get_args(Rotation))
SKEWS = st.floats(-30, 30)
POINTS = st.lists(st.tuples(st.floats(0, 300), st.floats(0, 200)), min_size=1, max_size=6).map(
    lambda points: np.array(points, np.float64)
)


def sheared(size: tuple[int, int]) -> Warp:
    """A warp whose bent picture lies twice as large, askew and moved: x' = 2x + y + 5, y' = 3y."""
    xs, ys = np.meshgrid(np.linspace(0, size[0], 4), np.linspace(0, size[1], 6))
    return Warp(grid=np.stack([2 * xs + ys + 5, 3 * ys], axis=2), size=size)


def on_bent(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([2 * points[:, 0] + points[:, 1] + 5, 3 * points[:, 1]], axis=1)


@given(ROTATIONS, SKEWS, POINTS)
def test_there_and_back(rotation: Rotation, skew: float, points: NDArray[np.float64]) -> None:
    frame = turned_frame(SIZE, rotation).straightened(skew)
    assert frame.skew_degrees == skew
    assert np.allclose(frame.to_original(apply(frame.matrix, points)), points, atol=1e-6)


@given(ROTATIONS, SKEWS, POINTS)
def test_between_two_frames(rotation: Rotation, skew: float, points: NDArray[np.float64]) -> None:
    upright = turned_frame(SIZE, rotation)
    level = upright.straightened(skew)
    moved = upright.points_in(level, points)
    assert np.allclose(level.points_in(upright, moved), points, atol=1e-6)
    assert np.allclose(level.to_original(moved), upright.to_original(points), atol=1e-6)


@given(ROTATIONS, st.floats(1, 3), POINTS)
def test_an_enlarged_picture(rotation: Rotation, scale: float, points: NDArray[np.float64]) -> None:
    frame = turned_frame(SIZE, rotation)
    larger = frame.enlarged(scale, (900, 600))
    assert larger.size == (900, 600)
    assert np.allclose(larger.to_original(points * scale), frame.to_original(points), atol=1e-6)


@given(ROTATIONS, st.floats(1, 3), SKEWS, POINTS)
def test_flattened_between_all_the_others(
    rotation: Rotation, scale: float, skew: float, points: NDArray[np.float64]
) -> None:
    before = turned_frame(SIZE, rotation).enlarged(scale, (900, 600))
    flat = before.flat(sheared((150, 90)))
    assert (flat.size, flat.rotation_degrees, flat.skew_degrees) == ((150, 90), rotation, 0.0)
    assert np.allclose(flat.to_original(points), before.to_original(on_bent(points)), atol=1e-6)
    level = flat.straightened(skew)
    moved = flat.points_in(level, points)
    assert np.allclose(level.to_original(moved), flat.to_original(points), atol=1e-6)


def test_frames_of_different_flattened_pictures_have_no_way_between_them() -> None:
    frame = turned_frame(SIZE, 0)
    with pytest.raises(AssertionError):
        frame.flat(sheared(SIZE)).points_in(frame, np.zeros((1, 2)))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("skew", [-7.0, 0.5, 12.0])
def test_the_picture_goes_where_its_frame_says(rotation: Rotation, skew: float) -> None:
    picture = np.full((200, 300, 3), 255, np.uint8)
    cv2.circle(picture, (220, 60), 5, (0, 0, 0), cv2.FILLED)
    frame = turned_frame(SIZE, rotation).straightened(skew)
    moved = straighten(turn(picture, rotation), skew)
    assert moved.shape[:2] == frame.size[::-1]
    ys, xs = np.nonzero(moved.min(axis=2) < 128)
    # The middle of pixel 0 is the point 0.5, on both pictures.
    center = np.array([[xs.mean(), ys.mean()]]) + 0.5
    assert np.abs(frame.to_original(center) - (220.5, 60.5)).max() < 0.75


def test_an_unturned_picture_is_not_copied() -> None:
    picture = np.zeros((4, 5, 3), np.uint8)
    assert turn(picture, 0) is picture


def test_the_original_is_what_a_frame_without_repairs_is() -> None:
    frame: Frame = turned_frame(SIZE, 0)
    points = np.array([[3.0, 4.0], [-2.0, 500.0]])
    assert np.array_equal(frame.to_original(points), points)
