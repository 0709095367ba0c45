from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shuowen.image.page import Pixels
from shuowen.image.restore.tone.line_views import (
    binarised,
    sharpened,
    slant_corrected,
    smoothed,
    stretched_contrast,
)

LINES = st.tuples(st.integers(1, 60), st.integers(1, 90)).flatmap(
    lambda size: arrays(np.uint8, (*size, 3))
)


def line() -> Pixels:
    picture = np.full((48, 320, 3), 235, np.uint8)
    cv2.putText(
        picture, "Pencil 1978", (8, 35), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (30,) * 3, 3, cv2.LINE_AA
    )
    return picture


@pytest.mark.parametrize("view", [sharpened, smoothed, stretched_contrast, binarised])
@settings(max_examples=30, deadline=None)
@given(picture=LINES)
def test_size_and_type_stay(view, picture: Pixels) -> None:  # type: ignore[no-untyped-def]
    before = picture.copy()
    seen = view(picture)
    assert seen.shape == picture.shape
    assert seen.dtype == np.uint8
    assert (picture == before).all()


def test_sharpening_takes_blur_back() -> None:
    blurred = cv2.GaussianBlur(line(), (0, 0), 1.5)
    assert cv2.PSNR(sharpened(blurred, sigma_px=1.5), line()) > cv2.PSNR(blurred, line())
    assert (sharpened(blurred, amount=0.0) == blurred).all()


def test_smoothing_takes_noise_away() -> None:
    grain = np.random.default_rng(0).normal(0, 25, line().shape)
    noisy = np.clip(line() + grain, 0, 255).astype(np.uint8)
    assert cv2.PSNR(smoothed(noisy), line()) > cv2.PSNR(noisy, line()) + 1


@pytest.mark.parametrize("is_dark", [False, True])
def test_contrast_fills_the_range(is_dark: bool) -> None:
    faint = (200 + (line().astype(float) - 235) * 0.1).astype(np.uint8)
    page = (255 - faint).astype(np.uint8) if is_dark else faint
    seen = stretched_contrast(page)
    assert seen.min() == 0
    assert seen.max() == 255
    assert (np.median(seen) < 128) == is_dark


def test_one_grey_is_not_stretched() -> None:
    flat = np.full((48, 90, 3), 120, np.uint8)
    assert stretched_contrast(flat) is flat


@pytest.mark.parametrize("is_dark", [False, True])
def test_binarised_is_the_ink(is_dark: bool) -> None:
    shade = line() * np.linspace(1, 0.4, 320)[np.newaxis, :, np.newaxis]
    page = shade.astype(np.uint8) if not is_dark else (255 - line()).astype(np.uint8)
    seen = binarised(page)
    assert set(np.unique(seen)) <= {0, 255}
    ink = line()[:, :, 0] < 130
    found = seen[:, :, 0] == 0
    assert (ink & found).sum() / (ink | found).sum() > 0.8


def test_one_grey_has_no_ink() -> None:
    for level in (0, 90, 255):
        assert (binarised(np.full((48, 90, 3), level, np.uint8)) == 255).all()


@pytest.mark.parametrize("degrees", [-30.0, -12.0, 12.0, 30.0])
def test_leaning_stroke_stands_upright(degrees: float) -> None:
    height, lean = 48, np.tan(np.radians(degrees))
    picture = np.full((height, 160, 3), 255, np.uint8)
    foot, top = 80 - lean * 23.5, 80 + lean * 23.5
    cv2.line(picture, (round(foot), 47), (round(top), 0), (0, 0, 0), 3)
    upright = slant_corrected(picture, degrees)
    assert upright.shape[0] == height
    centers = [np.mean(np.flatnonzero(upright[y, :, 0] < 128)) for y in range(2, 46)]
    assert np.ptp(centers) < 2.5


@settings(max_examples=30, deadline=None)
@given(picture=LINES, degrees=st.floats(-500, 500))
def test_shearing_any_line(picture: Pixels, degrees: float) -> None:
    sheared = slant_corrected(picture, degrees)
    assert sheared.shape[0] == picture.shape[0]
    assert sheared.shape[1] >= picture.shape[1]
    assert sheared.shape[1] <= picture.shape[1] + 2 * picture.shape[0]


def test_no_slant_no_copy() -> None:
    assert slant_corrected(line(), 0.0).base is None
    picture = line()
    assert slant_corrected(picture, 0.0) is picture
