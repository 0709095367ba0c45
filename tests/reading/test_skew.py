"""The slope of a page is that of its long lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shuowen.reading.skew import LEVEL_DEGREES, skew_of


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
