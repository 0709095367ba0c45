"""Turning and straightening a page picture, and carrying points between the two pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.document.model import Rotation
from shuowen.image.page import Pixels
from shuowen.image.warp import Warp

Matrix = NDArray[np.float64]
"""An affine map, (2, 3): x' = m[0]·(x, y, 1), y' = m[1]·(x, y, 1)."""

PAPER = (255, 255, 255)
"""What the corners that straightening uncovers are filled with."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Flattened:
    """A flat picture made of a bent one: how, and in which frame the bent one is."""

    warp: Warp
    bent: Frame


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """Where an upright page picture lies on the original one.

    Attributes:
        rotation_degrees: Counter-clockwise quarter turns from the original to the upright picture.
        skew_degrees: What was straightened after that; positive when lines went down to the right.
        matrix: From points on the original, or on the flattened picture where there is one, to
            points on the upright picture.
        size: Width and height of the upright picture in pixels.
        flattened: The picture that was flattened before; None where none was.
    """

    rotation_degrees: Rotation
    skew_degrees: float
    matrix: Matrix
    size: tuple[int, int]
    flattened: Flattened | None = None

    def to_original(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (n, 2) on the upright picture, given on the original."""
        before = apply(self._inverse(), points)
        if self.flattened is None:
            return before
        return self.flattened.bent.to_original(self.flattened.warp.to_source(before))

    def points_in(self, other: Frame, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (n, 2) of this frame in another one of the same, perhaps flattened, picture."""
        assert self.flattened is other.flattened
        return apply(other.matrix, apply(self._inverse(), points))

    def _inverse(self) -> Matrix:
        return np.asarray(cv2.invertAffineTransform(self.matrix), np.float64)

    def enlarged(self, scale: float, size: tuple[int, int]) -> Frame:
        """This frame for a picture made `scale` times larger, to `size`."""
        return replace(self, matrix=self.matrix * scale, size=size)

    def flat(self, warp: Warp) -> Frame:
        """The frame of the picture that `warp` makes of the one in this frame."""
        return Frame(
            rotation_degrees=self.rotation_degrees,
            skew_degrees=0.0,
            matrix=np.eye(2, 3),
            size=warp.size,
            flattened=Flattened(warp=warp, bent=self),
        )

    def straightened(self, skew_degrees: float) -> Frame:
        """This frame, turned further so that lines sloping by `skew_degrees` become level."""
        turn, size = _straightening(skew_degrees, self.size)
        whole = turn @ np.vstack([self.matrix, [0, 0, 1]])
        return replace(self, skew_degrees=skew_degrees, matrix=whole, size=size)


def turned_frame(size: tuple[int, int], rotation: Rotation) -> Frame:
    """The frame of a picture of `size` (width, height) turned counter-clockwise by `rotation`."""
    width, height = size
    matrices: dict[Rotation, list[list[float]]] = {
        0: [[1, 0, 0], [0, 1, 0]],
        90: [[0, 1, 0], [-1, 0, width]],
        180: [[-1, 0, width], [0, -1, height]],
        270: [[0, -1, height], [1, 0, 0]],
    }
    return Frame(
        rotation_degrees=rotation,
        skew_degrees=0.0,
        matrix=np.array(matrices[rotation], np.float64),
        size=size if rotation in (0, 180) else (height, width),
    )


def turn(pixels: Pixels, rotation: Rotation) -> Pixels:
    """The picture turned counter-clockwise by quarter turns; itself when `rotation` is 0."""
    return np.ascontiguousarray(np.rot90(pixels, rotation // 90)) if rotation else pixels


def straighten(pixels: Pixels, skew_degrees: float) -> Pixels:
    """The picture turned so that lines sloping by `skew_degrees` become level, on white paper."""
    height, width = pixels.shape[:2]
    matrix, size = _straightening(skew_degrees, (width, height))
    level = cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR, borderValue=PAPER)
    return np.asarray(level, np.uint8)


def apply(matrix: Matrix, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points (n, 2) carried through an affine map."""
    return np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]


def _straightening(skew_degrees: float, size: tuple[int, int]) -> tuple[Matrix, tuple[int, int]]:
    width, height = size
    center = (width / 2, height / 2)
    matrix = np.array(cv2.getRotationMatrix2D(center, skew_degrees, 1.0), np.float64)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    grown = (round(width * cos + height * sin), round(width * sin + height * cos))
    matrix[:, 2] += (np.array(grown) - size) / 2
    return matrix, grown
