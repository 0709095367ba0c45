from __future__ import annotations

from typing import get_args

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shuowen.config import RepairName
from shuowen.image.page import Pixels
from shuowen.image.restore.allowed import Allowed
from shuowen.image.restore.tone import TextSizes, mend_tone
from tests.image.restore.tone.drawn_page import (
    faint,
    in_shadow,
    ink_overlap,
    printed,
    with_noise,
    with_other_side,
)

PAGE = printed()
TONE: tuple[RepairName, ...] = (
    "light",
    "contrast",
    "bleed_through",
    "smooth",
    "sharpen",
    "enlarge",
)
FREE = Allowed()
DAMAGED: dict[str, Pixels] = {
    "light": with_noise(in_shadow(PAGE, 0.1)),
    "contrast": with_noise(faint(PAGE, 14), 0.7),
    "bleed_through": with_noise(with_other_side(PAGE, np.roll(printed(start=40), 17, 0), 0.3)),
    "sharpen": with_noise(
        cv2.GaussianBlur(cv2.resize(PAGE, None, fx=2, fy=2), (0, 0), 3.0)  # letters of 30 pixels
    ),
}


def coloured() -> Pixels:
    page = PAGE.copy()
    page[100:300] = (page[100:300] * np.array([0.35, 0.55, 0.95])).astype(np.uint8)
    page[500:700, :350] = 255 - page[500:700, :350]
    return page


@pytest.mark.parametrize(
    "page",
    [PAGE, coloured(), (255 - PAGE).astype(np.uint8), np.full((400, 300, 3), 255, np.uint8)],
    ids=["clean", "coloured panels", "dark", "blank"],
)
def test_page_that_needs_nothing_is_the_same_object(page: Pixels) -> None:
    before = page.copy()
    toned = mend_tone(page, TextSizes(num_lines=20, median_px=20.0), FREE)
    assert toned.pixels is page
    assert toned.steps == ()
    assert toned.scale == 1.0
    assert (page == before).all()


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_mended_by_its_own_repair(name: RepairName) -> None:
    toned = mend_tone(DAMAGED[name], None, FREE)
    assert [step.name for step in toned.steps] == [name]
    assert not toned.steps[0].is_forced
    assert toned.steps[0].evidence
    assert all(type(value) is float for value in toned.steps[0].evidence.values())


@pytest.mark.parametrize("name", DAMAGED)
def test_forbidden_repairs_are_not_made(name: RepairName) -> None:
    page = DAMAGED[name]
    assert mend_tone(page, None, Allowed(forbidden=frozenset({name}))).pixels is page


@pytest.mark.parametrize("name", TONE)
def test_forced_repairs_are_made_on_a_clean_page(name: RepairName) -> None:
    toned = mend_tone(PAGE, None, Allowed(forced=frozenset({name})))
    assert [(step.name, step.is_forced) for step in toned.steps] == [(name, True)]
    assert toned.pixels is not PAGE
    small = cv2.resize(toned.pixels, (PAGE.shape[1], PAGE.shape[0]), interpolation=cv2.INTER_AREA)
    assert ink_overlap(small, PAGE) > 0.88


def test_faint_writing_in_a_shadow_needs_both() -> None:
    page = with_noise(in_shadow(faint(PAGE, 20).astype(np.uint8), 0.5), 0.5)
    toned = mend_tone(page, None, FREE)
    assert [step.name for step in toned.steps] == ["light", "contrast"]
    assert ink_overlap(toned.pixels, PAGE) > 0.75 > ink_overlap(page, PAGE)


def test_nothing_but_what_it_is_asked_for() -> None:
    names = set(get_args(RepairName))
    everything_else = Allowed(forced=frozenset(names - set(TONE)))
    assert mend_tone(PAGE, None, everything_else).pixels is PAGE


def test_scale_of_an_enlarged_page() -> None:
    sizes = TextSizes(num_lines=9, median_px=16.0)
    toned = mend_tone(PAGE[:600, :400], sizes, Allowed(forced=frozenset({"enlarge"})))
    assert toned.scale == 2.0
    assert toned.pixels.shape == (1200, 800, 3)
    assert toned.steps[0].evidence == {"line_height_px": 16.0, "scale": 2.0}


def test_same_page_same_result() -> None:
    page = DAMAGED["bleed_through"]
    once, again = (mend_tone(page.copy(), None, FREE) for _ in range(2))
    assert (once.pixels == again.pixels).all()
    assert once.steps == again.steps


@settings(max_examples=40, deadline=None)
@given(
    page=st.tuples(st.integers(1, 70), st.integers(1, 70)).flatmap(
        lambda size: arrays(np.uint8, (*size, 3))
    ),
    forced=st.sets(st.sampled_from(TONE)),
)
def test_any_small_picture(page: Pixels, forced: set[RepairName]) -> None:
    before = page.copy()
    toned = mend_tone(page, None, Allowed(forced=frozenset(forced)))
    assert toned.pixels.dtype == np.uint8
    assert toned.pixels.shape[2] == 3
    assert forced <= {step.name for step in toned.steps}
    for step in toned.steps:
        assert all(np.isfinite(list(step.evidence.values())))
    assert (page == before).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9000), (9000, 1), (2, 3), (5000, 4000)])
@pytest.mark.parametrize("level", [0, 255])
def test_extreme_sizes(shape: tuple[int, int], level: int) -> None:
    page = np.full((*shape, 3), level, np.uint8)
    assert mend_tone(page, None, FREE).pixels is page
    if page.size < 100_000:
        forced = mend_tone(page, None, Allowed(forced=frozenset(TONE)))
        assert np.isfinite(forced.scale)
