"""Faxes: pages of pure black and white whose letters came apart into specks.

A light blur joins them again: the recognisers have seen grey edges, not torn ones. On 16 faxed
pages and tables of the dev sets 450 instead of 508 characters were lost (docs/log.md). A clean
page of two levels has hardly any specks and stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from shuowen.image.page import Pixels

BLACK, WHITE = 8, 247
"""Darker is black, lighter is white."""
MAX_BETWEEN = 0.001
"""Largest share of pixels between black and white of a page of two levels."""
SPECK_PX = 2
"""Pieces of ink of at most so many pixels are specks."""
MIN_SPECKS, MIN_SHARE = 50, 0.2
"""Fewer specks than this, or a smaller share of all pieces, are dots of letters."""
SIGMA_PX = 0.9
"""Spread of the blur; 0.7 to 1.1 did about as well."""


@dataclass(frozen=True, kw_only=True)
class Specks:
    """How far a page's ink came apart.

    Attributes:
        between: Share of pixels that are neither black nor white, 0 to 1.
        num_specks: Pieces of ink of one or two pixels; not counted where there are greys.
        share: Their share of all pieces, 0 to 1.
    """

    between: float
    num_specks: int = 0
    share: float = 0.0

    @property
    def is_torn(self) -> bool:
        """Whether the page is a fax whose letters are torn."""
        return self.num_specks >= MIN_SPECKS and self.share >= MIN_SHARE


def estimate_specks(pixels: Pixels) -> Specks:
    """Looks for specks on a page, (height, width, 3), of two levels."""
    # Most pages have greys, which a sixteenth of the pixels shows at once.
    between = _between(pixels[::4, ::4, 1])
    if between > MAX_BETWEEN:
        return Specks(between=between)
    gray = np.ascontiguousarray(pixels[..., 1])
    between = _between(gray)
    if between > MAX_BETWEEN:
        return Specks(between=between)
    ink = (gray < 128).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    sizes = stats[1:, cv2.CC_STAT_AREA]
    num_specks = int((sizes <= SPECK_PX).sum())
    share = num_specks / len(sizes) if len(sizes) else 0.0
    return Specks(between=between, num_specks=num_specks, share=share)


def specks_mended(pixels: Pixels) -> Pixels:
    """The page slightly blurred."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), SIGMA_PX), np.uint8)


def _between(gray: Pixels) -> float:
    return float(((gray > BLACK) & (gray < WHITE)).mean())
