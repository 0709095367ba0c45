"""Bending a picture, with the way that every point of it goes.

A warp is made of waves (paper that is curled or crumpled) and a perspective (a camera held
askew). A point u of the unwarped view lies on the flat picture at u + d(u), d being the sum of the
waves, and in the warped picture at M u, M being the perspective. Pixels need the way back, from
warped to flat, which is direct; boxes need the way there, for which u + d(u) = p is solved by
iterating u = p - d(u). That converges because waves are gentle: their slopes add up to less than 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.image.page import Pixels

Points = NDArray[np.float64]
"""Points (n, 2), x and y in pixels."""

GRID_STEP_PX = 16
"""The map is exact at points so far apart, and straight between them."""
_NUM_ITERATIONS = 20


@dataclass(frozen=True, kw_only=True)
class Wave:
    """One gentle bend: points move by `shift` times the sine of where they are.

    Attributes:
        shift: Largest movement along x and y, pixels.
        cycles: Whole periods across the picture's width and down its height.
        phase: Where the sine begins, radians.
    """

    shift: tuple[float, float]
    cycles: tuple[float, float]
    phase: float

    def moves(self, points: Points, size: tuple[int, int]) -> Points:
        """How far each point moves, (n, 2), in a picture of `size` (width, height)."""
        turns = points[:, 0] * (self.cycles[0] / size[0]) + points[:, 1] * (
            self.cycles[1] / size[1]
        )
        return np.sin(2 * pi * turns + self.phase)[:, None] * np.array(self.shift)

    def steepness(self, size: tuple[int, int]) -> float:
        """Most that the movement changes from one pixel to the next."""
        slope = max(self.cycles[0] / size[0], self.cycles[1] / size[1]) * 2 * pi
        return slope * float(np.hypot(*self.shift))


@dataclass(frozen=True, kw_only=True, eq=False)
class Warp:
    """How a picture of `size` (width, height) is bent; it keeps its size.

    Attributes:
        matrix: Perspective, (3, 3), from the unwarped view to the warped picture.
        waves: Bends of the paper.
        size: Width and height in pixels.
    """

    matrix: NDArray[np.float64]
    waves: tuple[Wave, ...]
    size: tuple[int, int]

    def pixels(self, pixels: Pixels) -> Pixels:
        """The warped picture, (height, width, 3); beyond the flat one's edge its edge goes on."""
        xs, ys = self._maps()
        warped = cv2.remap(pixels, xs, ys, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(warped, np.uint8)

    def _maps(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """For each pixel, where it comes from, x and y: exact in a coarse grid, enlarged."""
        width, height = self.size
        step = GRID_STEP_PX
        # OpenCV enlarges so that sample i comes to lie at (i + 0.5) steps; one more on each side
        # keeps the edge from being held constant.
        across, down = ((np.arange(-1.0, side // step + 2) + 0.5) * step for side in self.size)
        points: Points = np.stack(np.meshgrid(across, down), axis=2).reshape(-1, 2)
        grid = (self.to_flat(points) - 0.5).reshape(len(down), len(across), 2)
        large = (len(across) * step, len(down) * step)
        maps = cv2.resize(grid.astype(np.float32), large, interpolation=cv2.INTER_LINEAR)
        inside = maps[step : step + height, step : step + width]
        return np.ascontiguousarray(inside[..., 0]), np.ascontiguousarray(inside[..., 1])

    def to_flat(self, points: Points) -> Points:
        """Where points (n, 2) of the warped picture lie on the flat one."""
        inverse = np.asarray(np.linalg.inv(self.matrix), np.float64)
        unwarped = _through(points, inverse)
        return unwarped + self._moves(unwarped)

    def to_warped(self, points: Points) -> Points:
        """Where points (n, 2) of the flat picture lie on the warped one."""
        unwarped = np.asarray(points, np.float64)
        for _ in range(_NUM_ITERATIONS if self.waves else 0):
            unwarped = points - self._moves(unwarped)
        return _through(unwarped, self.matrix)

    def _moves(self, points: Points) -> Points:
        return sum((wave.moves(points, self.size) for wave in self.waves), np.zeros_like(points))


def draw_waves(
    rng: np.random.Generator, size: tuple[int, int], strength: float
) -> tuple[Wave, ...]:
    """The curl of a bound page and one or two ripples.

    Args:
        rng: Decides which.
        size: Width and height of the picture in pixels.
        strength: 0 for none to speak of, 1 for a fifth of a turn at the steepest.
    """
    curl = Wave(
        shift=(0.0, strength * size[1] * rng.uniform(-0.03, 0.03)),
        cycles=(rng.uniform(0.3, 0.7), rng.uniform(-0.1, 0.1)),
        phase=rng.uniform(0, 2 * pi),
    )
    return (curl, *(_ripple(rng, size, strength) for _ in range(rng.integers(0, 3))))


def _ripple(rng: np.random.Generator, size: tuple[int, int], strength: float) -> Wave:
    reach = strength * min(size) * 0.006
    shift = (rng.uniform(-reach, reach), rng.uniform(-reach, reach))
    cycles = (rng.uniform(0.5, 2.0), rng.uniform(0.5, 2.0))
    return Wave(shift=shift, cycles=cycles, phase=rng.uniform(0, 2 * pi))


def draw_perspective(
    rng: np.random.Generator, size: tuple[int, int], strength: float
) -> NDArray[np.float64]:
    """A matrix (3, 3) that moves each corner by up to 4 % of the shorter side at strength 1."""
    width, height = size
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    reach = 0.04 * strength * min(size)
    moved = corners + rng.uniform(-reach, reach, (4, 2)).astype(np.float32)
    return np.asarray(cv2.getPerspectiveTransform(corners, moved), np.float64)


def rotation(degrees: float, size: tuple[int, int]) -> NDArray[np.float64]:
    """A matrix (3, 3) that turns a picture of `size` clockwise about its middle."""
    centre = (size[0] / 2, size[1] / 2)
    return np.vstack([cv2.getRotationMatrix2D(centre, -degrees, 1.0), (0.0, 0.0, 1.0)])


def _through(points: Points, matrix: NDArray[np.float64]) -> Points:
    mapped = np.hstack([points, np.ones((len(points), 1))]) @ matrix.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:], np.float64)
