"""Flattening a bent or obliquely photographed page by a grid of points."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.image.page import Pixels

Grid = NDArray[np.float64]
"""Points (rows, columns, 2), x and y in pixels of the bent picture; the flat one has them evenly
spaced, the outer ones on its edge."""

STRIP_ROWS = 512
"""So many rows are flattened at a time, to bound the memory of the map: 8 bytes a pixel."""
MAX_SIDE_PX = 20_000
"""Longest side of a flat picture, whatever the grid says."""


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
    def of(grid: Grid) -> Warp:
        """The warp whose flat picture is as large as the grid on the bent one, so that letters
        keep their size and shape."""
        across = np.linalg.norm(np.diff(grid, axis=1), axis=2).sum(axis=1)
        down = np.linalg.norm(np.diff(grid, axis=0), axis=2).sum(axis=0)
        width, height = (
            int(np.clip(round(float(np.median(length))), 1, MAX_SIDE_PX))
            for length in (across, down)
        )
        return Warp(grid=grid, size=(width, height))

    def flatten(self, pixels: Pixels) -> Pixels:
        """The flat picture, (height, width, 3), of a bent one; resampled once."""
        width, height = self.size
        flat = np.empty((height, width, 3), np.uint8)
        columns = np.arange(width) + 0.5
        for top in range(0, height, STRIP_ROWS):
            rows = np.arange(top, min(top + STRIP_ROWS, height)) + 0.5
            points = self._at(*np.meshgrid(columns, rows)).astype(np.float32) - 0.5
            flat[top : top + len(rows)] = cv2.remap(
                pixels,
                points[..., 0],
                points[..., 1],
                cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_REPLICATE,
            )
        return flat

    def to_source(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (n, 2) of the flat picture on the bent one, straight on beyond its edge."""
        return self._at(points[:, 0], points[:, 1])

    def _at(self, xs: NDArray[np.floating], ys: NDArray[np.floating]) -> NDArray[np.float64]:
        rows, columns = self.grid.shape[:2]
        across = np.asarray(xs, np.float64) / self.size[0] * (columns - 1)
        down = np.asarray(ys, np.float64) / self.size[1] * (rows - 1)
        left = np.clip(np.floor(across).astype(int), 0, columns - 2)
        top = np.clip(np.floor(down).astype(int), 0, rows - 2)
        right_share = (across - left)[..., None]
        lower_share = (down - top)[..., None]
        upper = self.grid[top, left] * (1 - right_share) + self.grid[top, left + 1] * right_share
        lower = (
            self.grid[top + 1, left] * (1 - right_share)
            + self.grid[top + 1, left + 1] * right_share
        )
        return np.asarray(upper * (1 - lower_share) + lower * lower_share)
