"""Where a document lies when it is photographed: on a desk, with a shadow around its edges."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from shuowen.image.page import Pixels
from shuowen.train.synthesize.jitter import smooth_field

_DESKS = ((120, 85, 60), (95, 70, 50), (70, 70, 75), (160, 150, 140), (40, 45, 50), (110, 120, 110))
_PAPERS = ((255, 255, 255), (252, 251, 247), (247, 243, 232), (240, 240, 240), (250, 240, 220))
_COARSE = 8
"""Light is computed for every so many pixels and enlarged: it has no edges."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """A document on its background, and how far right and down that moved it, pixels."""

    pixels: Pixels
    shift: tuple[int, int]


def on_desk(pixels: Pixels, rng: np.random.Generator) -> Scene:
    """The document with a margin of desk of 3 to 9 % of its sides, seen from straight above."""
    height, width = pixels.shape[:2]
    left, right = (round(width * share) for share in rng.uniform(0.03, 0.09, 2))
    top, bottom = (round(height * share) for share in rng.uniform(0.03, 0.09, 2))
    scene = _desk(rng, height + top + bottom, width + left + right)
    scene = _multiplied(scene, 1 - 0.6 * _shadow(rng, scene, (left, top, width, height))[..., None])
    scene[top : top + height, left : left + width] = pixels
    return Scene(pixels=scene, shift=(left, top))


def on_paper_of_colour(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The white paper given a colour and wide, faint stains; ink stays as dark as it is."""
    colour = np.array(_PAPERS[int(rng.integers(len(_PAPERS)))], np.float32) / 255
    rows, columns = (side // _COARSE + 1 for side in pixels.shape[:2])
    stains = np.clip(smooth_field(rng, rows, columns, max(rows, columns) / 5), -1, 1)
    depth = rng.uniform(0.0, 0.04)
    return _multiplied(pixels, colour * (1 - depth * (1 + stains[..., None]) / 2))


def _shadow(
    rng: np.random.Generator, scene: Pixels, paper: tuple[int, int, int, int]
) -> np.ndarray:
    """How dark the paper makes the desk around it, 0 to 1, in a coarse grid.

    It is the paper's own shape, softened and moved a little.
    """
    height, width = (side // _COARSE + 1 for side in scene.shape[:2])
    left, top, right, bottom = (
        round(at / _COARSE) for at in (paper[0], paper[1], paper[0] + paper[2], paper[1] + paper[3])
    )
    across, down = (int(step) for step in rng.integers(-1, 2, 2))
    shape = np.zeros((height, width), np.float32)
    shape[max(0, top + down) : bottom + down, max(0, left + across) : right + across] = 1.0
    return np.asarray(cv2.GaussianBlur(shape, (0, 0), 1.5), np.float32)


def _desk(rng: np.random.Generator, height: int, width: int) -> Pixels:
    """A colour with grain that runs from left to right, as of wood or cloth."""
    colour = np.array(_DESKS[int(rng.integers(len(_DESKS)))], np.float32)
    grain = smooth_field(rng, height // 2 + 1, width // 24 + 2, 2.0)
    wood = np.clip(colour * (1 + 0.06 * grain[..., None]), 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(wood, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _multiplied(pixels: Pixels, light: np.ndarray) -> Pixels:
    """A picture under a light of 0 to 1, (rows, columns, 1 or 3), which is enlarged to fit."""
    height, width = pixels.shape[:2]
    levels = np.broadcast_to(light * 255, (*light.shape[:2], 3)).round().astype(np.uint8)
    large = cv2.resize(levels, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.multiply(pixels, large, scale=1 / 255), np.uint8)
