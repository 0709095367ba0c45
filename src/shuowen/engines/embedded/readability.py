"""How well a page can be read as it is: for choosing between two pictures of one page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shuowen.engines.embedded.detector import TextBox, is_vertical
from shuowen.engines.embedded.recogniser import QUICK
from shuowen.image.crops import crop_quad
from shuowen.image.page import Pixels

LEGIBLE = 0.5
"""A line that reads with less mean confidence adds nothing."""


def readable_characters(pixels: Pixels, boxes: Sequence[TextBox]) -> float:
    """How many characters the quick recogniser reads right, by its own confidence.

    Text that is lost at the edge of a picture, or that runs together, lowers the sum; so does text
    that reads worse.
    """
    return sum(_characters(pixels, box) for box in boxes)


def _characters(pixels: Pixels, box: TextBox) -> float:
    crop = crop_quad(pixels, box.quad)
    if is_vertical(box.quad):
        crop = np.ascontiguousarray(np.rot90(crop))
    reading = QUICK.read(crop)
    return sum(reading.confidences) if reading.confidence >= LEGIBLE else 0.0
