"""From a clean sheet to a scan or photo of it: paper, bends, light, lens, file, in that order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shuowen.image.page import Pixels
from shuowen.train.synthesize.degrade import CHANCES, EFFECTS
from shuowen.train.synthesize.made import Polygon
from shuowen.train.synthesize.scene import on_desk, on_paper_of_colour
from shuowen.train.synthesize.warp import (
    Points,
    Warp,
    draw_perspective,
    draw_waves,
    rotation,
)

TEXT_HEIGHT_PX = 32
"""The effects are as strong as they say on text of this height; smaller text gets weaker ones."""

_TINT_CHANCE = 0.5
_PHOTO_CHANCE = 0.35
_TURN_CHANCE = 0.5
_MOST_DEGREES = 3.0
_FLAT_EFFECTS = {name: chance for name, chance in CHANCES.items() if name not in ("skew", "stain")}
"""Effects that leave everything where it is: bends are made here, where boxes can follow. Stains
are made for crops, and much too fine for a sheet; `on_paper_of_colour` has those of sheets."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Damaged:
    """A damaged picture.

    Attributes:
        pixels: (height, width, 3).
        names: What was done, in order.
        shift: How far the sheet was moved right and down before it was bent, pixels.
        warp: How it was bent then; None when it was not.
    """

    pixels: Pixels
    names: tuple[str, ...]
    shift: tuple[int, int] = (0, 0)
    warp: Warp | None = None

    def places(self, polygons: Sequence[Polygon]) -> list[Polygon]:
        """Where polygons (4, 2) of the sheet are in the picture."""
        points: Points = np.concatenate([*polygons, np.zeros((0, 2))]) + np.array(self.shift)
        if self.warp:
            points = self.warp.to_warped(points)
        return list(points.reshape(-1, 4, 2))


def damage(pixels: Pixels, rng: np.random.Generator, strength: float, text_px: int) -> Damaged:
    """A scan or a photo of a sheet.

    Args:
        pixels: The sheet, (height, width, 3).
        rng: Decides what happens.
        strength: 0 leaves it as it is; up to 1, single sheets come out anywhere below that.
        text_px: Height of an em of its text.
    """
    own = strength * float(rng.uniform(0.15, 1.0))
    if own == 0:
        return Damaged(pixels=pixels, names=())
    names: list[str] = []
    if rng.random() < _TINT_CHANCE:
        pixels, names = on_paper_of_colour(pixels, rng), ["paper"]
    is_photo = bool(rng.random() < _PHOTO_CHANCE)
    shift = (0, 0)
    if is_photo:
        scene = on_desk(pixels, rng)
        pixels, shift = scene.pixels, scene.shift
    warp = _draw_warp(pixels, rng, own, is_photo=is_photo)
    if warp:
        pixels = warp.pixels(pixels)
        names.append("photo" if is_photo else "turn")
    for name, amount in _draw_effects(rng, own, min(1.0, text_px / TEXT_HEIGHT_PX)):
        if is_photo and name == "fax":
            continue  # what is faxed lies on glass
        pixels = EFFECTS[name](pixels, rng, amount)
        names.append(name)
    return Damaged(pixels=np.ascontiguousarray(pixels), names=tuple(names), shift=shift, warp=warp)


def _draw_warp(
    pixels: Pixels, rng: np.random.Generator, strength: float, *, is_photo: bool
) -> Warp | None:
    """A photo is bent and seen askew, a scan at most turned."""
    size = (pixels.shape[1], pixels.shape[0])
    turn = rotation(float(rng.uniform(-_MOST_DEGREES, _MOST_DEGREES)) * strength, size)
    if is_photo:
        waves = draw_waves(rng, size, strength)
        return Warp(matrix=draw_perspective(rng, size, strength) @ turn, waves=waves, size=size)
    return Warp(matrix=turn, waves=(), size=size) if rng.random() < _TURN_CHANCE else None


def _draw_effects(
    rng: np.random.Generator, strength: float, scale: float
) -> list[tuple[str, float]]:
    """Effects by name with how strong each is; the more there are, the weaker each."""
    names = [name for name, chance in _FLAT_EFFECTS.items() if rng.random() < chance]
    share = scale / (1 + 0.25 * max(0, len(names) - 1))
    return [(name, float(rng.uniform(0.3, 1.0)) * strength * share) for name in names]
