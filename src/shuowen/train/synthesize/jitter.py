"""Small random changes of shape: what tells a hand from a machine."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Plane = NDArray[np.float32]
Generator = np.random.Generator


def smooth_field(rng: Generator, height: int, width: int, cell: float) -> Plane:
    """Smooth noise of mean 0 and deviation about 1; its waves are about `cell` pixels long."""
    rows, columns = max(int(height / cell), 1) + 2, max(int(width / cell), 1) + 2
    coarse = rng.standard_normal((rows, columns), dtype=np.float32)
    return np.asarray(
        cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32
    )


def elastic(ink: Mask, rng: Generator, waves: Sequence[tuple[float, float]]) -> Mask:
    """Moves each part of the ink by smooth fields, one added to another.

    Args:
        ink: (H, W).
        rng: What is drawn from.
        waves: Of each field, how long its waves are and how far it moves, both in pixels.
    """
    height, width = ink.shape
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)
    for cell, amplitude in waves:
        columns = columns + smooth_field(rng, height, width, cell) * np.float32(amplitude)
        rows = rows + smooth_field(rng, height, width, cell) * np.float32(amplitude)
    return np.asarray(cv2.remap(ink, columns, rows, cv2.INTER_LINEAR), np.uint8)


def pen_width(ink: Mask, growth: float) -> Mask:
    """Strokes wider (`growth` > 0) or finer (< 0) by about so many pixels on each side.

    A blurred edge falls from 255 to 0 over a few pixels, so another threshold on it moves the edge.
    """
    if abs(growth) < 0.05:
        return ink
    sigma = max(abs(growth), 0.6)
    soft = cv2.GaussianBlur(ink, (0, 0), sigma)
    threshold = 127.5 - 127.5 * np.tanh(growth / sigma * 0.8)
    return np.asarray(
        cv2.convertScaleAbs(
            np.maximum(soft.astype(np.float32) - np.float32(threshold - 40), 0), alpha=255 / 80
        ),
        np.uint8,
    )


def pressure(ink: Mask, rng: Generator, *, cell: float, depth: float) -> Mask:
    """Ink that fades in places, by at most about `depth` of itself."""
    field = smooth_field(rng, ink.shape[0], ink.shape[1], cell)
    factor = 1 - np.clip(depth * (0.5 + 0.5 * field), 0, depth)
    faded: Mask = (ink * factor).astype(np.uint8)
    return faded
