"""The slope of a page is that of its long lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from shuowen.engines.embedded.engine import EmbeddedEngine
from shuowen.image.frame import straighten
from shuowen.reading.skew import LEVEL_DEGREES, line_angles, skew_of


def sloping(
    degrees: float, length: float, height: float = 30, top: float = 100
) -> NDArray[np.float64]:
    angle = np.radians(degrees)
    along = np.array([np.cos(angle), np.sin(angle)]) * length
    down = np.array([-np.sin(angle), np.cos(angle)]) * height
    start = np.array([200.0, top])
    return np.array([start, start + along, start + along + down, start + down])


def skew(*quads: NDArray[np.float64]) -> float:
    return skew_of(np.array(quads).reshape(-1, 4, 2))


@given(st.floats(-25, 25))
def test_long_lines_tell(degrees: float) -> None:
    found = skew(*(sloping(degrees, 700, top=top) for top in (100, 200, 300, 400)))
    if abs(degrees) > LEVEL_DEGREES + 0.1:
        assert found == pytest.approx(degrees, abs=0.1)
    if abs(degrees) < LEVEL_DEGREES - 0.1:
        assert found == 0.0


def test_one_slanted_stamp_does_not_turn_the_page() -> None:
    lines = [sloping(0.0, 700, top=top) for top in (100, 200, 300, 400)]
    assert skew(*lines, sloping(20, 500)) == 0.0


def test_short_lines_and_empty_pages_say_nothing() -> None:
    assert skew() == 0.0
    assert skew(*(sloping(5, 90, top=top) for top in (100, 200, 300, 400))) == 0.0
    assert skew(sloping(5, 700), sloping(5, 700)) == 0.0


def test_what_counts_as_level_can_be_chosen() -> None:
    lines = np.array([sloping(0.15, 700, top=top) for top in (100, 200, 300, 400)])
    assert skew_of(lines) == 0.0
    assert skew_of(lines, least_degrees=0.0) == pytest.approx(0.15, abs=0.01)
    assert skew_of(lines, least_degrees=0.2) == 0.0


def test_only_long_lines_have_a_direction() -> None:
    lines = [sloping(2, 700), sloping(-3, 400), sloping(40, 100), sloping(1, 30, height=700)]
    angles, lengths = line_angles(np.array(lines))
    assert angles == pytest.approx([2, -3])
    assert lengths == pytest.approx([700 * np.cos(np.radians(2)), 400 * np.cos(np.radians(3))])


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    return EmbeddedEngine(effort="normal", jobs=1)


@pytest.mark.parametrize("degrees", [0.15, 0.5, 2.0, -4.0])
def test_the_slope_of_a_drawn_page_is_measured(engine: EmbeddedEngine, degrees: float) -> None:
    page = Image.new("RGB", (1200, 1500), "white")
    for number in range(16):
        ImageDraw.Draw(page).text(
            (120, 120 + 80 * number),
            "Every line of this page is as long as all the others",
            "black",
            ImageFont.load_default(size=38),
        )
    sloped = straighten(np.asarray(page), -degrees)
    quads = np.array([box.quad for box in engine.find_text(sloped)], np.float64)
    assert skew_of(quads, least_degrees=0.0) == pytest.approx(degrees, abs=0.1)
