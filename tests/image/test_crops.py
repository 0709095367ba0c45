"""Quadrilaterals are cut out exactly, whatever their slope."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from shuowen.image.crops import crop_quad, is_upright, quad_size


def quad(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, np.float32)


def test_an_upright_quad_is_a_view_of_the_page() -> None:
    page = np.arange(60 * 80 * 3, dtype=np.uint8).reshape(60, 80, 3)
    crop = crop_quad(page, quad((10, 5), (30, 5), (30, 25), (10, 25)))
    assert np.array_equal(crop, page[5:25, 10:30])
    assert np.shares_memory(crop, page)


@pytest.mark.parametrize("degrees", [-20, -3, 4, 15])
def test_a_sloping_quad_comes_out_level(degrees: float) -> None:
    flat = np.full((40, 120, 3), 255, np.uint8)
    flat[10:30, 20:100:8] = 0
    page = np.full((300, 300, 3), 255, np.uint8)
    turn = cv2.getRotationMatrix2D((60, 20), degrees, 1.0)
    turn[:, 2] += (90, 130)
    cv2.warpAffine(flat, turn, (300, 300), page, borderMode=cv2.BORDER_TRANSPARENT)
    corners = np.array([[0, 0], [120, 0], [120, 40], [0, 40]]) @ turn[:, :2].T + turn[:, 2]
    crop = crop_quad(page, corners.astype(np.float32))
    assert crop.shape == (40, 120, 3)
    assert np.abs(crop.astype(int) - flat).mean() < 12


@pytest.mark.parametrize(
    "corners",
    [
        ((-50, -50), (-10, -50), (-10, -20), (-50, -20)),
        ((200, 200), (260, 210), (258, 240), (198, 230)),
        ((5, 5), (5, 5), (5, 5), (5, 5)),
        ((-5, 3), (70, -4), (72, 20), (-3, 30)),
    ],
)
def test_quads_outside_the_page_or_without_area_still_give_a_picture(
    corners: tuple[tuple[float, float], ...],
) -> None:
    crop = crop_quad(np.zeros((50, 60, 3), np.uint8), quad(*corners))
    assert crop.shape[0] >= 1
    assert crop.shape[1] >= 1


def test_size_and_uprightness() -> None:
    assert quad_size(quad((0, 0), (30, 40), (22, 46), (-8, 6))) == (50, 10)
    assert is_upright(quad((0, 0.4), (50, 0), (50.5, 20), (0, 20)))
    assert not is_upright(quad((0, 0), (50, 3), (49, 23), (-1, 20)))
