"""From tiles of bytes to the numbers that the vision encoder was trained on.

M tiles, 3 colours, tiles of height H and width W.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def normalise(tiles_MHWC: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(value / 255 − mean) / std for each colour (OpenGVLab/InternVL, internvl/train/dataset.py).

    Args:
        tiles_MHWC: (M, H, W, 3), RGB, 0 to 255.

    Returns:
        (M, 3, H, W) float32.
    """
    num_tiles, height, width, _ = tiles_MHWC.shape
    pixels = np.empty((num_tiles, 3, height, width), np.float32)
    for tile, planes in zip(tiles_MHWC, pixels, strict=True):  # one at a time stays in the cache
        for colour, table in enumerate(_TABLES):
            # "clip" spares the check of every index, and a byte is never out of range.
            np.take(table, tile[..., colour], out=planes[colour], mode="clip")
    return pixels


def _tables() -> tuple[NDArray[np.float32], ...]:
    """What each of the 256 bytes becomes, colour by colour, rounded step by step as upstream."""
    shares = np.arange(256, dtype=np.float32) / np.float32(255)
    pairs = zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)
    return tuple((shares - np.float32(mean)) / np.float32(std) for mean, std in pairs)


_TABLES = _tables()
