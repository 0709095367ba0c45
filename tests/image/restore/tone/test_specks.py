from __future__ import annotations

import numpy as np
import pytest

from shuowen.image.page import Pixels
from shuowen.image.restore.allowed import Allowed
from shuowen.image.restore.tone import mend_tone
from shuowen.image.restore.tone.specks import estimate_specks, specks_mended
from tests.image.restore.tone.drawn_page import printed


def two_levels(noise: float = 0.0) -> Pixels:
    """The printed page in pure black and white, torn by noise of this deviation."""
    page = printed()
    drift = np.random.default_rng(5).normal(0, noise, page.shape[:2]) if noise else 0.0
    ink = page[..., 1] + drift < 150
    return np.repeat(np.where(ink, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def test_a_torn_page_is_told_from_a_clean_one() -> None:
    assert estimate_specks(two_levels(70)).is_torn
    clean = estimate_specks(two_levels())
    assert clean.between == 0
    assert not clean.is_torn


def test_a_page_with_greys_has_none_whatever_is_on_it() -> None:
    page = two_levels(70)
    page[:40] = 190
    found = estimate_specks(page)
    assert found.between == pytest.approx(40 / len(page), abs=0.01)
    assert not found.is_torn


def test_mending_brings_a_torn_page_nearer_to_the_clean_one() -> None:
    torn, clean = two_levels(70), printed().astype(float)
    before = np.abs(torn.astype(float) - clean).mean()
    assert np.abs(specks_mended(torn).astype(float) - clean).mean() < 0.8 * before


def test_a_torn_page_is_smoothed_and_says_why() -> None:
    (step,) = mend_tone(two_levels(70), None, Allowed(forbidden=frozenset({"light"}))).steps
    assert step.name == "smooth"
    assert step.evidence["share"] > 0.2
    clean = two_levels()
    assert mend_tone(clean, None, Allowed()).pixels is clean


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 500, 3), (40, 1, 3)])
@pytest.mark.parametrize("value", [0, 255])
def test_tiny_and_empty_pages_have_no_specks(shape: tuple[int, ...], value: int) -> None:
    assert not estimate_specks(np.full(shape, value, np.uint8)).is_torn
