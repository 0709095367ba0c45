from __future__ import annotations

import numpy as np
import pytest

from shuowen.image.page import Pixels
from shuowen.image.restore.tone.glance import glance_at
from shuowen.image.restore.tone.light import LightEstimate, estimate_light, light_mended
from tests.image.restore.tone.drawn_page import (
    faint,
    in_shadow,
    ink_overlap,
    printed,
    psnr,
    with_noise,
)

PAGE = printed()
BLACK_INK = 200.0


def light(page: Pixels) -> LightEstimate:
    return estimate_light(glance_at(page))


@pytest.mark.parametrize("darkest", [0.15, 0.3, 0.5, 0.8])
def test_depth_of_a_shadow_is_recovered(darkest: float) -> None:
    # The darkest and the lightest twentieth are left out: their shares of a linear fall.
    dark, bright = (darkest + (1 - darkest) * share for share in (0.05, 0.95))
    found = light(with_noise(in_shadow(PAGE, darkest)))
    assert found.fall == pytest.approx(1 - dark / bright, abs=0.04)
    assert found.is_shadow


def test_even_light() -> None:
    found = light(PAGE)
    assert found.fall == pytest.approx(0, abs=0.02)
    assert not found.is_bad(BLACK_INK)


def test_black_print_in_half_light_is_left_to_the_reader() -> None:
    assert not light(with_noise(in_shadow(PAGE, 0.5))).is_bad(BLACK_INK)


def test_black_print_in_the_dark_is_not() -> None:
    assert light(with_noise(in_shadow(PAGE, 0.1))).is_bad(BLACK_INK)


def test_faint_writing_needs_even_light_sooner() -> None:
    found = light(with_noise(in_shadow(PAGE, 0.5)))
    assert found.is_bad(ink_levels=15.0)
    assert not light(PAGE).is_bad(ink_levels=15.0)


def test_a_panel_is_no_shadow() -> None:
    page = PAGE.copy()
    page[:, :300] = page[:, :300] // 8
    found = light(page)
    assert found.fall > 0.8
    assert not found.is_bad(BLACK_INK)


def test_a_colour_wash_is_no_shadow() -> None:
    page = with_noise(PAGE * np.linspace((0.05, 0.1, 0.6), (1, 1, 1), PAGE.shape[1])[np.newaxis])
    assert not light(page).is_bad(BLACK_INK)


@pytest.mark.parametrize("darkest", [0.2, 0.4])
def test_mended_page_is_nearer_to_the_clean_one(darkest: float) -> None:
    page = with_noise(in_shadow(PAGE, darkest))
    glance = glance_at(page)
    mended = light_mended(page, glance, estimate_light(glance))
    assert psnr(mended, PAGE) > psnr(page, PAGE) + 8
    assert ink_overlap(mended, PAGE) > 0.9 > ink_overlap(page, PAGE)
    assert light(mended).fall < 0.1


def test_ink_keeps_its_contrast_to_the_paper() -> None:
    page = with_noise(in_shadow(faint(PAGE, 60).astype(np.uint8), 0.4), 0)
    glance = glance_at(page)
    mended = light_mended(page, glance, estimate_light(glance))
    for columns in (slice(40, 240), slice(460, 660)):
        part = mended[:, columns].astype(float)
        assert np.percentile(part, 90) - np.percentile(part, 1) == pytest.approx(60, abs=8)
