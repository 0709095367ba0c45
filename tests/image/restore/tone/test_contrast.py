from __future__ import annotations

import numpy as np
import pytest

from shuowen.image.page import Pixels
from shuowen.image.restore.tone.contrast import (
    ContrastEstimate,
    contrast_mended,
    estimate_contrast,
)
from shuowen.image.restore.tone.glance import glance_at
from tests.image.restore.tone.drawn_page import (
    faint,
    in_shadow,
    ink_overlap,
    printed,
    psnr,
    with_noise,
)

PAGE = printed()


def contrast(page: Pixels) -> ContrastEstimate:
    return estimate_contrast(glance_at(page))


@pytest.mark.parametrize("levels", [8, 14, 20, 60])
def test_depth_of_the_ink_is_recovered(levels: int) -> None:
    found = contrast(with_noise(faint(PAGE, levels), 0.5))
    assert found.below == pytest.approx(levels, abs=2.5)
    assert found.paper == pytest.approx(225, abs=1)


@pytest.mark.parametrize("noise", [2.0, 5.0])
def test_grain_is_recovered(noise: float) -> None:
    flat = with_noise(np.full((600, 600, 3), 200.0), noise)
    # Three channels with grain of their own: grey is 0.299 R + 0.587 G + 0.114 B.
    expected = noise * float(np.linalg.norm([0.299, 0.587, 0.114]))
    assert contrast(flat).noise == pytest.approx(expected, abs=0.6)


def test_faint_page_is_found_and_mended() -> None:
    page = with_noise(faint(PAGE, 14), 0.7)
    found = contrast(page)
    assert found.is_faint
    mended = contrast_mended(page, found)
    assert ink_overlap(mended, PAGE) > 0.8 > ink_overlap(page, PAGE)
    assert psnr(mended, PAGE) > psnr(page, PAGE)


def test_faint_light_writing_on_a_dark_page() -> None:
    page = (255 - with_noise(faint(PAGE, 14), 0.7)).astype(np.uint8)
    found = contrast(page)
    assert found.is_faint
    mended = contrast_mended(page, found)
    assert np.median(mended) < 40
    assert np.percentile(mended, 99) > 150


@pytest.mark.parametrize(
    "page",
    [
        PAGE,
        with_noise(faint(PAGE, 60), 1),
        (255 - PAGE).astype(np.uint8),
        np.full((300, 300, 3), 240, np.uint8),
        with_noise(np.full((300, 300, 3), 230.0), 6),
        with_noise(in_shadow(faint(PAGE, 14).astype(np.uint8), 0.5), 0.5),
    ],
    ids=["clean", "grey ink", "dark page", "blank", "grainy blank", "faint in shadow"],
)
def test_other_pages_are_not_stretched(page: Pixels) -> None:
    assert not contrast(page).is_faint


def test_one_black_word_is_not_faint() -> None:
    page = np.full((900, 700, 3), 245, np.uint8)
    page[40:60, 30:130] = PAGE[36:56, 30:130]
    assert not contrast(with_noise(page)).is_faint


def test_faint_writing_on_coloured_paper() -> None:
    colour = np.array([240, 225, 150]) / 250
    page = with_noise(faint(PAGE, 14, paper=250) * colour, 0.7)
    found = contrast(page)
    assert found.is_faint
    assert ink_overlap(contrast_mended(page, found), PAGE) > 0.8


def test_stretching_keeps_the_order_of_levels() -> None:
    found = ContrastEstimate(paper=220.0, below=12.0, above=2.0, noise=0.5, unevenness=1.0)
    page = np.full((256, 256, 3), 220, np.uint8)
    page[0] = np.arange(256, dtype=np.uint8)[:, np.newaxis]
    levels = contrast_mended(page, found)[0, :, 0].astype(int)
    assert (np.diff(levels) >= 0).all()
    assert levels[220] == 235
    assert levels[220] - levels[212] == 96  # 12 times eight levels: the most that noise is raised
