from __future__ import annotations

import numpy as np
import pytest

from shuowen.image.restore.tone.glance import CELLS, GLANCE_PX, glance_at, paper_beneath
from tests.image.restore.tone.drawn_page import in_shadow, printed, with_noise


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (2200, 1700), (900, 700)])
def test_copy_is_small_and_cells_are_few(shape: tuple[int, int]) -> None:
    glance = glance_at(np.full((*shape, 3), 200, np.uint8))
    assert max(glance.gray.shape) <= max(1.5 * GLANCE_PX, 4000 if min(shape) == 1 else 0)
    assert max(glance.paper.shape) <= 2 * CELLS
    assert (glance.gray == 200).all()
    assert (glance.paper == 200).all()


def test_small_page_is_not_copied() -> None:
    page = printed()
    assert glance_at(page).rgb is page


def test_paper_has_no_letters_in_it() -> None:
    glance = glance_at(printed())
    assert glance.paper.min() >= 240


def test_paper_follows_the_light() -> None:
    glance = glance_at(with_noise(in_shadow(printed(), 0.4)))
    expected = 248 * np.linspace(0.4, 1, glance.gray.shape[1])
    across = paper_beneath(glance).mean(axis=0)
    assert np.abs(across - expected).max() < 12
