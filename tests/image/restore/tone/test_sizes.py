from __future__ import annotations

import numpy as np

from shuowen.image.crops import QuadPoints
from shuowen.image.restore.tone.sizes import TextSizes


def upright(width: float, height: float) -> QuadPoints:
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)


def test_sizes_of_rows_and_columns() -> None:
    sizes = TextSizes.of([upright(300, 20), upright(22, 400), upright(90, 40)])
    assert sizes == TextSizes(num_lines=3, median_px=22.0)


def test_no_lines_no_sizes() -> None:
    assert TextSizes.of([]) is None
