"""Small print: the page made larger, on request only.

On no kind of page that was tried does enlarging pay by itself: letters of 6 to 14 pixels, rendered
tables, small receipts and single lines are all found as well as they are, and what is lost is lost
in reading lines, which are brought to one height anyway (docs/log.md). It stays for whoever knows
better about a page.
"""

from __future__ import annotations

import cv2
import numpy as np

from shuowen.image.page import Pixels
from shuowen.image.restore.tone.sizes import TextSizes

WANTED_PX = 32.0
"""Height of a line that the page is brought to: all that its letters have is in it then."""
MAX_SCALE = 3.0
SCALE_UNKNOWN = 2.0
"""Used where nobody knows how high the lines are."""
MAX_SIDE_PX = 2500
"""An enlarged page is no larger than this; the detector would make it smaller again."""


def enlarging_scale(shape: tuple[int, ...], sizes: TextSizes | None) -> float:
    """By how much to make a page larger, 1.0 to `MAX_SCALE`; 1.0 where its lines are large.

    Args:
        shape: Height and width of the page.
        sizes: Heights of its lines; None when nobody knows.
    """
    wanted = WANTED_PX / max(sizes.median_px, 1.0) if sizes else SCALE_UNKNOWN
    return max(min(wanted, MAX_SCALE, MAX_SIDE_PX / max(shape[:2])), 1.0)


def enlarged(pixels: Pixels, scale: float) -> Pixels:
    """The page made larger by `scale`, by cubic interpolation; itself for a scale of 1."""
    if scale == 1:
        return pixels
    height, width = pixels.shape[:2]
    size = (round(width * scale), round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC), np.uint8)
