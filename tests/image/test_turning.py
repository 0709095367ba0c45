"""A turned and straightened page keeps every point's place on the original."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.document.model import Rotation
from shuowen.image.frame import apply, straighten, turn, turned_frame

ROTATIONS: list[Rotation] = [0, 90, 180, 270]


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_a_marked_pixel_is_found_where_the_frame_says(rotation: Rotation) -> None:
    page = np.full((30, 50, 3), 255, np.uint8)
    page[7, 11] = 0
    turned = turn(page, rotation)
    frame = turned_frame((50, 30), rotation)
    assert (turned.shape[1], turned.shape[0]) == frame.size
    y, x = np.argwhere(turned[..., 0] == 0)[0]
    assert frame.to_original(np.array([[x + 0.5, y + 0.5]])).round(6).tolist() == [[11.5, 7.5]]


@pytest.mark.parametrize("skew", [-8.0, -0.9, 2.5])
def test_a_sloping_line_is_level_afterwards(skew: float) -> None:
    page = np.full((400, 600, 3), 255, np.uint8)
    xs = np.arange(100, 500)
    ys = (200 + (xs - 300) * np.tan(np.radians(skew))).round().astype(int)
    for thickness in range(4):
        page[ys + thickness, xs] = 0
    level = straighten(page, skew)
    dark_rows = np.flatnonzero((level[..., 0] < 128).any(axis=1))
    assert np.ptp(dark_rows) <= 7


@given(
    st.sampled_from(ROTATIONS),
    st.floats(-30, 30),
    st.floats(0, 640),
    st.floats(0, 480),
)
def test_there_and_back_is_the_same_point(
    rotation: Rotation, skew: float, x: float, y: float
) -> None:
    frame = turned_frame((640, 480), rotation).straightened(skew)
    there = apply(frame.matrix, np.array([[x, y]]))
    assert np.allclose(frame.to_original(there), [[x, y]], atol=1e-6)
    assert (there >= -1).all()
    assert (there <= np.array(frame.size) + 1).all()
