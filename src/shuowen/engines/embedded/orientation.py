"""Which way up a page is."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Rotation
from shuowen.engines.embedded.sessions import session
from shuowen.image.page import Pixels

SHORT_SIDE_PX, CROP_PX = 256, 224
"""The network looks at the middle of the page made this small (PP-LCNet_x1_0_doc_ori)."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""ImageNet's channel statistics, RGB."""


def page_rotations(pixels: Pixels) -> dict[Rotation, float]:
    """How likely each turn is: degrees counter-clockwise that make the page upright, to 0..1."""
    probabilities = session("page_orientation").run(None, {"x": _network_input(pixels)})[0][0]
    # Class n says that the page was turned by 90° × n clockwise; the same angle turns it back.
    return {
        cast("Rotation", 90 * index): float(probability)
        for index, probability in enumerate(probabilities)
    }


def _network_input(pixels: Pixels) -> NDArray[np.float32]:
    height, width = pixels.shape[:2]
    scale = SHORT_SIDE_PX / min(height, width)
    size = (max(round(width * scale), CROP_PX), max(round(height * scale), CROP_PX))
    resized = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    top, left = (size[1] - CROP_PX) // 2, (size[0] - CROP_PX) // 2
    crop = resized[top : top + CROP_PX, left : left + CROP_PX].astype(np.float32) / 255
    normal = (crop - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
    return np.ascontiguousarray(normal.transpose(2, 0, 1)[None], np.float32)
