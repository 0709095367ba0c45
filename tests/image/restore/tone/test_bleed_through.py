from __future__ import annotations

import cv2
import numpy as np
import pytest

from shuowen.image.page import Pixels
from shuowen.image.restore.tone.bleed_through import (
    BleedEstimate,
    bleed_through_mended,
    estimate_bleed_through,
)
from shuowen.image.restore.tone.glance import closer_glance_at, glance_at
from tests.image.restore.tone.drawn_page import (
    in_shadow,
    printed,
    psnr,
    with_noise,
    with_other_side,
)

PAGE = printed()
BACK = np.roll(printed(start=40), 17, axis=0)


def bleed(page: Pixels) -> BleedEstimate:
    return estimate_bleed_through(closer_glance_at(page))


@pytest.mark.parametrize("opacity", [0.25, 0.35])
@pytest.mark.parametrize("darkest", [1.0, 0.6])
def test_the_other_side_is_found_and_goes(opacity: float, darkest: float) -> None:
    clean = in_shadow(PAGE, darkest).astype(np.uint8)
    page = with_noise(with_other_side(clean, BACK, opacity))
    found = bleed(page)
    assert found.is_there
    assert found.pale_depth < opacity + 0.05 < found.ink_depth
    mended = bleed_through_mended(page, glance_at(page), found)
    assert psnr(mended, clean) > psnr(page, clean) + 3
    assert not bleed(mended).is_there


def test_the_pages_own_ink_stays() -> None:
    page = with_noise(with_other_side(PAGE, BACK, 0.3))
    mended = bleed_through_mended(page, glance_at(page), bleed(page))
    ink = PAGE[:, :, 1] < 60
    assert (mended[ink] == page[ink]).all()


def gray_paragraphs() -> Pixels:
    page = PAGE.copy()
    page[450:] = (250 - (250.0 - page[450:]) * 0.3).clip(0, 255)
    return page


def with_stamps() -> Pixels:
    stamp = cv2.GaussianBlur(BACK, (0, 0), 1.5) < 128
    page = PAGE.copy()
    page[stamp[:, :, 0] & (PAGE[:, :, 0] > 200)] = (240, 170, 170)
    return cv2.GaussianBlur(page, (0, 0), 0.8)


def with_photo() -> Pixels:
    page = PAGE.copy()
    texture = np.random.default_rng(3).normal(150, 40, (300, 500, 3))
    page[200:500, 100:600] = cv2.GaussianBlur(texture, (0, 0), 3)
    return page


@pytest.mark.parametrize(
    "page",
    [PAGE, gray_paragraphs(), with_stamps(), with_photo(), cv2.GaussianBlur(PAGE, (0, 0), 2)],
    ids=["clean", "grey text", "red stamps", "photo", "blurred"],
)
def test_what_belongs_to_the_page_stays(page: Pixels) -> None:
    assert not bleed(with_noise(page)).is_there


def test_too_few_strokes_say_nothing() -> None:
    assert bleed(PAGE[:60, :60]) == BleedEstimate()
