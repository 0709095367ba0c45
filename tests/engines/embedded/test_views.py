"""Other views of a line show the same line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from shuowen.engines.embedded.recogniser import CAREFUL
from shuowen.engines.embedded.views import VIEWS, View, larger_letters, raised, wider

TEXT = "Invoice 2024-117 of 31 May"


def line() -> np.ndarray:
    picture = Image.new("RGB", (620, 48), "white")
    ImageDraw.Draw(picture).text((12, 0), TEXT, "black", ImageFont.load_default(size=38))
    return np.asarray(picture)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_a_clear_line_reads_the_same(view: View) -> None:
    plain, seen = CAREFUL.read(line()), CAREFUL.read(view(line()))
    assert seen.text == TEXT
    moved = np.subtract(seen.centers, plain.centers) * line().shape[1]
    assert np.abs(moved).max() <= 9  # a step of the network has 8 pixels


@given(st.sampled_from(VIEWS), st.integers(1, 60), st.integers(1, 80), st.integers(0, 255))
def test_blank_paper_stays_blank_at_any_size(
    view: View, height: int, width: int, gray: int
) -> None:
    seen = view(np.full((height, width, 3), gray, np.uint8))
    assert seen.dtype == np.uint8
    assert seen.shape[0] == height
    assert (seen == gray).all()


def test_letters_are_made_larger_moved_up_and_widened() -> None:
    bar = np.full((50, 100, 3), 255, np.uint8)
    bar[20:30, 40:60] = 0
    assert np.flatnonzero((larger_letters(bar) < 128).any(axis=(1, 2))).tolist() == list(
        range(19, 31)
    )
    assert np.flatnonzero((raised(bar) < 128).any(axis=(1, 2))).tolist() == list(range(16, 26))
    assert wider(1.5)(bar).shape == (50, 150, 3)
    assert np.flatnonzero((wider(0.5)(bar) < 128).any(axis=(0, 2))).tolist() == list(range(20, 30))
