"""What is done to tiles before they are learnt: the marks of JPEG compression.

M tiles of height H and width W. Needs no torch.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

JPEG_QUALITIES = (75, 100)
"""Lowest and highest, both possible (InternVL2.5, arXiv 2412.05271 §4; InternVL3 §2.3)."""


def compress_tiles(tiles_MHWC: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Every tile as JPEG of its own random quality leaves it.

    As upstream's `simulate_jpeg_degradation`, to the pixel where OpenCV and Pillow have the same
    libjpeg; OpenCV takes a quarter of Pillow's time for small tiles.

    Args:
        tiles_MHWC: (M, H, W, 3) RGB, 0 to 255.
        rng: Drawn from once for every tile.

    Returns:
        (M, H, W, 3), new.
    """
    low, high = JPEG_QUALITIES
    qualities = rng.integers(low, high + 1, len(tiles_MHWC))
    compressed = np.empty_like(tiles_MHWC)
    for tile, quality, out in zip(tiles_MHWC, qualities, compressed, strict=True):
        bgr = cv2.cvtColor(tile, cv2.COLOR_RGB2BGR)
        _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
        decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
        cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB, dst=out)
    return compressed
