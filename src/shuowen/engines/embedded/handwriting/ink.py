"""The ink of a line's picture, and the band of its height that the writing fills."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.image.page import Pixels

Mask = NDArray[np.uint8]
"""(height, width), 1 where ink is, else 0."""

_LEAST_CONTRAST = 25.0
"""Grey levels between ink and paper below which a picture holds no writing to speak of."""
_MOST_INK = 0.5
"""Share of a picture that ink covers at most; more, and it is the paper that is dark."""
_DEEP = 0.95
"""Share of the mean ink's darkness from which a pixel is deep ink. In blurred print the letters
run together, but what fills the white between them is paler than that; a stroke of a pen is not.
"""
_CORE = (0.05, 0.95)
"""Shares of the ink between whose rows the writing stands: stray ascenders are left outside."""


@dataclass(frozen=True, kw_only=True)
class Ink:
    """Where a line's picture is inked: `mask` has all ink, `deep` what is as dark as most of it."""

    mask: Mask
    deep: Mask


@dataclass(frozen=True, kw_only=True)
class Band:
    """The rows, `top` up to but without `bottom`, that hold nine tenths of some ink."""

    top: int
    bottom: int

    @property
    def height(self) -> int:
        """Its height in pixels, at least 1."""
        return self.bottom - self.top

    def level(self, row: float) -> float:
        """Where a row lies: 0 at the band's top, 1 at its bottom."""
        return (row - self.top) / self.height


def ink_of(picture: Pixels) -> Ink | None:
    """The ink of a picture of one line, (height, width, 3); None where nothing stands out.

    The threshold is Otsu's (1979, "A threshold selection method from gray-level histograms").
    Light writing on dark paper is ink too.
    """
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    _, drawn = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    mask = np.asarray(drawn, np.uint8)
    share = cv2.mean(mask)[0]
    if share > _MOST_INK:
        gray, mask, share = 255 - gray, 1 - mask, 1 - share
    if share == 0:
        return None
    paper, inked = cv2.mean(gray, 1 - mask)[0], cv2.mean(gray, mask)[0]
    if paper - inked < _LEAST_CONTRAST:
        return None
    limit = paper - _DEEP * (paper - inked)
    _, deep = cv2.threshold(gray, limit, 1, cv2.THRESH_BINARY_INV)
    return Ink(mask=mask, deep=np.asarray(deep, np.uint8))


def band_of(mask: Mask) -> Band | None:
    """The band of the ink in `mask`; None where there is none."""
    reached = np.cumsum(cv2.reduce(mask, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32F)[:, 0])
    if not reached[-1]:
        return None
    top, bottom = np.searchsorted(reached, np.multiply(_CORE, reached[-1])).tolist()
    return Band(top=top, bottom=max(bottom, top + 1))
