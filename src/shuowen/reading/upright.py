"""Which way up a page is: the orientation network proposes, the text itself confirms.

The network looks at a small square from the middle of the page. That is enough for pages, but on a
strip of one line it guesses, so a turn that it proposes is checked by reading a few lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shuowen.document.model import Rotation
from shuowen.engines.embedded.detector import VERTICAL_RATIO, TextBox
from shuowen.engines.embedded.engine import EmbeddedEngine
from shuowen.engines.embedded.orientation import page_rotations
from shuowen.image.crops import crop_quad, quad_size
from shuowen.image.frame import turn
from shuowen.image.page import Pixels

SURE = 0.6
"""Below this probability the network's turn is not even tried."""
NUM_SAMPLES = 6
FLIP_GAIN = 0.08
"""How much surer, in mean confidence, the sample has to read upside down to flip the page.

Upright lines read with 0.98 and more, upside-down ones with 0.71 in the median (docs/log.md).
"""


@dataclass(frozen=True, kw_only=True)
class Upright:
    """How a page is to be turned.

    Attributes:
        rotation_degrees: Counter-clockwise quarter turns that make the page upright.
        probability: What the network gives the turn that it proposed.
    """

    rotation_degrees: Rotation
    probability: float


def find_upright(pixels: Pixels, engine: EmbeddedEngine, *, is_forced: bool = False) -> Upright:
    """How to turn a page, (height, width, 3), upright.

    Args:
        pixels: The page as it came.
        engine: Finds and reads the lines that confirm a turn.
        is_forced: Whether the network's proposal is taken unconfirmed.
    """
    rotations = page_rotations(pixels)
    proposed = max(rotations, key=lambda rotation: rotations[rotation])
    probability = rotations[proposed]
    if proposed == 0 or is_forced:
        return Upright(rotation_degrees=proposed, probability=probability)
    rotation = 0 if probability < SURE else _confirmed(proposed, pixels, engine)
    return Upright(rotation_degrees=rotation, probability=probability)


def _confirmed(proposed: Rotation, pixels: Pixels, engine: EmbeddedEngine) -> Rotation:
    turned = turn(pixels, proposed)
    boxes = engine.find_text(turned)
    if not boxes:
        return 0
    if proposed != 180 and _is_mostly_vertical(boxes):
        return 0
    return _flipped(proposed) if _is_upside_down(turned, boxes, engine) else proposed


def _is_mostly_vertical(boxes: Sequence[TextBox]) -> bool:
    """Whether most of the text, by area, stands in boxes that are taller than wide."""
    sizes = [quad_size(box.quad) for box in boxes]
    vertical = sum(width * height for width, height in sizes if height >= VERTICAL_RATIO * width)
    return 2 * vertical > sum(width * height for width, height in sizes)


def _is_upside_down(pixels: Pixels, boxes: Sequence[TextBox], engine: EmbeddedEngine) -> bool:
    longest = sorted(boxes, key=lambda box: -quad_size(box.quad)[0])[:NUM_SAMPLES]
    crops = [crop_quad(pixels, box.quad) for box in longest]
    flipped = [np.ascontiguousarray(crop[::-1, ::-1]) for crop in crops]
    as_it_is, other = (np.mean(engine.confidences(views)) for views in (crops, flipped))
    return bool(other > as_it_is + FLIP_GAIN)


def _flipped(rotation: Rotation) -> Rotation:
    opposite: dict[Rotation, Rotation] = {0: 180, 90: 270, 180: 0, 270: 90}
    return opposite[rotation]
