from __future__ import annotations

import cv2
import numpy as np
import pytest

from shuowen.image.restore.tone.enlarging import (
    MAX_SCALE,
    MAX_SIDE_PX,
    SCALE_UNKNOWN,
    WANTED_PX,
    enlarged,
    enlarging_scale,
)
from shuowen.image.restore.tone.sizes import TextSizes
from tests.image.restore.tone.drawn_page import printed


@pytest.mark.parametrize(
    ("height_px", "scale"),
    [(WANTED_PX / 2, 2.0), (WANTED_PX / 2.5, 2.5), (WANTED_PX * 2, 1.0), (0.0, MAX_SCALE)],
)
def test_lines_get_the_wanted_height(height_px: float, scale: float) -> None:
    sizes = TextSizes(num_lines=4, median_px=height_px)
    assert enlarging_scale((400, 300, 3), sizes) == pytest.approx(scale)


def test_without_sizes() -> None:
    assert enlarging_scale((400, 300, 3), None) == SCALE_UNKNOWN


def test_no_larger_than_the_largest_and_never_smaller() -> None:
    assert enlarging_scale((2000, 100, 3), None) == MAX_SIDE_PX / 2000
    assert enlarging_scale((9000, 100, 3), None) == 1.0


def test_enlarged_page_is_the_page() -> None:
    page = printed(300, 240)
    large = enlarged(page, 2.0)
    assert large.shape == (600, 480, 3)
    back = cv2.resize(large, (240, 300), interpolation=cv2.INTER_AREA)
    assert np.abs(back.astype(int) - page).mean() < 2
    assert enlarged(page, 1.0) is page
