from __future__ import annotations

import cv2
import numpy as np
import pytest

from shuowen.image.restore.tone.blur import MIN_EDGES, STRONG_PX, blur_mended, estimate_blur
from tests.image.restore.tone.drawn_page import ink_overlap, printed, psnr, with_noise

PAGE = printed()
LARGE = cv2.resize(PAGE, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("sigma", [1.5, 2.0, 2.5, 3.0])
def test_spread_is_recovered(sigma: float) -> None:
    found = estimate_blur(with_noise(cv2.GaussianBlur(LARGE, (0, 0), sigma)))
    # The print itself is not infinitely sharp, and variances add up.
    assert found.sigma_px == pytest.approx(np.hypot(sigma, 0.8), rel=0.2)
    assert found.num_edges >= MIN_EDGES


def test_more_blur_is_more() -> None:
    spreads = [estimate_blur(cv2.GaussianBlur(LARGE, (0, 0), s)).sigma_px for s in (1, 1.7, 2.4, 3)]
    assert spreads == sorted(spreads)


def test_sharp_print() -> None:
    found = estimate_blur(PAGE)
    assert 0 < found.sigma_px < 1.2
    assert not found.is_strong


def test_strong_blur_is_mended() -> None:
    page = with_noise(cv2.GaussianBlur(LARGE, (0, 0), 3.0))
    found = estimate_blur(page)
    assert found.is_strong
    mended = blur_mended(page, found)
    assert psnr(mended, LARGE) > psnr(page, LARGE) + 1
    assert ink_overlap(mended, LARGE) > ink_overlap(page, LARGE)


@pytest.mark.parametrize("turned", [False, True])
def test_motion_is_lopsided(turned: bool) -> None:
    length = 15
    kernel = np.full((1, length), 1 / length, np.float32)
    page = with_noise(cv2.filter2D(LARGE, -1, kernel.T if turned else kernel))
    still = estimate_blur(with_noise(cv2.GaussianBlur(LARGE, (0, 0), 2.5)))
    moved = estimate_blur(page)
    assert moved.lopsidedness > still.lopsidedness
    assert not moved.is_strong


@pytest.mark.parametrize("level", [0, 128, 255])
def test_without_edges_nothing_is_known(level: int) -> None:
    page = with_noise(np.full((500, 400, 3), level, np.uint8), 2)
    assert estimate_blur(page).sigma_px == 0
    assert not estimate_blur(page).is_strong


def test_a_blurred_square_far_from_the_print_does_not_count() -> None:
    page = np.full((1600, 1600, 3), 250, np.uint8)
    page[:900, :700] = PAGE
    page[1200:1500, 1200:1500] = 40
    page[1000:] = cv2.GaussianBlur(page[1000:], (0, 0), 20)
    assert estimate_blur(page).sigma_px < STRONG_PX / 2
