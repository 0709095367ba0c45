"""Flattening a bent or obliquely photographed page by a grid of points."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.image.page import Pixels

Grid = NDArray[np.float64]
"""Points (rows, columns, 2), x and y in pixels of the bent picture; the flat one has them evenly
spaced, the outer ones on its edge."""

STRIP_ROWS = 512
"""So many rows are flattened at a time, to bound the memory of the map: 8 bytes a pixel of them."""
MAX_SIDE_PX = 32_766
"""Longest side of a picture, bent or flat; OpenCV resamples no longer ones by a map."""
MAX_GROWTH = 1.5
"""A flat picture has at most so many times the pixels of the bent one, whatever the grid says."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Warp:
    """A map from a flat picture to the bent one it came from.

    Attributes:
        grid: Where evenly spaced points of the flat picture lie on the bent one.
        size: Width and height of the flat picture in pixels.
    """

    grid: Grid
    size: tuple[int, int]

    @staticmethod
    def of(grid: Grid, bent_size: tuple[int, int]) -> Warp:
        """The warp whose flat picture is as large as the grid on the bent one, so that letters
        keep their size and shape.

        Args:
            grid: Where the points of the flat picture lie.
            bent_size: Width and height of the bent picture in pixels; they limit the flat one's.
        """
        across = np.linalg.norm(np.diff(grid, axis=1), axis=2).sum(axis=1)
        down = np.linalg.norm(np.diff(grid, axis=0), axis=2).sum(axis=0)
        size = float(np.median(across)), float(np.median(down))
        return Warp(grid=grid, size=within_bounds(size, bent_size))

    def flatten(self, pixels: Pixels) -> Pixels:
        """The flat picture, (height, width, 3), of a bent one of sides up to `MAX_SIDE_PX`;
        resampled once."""
        width, height = self.size
        flat = np.empty((height, width, 3), np.uint8)
        left, right_share = _cells(np.arange(width) + 0.5, width, self.grid.shape[1])
        share = right_share[:, None]
        # Every row of points drawn out to the picture's width; a strip is then a mixture of them.
        rows_xy = self.grid[:, left] * (1 - share) + self.grid[:, left + 1] * share - 0.5
        xs, ys = (np.ascontiguousarray(part, np.float32) for part in np.moveaxis(rows_xy, 2, 0))
        for top in range(0, height, STRIP_ROWS):
            rows = np.arange(top, min(top + STRIP_ROWS, height))
            mixture = self._mixture(rows + 0.5)
            flat[rows] = cv2.remap(
                pixels,
                mixture @ xs,
                mixture @ ys,
                cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_REPLICATE,
            )
        return flat

    def _mixture(self, ys: NDArray[np.floating]) -> NDArray[np.float32]:
        """Shares of the grid's rows at heights of the flat picture, (heights, rows)."""
        num_rows = self.grid.shape[0]
        above, share = _cells(ys, self.size[1], num_rows)
        mixture = np.zeros((len(ys), num_rows), np.float32)
        each = np.arange(len(ys))
        mixture[each, above], mixture[each, above + 1] = 1 - share, share
        return mixture

    def to_source(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (n, 2) of the flat picture on the bent one, straight on beyond its edge."""
        return self._at(points[:, 0], points[:, 1])

    def _at(self, xs: NDArray[np.floating], ys: NDArray[np.floating]) -> NDArray[np.float64]:
        rows, columns = self.grid.shape[:2]
        left, right_share = _cells(xs, self.size[0], columns)
        top, lower_share = _cells(ys, self.size[1], rows)
        right_share, lower_share = right_share[..., None], lower_share[..., None]
        upper = self.grid[top, left] * (1 - right_share) + self.grid[top, left + 1] * right_share
        lower = (
            self.grid[top + 1, left] * (1 - right_share)
            + self.grid[top + 1, left + 1] * right_share
        )
        return np.asarray(upper * (1 - lower_share) + lower * lower_share)


def _cells(
    places: NDArray[np.floating], length: int, num_points: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Which of the evenly spaced points lies before each place, and the share of the next one."""
    at = np.asarray(places, np.float64) / length * (num_points - 1)
    before = np.clip(np.floor(at), 0, num_points - 2).astype(np.intp)
    return before, at - before


def can_be_flattened(pixels: Pixels) -> bool:
    """Whether a picture, (height, width, 3), is not too long for `Warp.flatten`."""
    return bool(max(pixels.shape[:2]) <= MAX_SIDE_PX)


def within_bounds(size: tuple[float, float], bent_size: tuple[int, int]) -> tuple[int, int]:
    """Width and height in pixels for a flat picture, both made smaller alike if need be."""
    width, height = (max(side, 1.0) for side in size)
    most = MAX_GROWTH * bent_size[0] * bent_size[1]
    scale = min(1.0, sqrt(most / (width * height)), MAX_SIDE_PX / max(width, height))
    return max(round(width * scale), 1), max(round(height * scale), 1)
