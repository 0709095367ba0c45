"""A short real video, made when a test needs one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest


def write_clip(path: Path) -> Path:
    """Ten frames of 64 × 48 that grow brighter; skips the test where PyAV is not installed."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for grey in range(0, 250, 25):
            picture = np.full((48, 64, 3), grey, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path
