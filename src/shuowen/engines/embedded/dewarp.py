"""How a photographed page is bent: the UVDoc network.

Verhoeven, Magne, Sorkine-Hornung: "UVDoc: Neural Grid-based Document Unwarping" (SIGGRAPH Asia
2023), code and weights github.com/tanguymagne/UVDoc. The network looks at the page at 488 × 712 and
gives for 31 × 45 evenly spaced points of the flat page where they are on the picture, -1 to 1.
"""

from __future__ import annotations

import cv2
import numpy as np

from shuowen.engines.embedded.sessions import session
from shuowen.image.page import Pixels
from shuowen.image.warp import Grid

WIDTH_PX, HEIGHT_PX = 488, 712


def flattening_grid(pixels: Pixels) -> Grid:
    """Where the points of the flat page lie on `pixels`, (height, width, 3): (45, 31, 2)."""
    height, width = pixels.shape[:2]
    resized = cv2.resize(pixels, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA)
    network_input = (resized.astype(np.float32) / 255).transpose(2, 0, 1)[None].astype(np.float16)
    points = session("dewarp_uvdoc").run(None, {"input": network_input})[0][0]
    unit = (points.astype(np.float64).transpose(1, 2, 0) + 1) / 2
    return np.asarray(unit * (width, height), np.float64)
