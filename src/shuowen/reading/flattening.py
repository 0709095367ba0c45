"""Whether a page is bent or seen askew, and flattening it where that makes it read better.

Flattening a flat page costs text (a slide of a flat page fell from F1 .68 to .61), so it is tried
only where lines of text do not run parallel, and kept only where more can be read afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from shuowen.config import RepairName
from shuowen.document.model import RepairStep
from shuowen.engines.embedded.detector import TextBox
from shuowen.engines.embedded.dewarp import flattening_grid
from shuowen.engines.embedded.readability import readable_characters
from shuowen.image.page import Pixels
from shuowen.image.perspective import flatten
from shuowen.image.restore.allowed import Allowed
from shuowen.image.warp import Warp, can_be_flattened, within_bounds
from shuowen.reading.skew import line_angles

FAN_DEGREES = 0.8
"""Directions of a page's lines that differ by more than this speak of a bent or oblique page; of 40
scanned and drawn pages the widest fan had 0.7, of 5 photographs of paper the narrowest 1.9."""
GAIN = 1.02
"""How many times more has to be read on the flat picture."""
GLANCE_PX = 1000
"""Longer side of the picture on which vanishing points are looked for."""
ROWS, COLUMNS = 45, 31
"""Points by which a change of perspective is given; between them it is near enough to linear."""

FindText = Callable[[Pixels], list[TextBox]]


@dataclass(frozen=True, kw_only=True)
class Flat:
    """A flattened page: the way back, its picture, its lines, and why it was taken."""

    warp: Warp
    pixels: Pixels
    boxes: list[TextBox]
    step: RepairStep


def flattened(
    pixels: Pixels, boxes: Sequence[TextBox], find_text: FindText, allowed: Allowed
) -> Flat | None:
    """The page flattened by perspective or by the network, whichever reads best; None as it is.

    Args:
        pixels: The upright page, (height, width, 3).
        boxes: Its lines of text.
        find_text: Finds the lines on a flattened picture.
        allowed: `perspective` and `dewarp` may be forced or forbidden.
    """
    if not can_be_flattened(pixels):
        return None
    fan = fan_of(boxes)
    names = [name for name, _ in _WAYS if allowed.may(name)]
    forced = [name for name in names if allowed.must(name)]
    if not forced and (fan < FAN_DEGREES or not names):
        return None
    before = readable_characters(pixels, boxes)
    tries = list(_tries(pixels, boxes, find_text, forced or names))
    if not tries:
        return None
    after = [readable_characters(flat, found) for _, _, flat, found in tries]
    best = int(np.argmax(after))
    if not forced and after[best] <= GAIN * before:
        return None
    name, warp, flat, found = tries[best]
    evidence = {
        "fan_degrees": round(fan, 2),
        "characters_before": round(before, 1),
        "characters_after": round(after[best], 1),
    }
    step = RepairStep(name=name, is_forced=bool(forced), evidence=evidence)
    return Flat(warp=warp, pixels=flat, boxes=found, step=step)


def fan_of(boxes: Sequence[TextBox]) -> float:
    """Degrees between the directions of the page's long lines: four fifths of them lie within."""
    if not boxes:
        return 0.0
    angles, lengths = line_angles(np.array([box.quad for box in boxes], np.float64))
    if not len(angles):
        return 0.0
    order = np.argsort(angles)
    reached = np.cumsum(lengths[order]) / lengths.sum()
    low, high = np.searchsorted(reached, (0.1, 0.9 - 1e-9))
    return float(angles[order[high]] - angles[order[low]])


def _tries(
    pixels: Pixels, boxes: Sequence[TextBox], find_text: FindText, names: Sequence[RepairName]
) -> Iterator[tuple[RepairName, Warp, Pixels, list[TextBox]]]:
    for name, way in _WAYS:
        warp = way(pixels, boxes) if name in names else None
        if warp is not None:
            flat = warp.flatten(pixels)
            yield name, warp, flat, find_text(flat)


def _perspective(pixels: Pixels, boxes: Sequence[TextBox]) -> Warp | None:
    """The page as seen from straight above, by the vanishing points of its lines."""
    size = pixels.shape[1], pixels.shape[0]
    scale = min(1.0, GLANCE_PX / max(size))
    glance_size = max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)
    glance = np.asarray(cv2.resize(pixels, glance_size, interpolation=cv2.INTER_AREA), np.uint8)
    larger = np.array(size) / glance_size
    edges = [pair / larger for box in boxes for pair in (box.quad[:2], box.quad[[3, 2]])]
    straight = flatten(glance, np.array(edges, np.float64).reshape(-1, 4))
    if straight.pixels is glance:
        return None
    height, width = straight.pixels.shape[:2]
    xs, ys = np.meshgrid(np.linspace(0, width, COLUMNS), np.linspace(0, height, ROWS))
    points = [(float(x), float(y)) for x, y in zip(xs.ravel(), ys.ravel(), strict=True)]
    grid = straight.original_points(points).reshape(ROWS, COLUMNS, 2) * larger
    return Warp(grid=grid, size=within_bounds((width * larger[0], height * larger[1]), size))


def _network(pixels: Pixels, boxes: Sequence[TextBox]) -> Warp | None:
    return Warp.of(flattening_grid(pixels), (pixels.shape[1], pixels.shape[0]))


_WAYS: tuple[tuple[RepairName, Callable[[Pixels, Sequence[TextBox]], Warp | None]], ...] = (
    ("perspective", _perspective),
    ("dewarp", _network),
)
