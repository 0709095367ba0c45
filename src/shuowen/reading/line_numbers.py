"""Line numbers: the column of counted lines down the margin of a transcript or a statute.

They belong to the page, not to its sentences, so they are read by themselves. A list's numbers
and a table's first column are told apart by length, by what stands beside them and how near.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shuowen.document.model import Line
from shuowen.reading.frame import Floats
from shuowen.reading.rows import find_rows

MIN_COUNT = 15
"""Fewest numbers: a page of a transcript has 25 or more, a list seldom that many on a page."""
MIN_STEPS = 0.8
"""Share of the steps from number to number that are 1, at least; a few are misread or missed."""
MIN_GAP = 1.5
"""White between numbers and text, in line heights; a program's listing is set closer."""


def find_line_numbers(lines: Sequence[Line], boxes: Floats) -> list[int]:
    """Indices of the lines that are line numbers, top to bottom; empty when there are none.

    Args:
        lines: The page's lines.
        boxes: Their boxes (N, 4) in the reading frame.
    """
    numbers = [i for i, line in enumerate(lines) if line.text.isdecimal() and len(line.text) <= 3]
    if len(numbers) < MIN_COUNT:
        return []
    unit = float(np.median(boxes[numbers, 3] - boxes[numbers, 1]))
    right = float(np.median(boxes[numbers, 2]))
    numbers = [i for i in numbers if abs(boxes[i, 2] - right) < unit]
    numbers.sort(key=lambda i: boxes[i, 1] + boxes[i, 3])
    is_counting = _counts_up([int(lines[i].text) for i in numbers])
    return numbers if is_counting and _stand_aside(boxes, numbers, unit) else []


def _counts_up(values: Sequence[int]) -> bool:
    return len(values) >= MIN_COUNT and float((np.diff(values) == 1).mean()) >= MIN_STEPS


def _stand_aside(boxes: Floats, numbers: Sequence[int], unit: float) -> bool:
    """Whether all text is clear of the numbers to their right, one piece to a row."""
    top, bottom = boxes[numbers[0], 1], boxes[numbers[-1], 3]
    others = np.setdiff1d(np.arange(len(boxes)), numbers)
    middles = (boxes[others, 1] + boxes[others, 3]) / 2
    beside = boxes[others[(middles > top) & (middles < bottom)]]
    if not len(beside) or beside[:, 0].min() < boxes[numbers, 2].max() + MIN_GAP * unit:
        return False
    rows = find_rows(beside)
    return sum(len(row) == 1 for row in rows) >= 0.8 * len(rows)
