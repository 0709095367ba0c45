"""The slope of a page is that of its long lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuowen.document.model import Line, box_around
from shuowen.engines.embedded.lines import as_quad
from shuowen.reading.skew import LEVEL_DEGREES, skew_of


def sloping(degrees: float, length: float, height: float = 30, top: float = 100) -> Line:
    angle = np.radians(degrees)
    along = np.array([np.cos(angle), np.sin(angle)]) * length
    down = np.array([-np.sin(angle), np.cos(angle)]) * height
    start = np.array([200.0, top])
    quad = as_quad(np.array([start, start + along, start + along + down, start + down]))
    return Line(text="x" * 20, confidence=0.9, box=box_around(quad), quad=quad)


@given(st.floats(-25, 25))
def test_long_lines_tell(degrees: float) -> None:
    skew = skew_of([sloping(degrees, 700, top=top) for top in (100, 200, 300, 400)])
    if abs(degrees) > LEVEL_DEGREES + 0.1:
        assert skew == pytest.approx(degrees, abs=0.1)
    if abs(degrees) < LEVEL_DEGREES - 0.1:
        assert skew == 0.0


def test_one_slanted_stamp_does_not_turn_the_page() -> None:
    lines = [sloping(0.0, 700, top=top) for top in (100, 200, 300, 400)]
    assert skew_of([*lines, sloping(20, 500)]) == 0.0


def test_short_lines_and_empty_pages_say_nothing() -> None:
    assert skew_of([]) == 0.0
    assert skew_of([sloping(5, 90, top=top) for top in (100, 200, 300, 400)]) == 0.0
    assert skew_of([sloping(5, 700), sloping(5, 700)]) == 0.0
