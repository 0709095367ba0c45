"""The other side's ink: pale, soft strokes among the page's own are turned back into paper."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.image.page import Pixels
from shuowen.image.restore.tone.glance import Glance, paper_beneath

PALEST = 0.06
"""Depth below which a dark spot is the paper's grain."""
MIN_CORES = 400
"""Darkest points of strokes that it takes to tell two inks apart."""
INK_DEPTH = 0.55
"""The page's own ink takes at least this share of the paper's light."""
MIN_PALE_DEPTH, MAX_PALE_DEPTH = 0.12, 0.4
"""What is paler than the first number is not taken for text by the reader anyway (docs/log.md);
what comes through paper is at most 35 % of black, and a little for noise."""
SPLIT_MARGIN = 0.1
"""How far above the palest ink that may go the two can be told apart."""
VALLEY = 0.15
"""Points between the two inks, by the fewer of their own: strokes of one ink have no such gap."""
SOFTER, LEAST_STEEP = 1.5, 0.12
"""Paper spreads the ink that comes through it: its strokes are softer by this factor than the
page's own. Bleed-through drawn with a spread of 1.5 to 3 pixels is at 1.6 to 5.5; grey captions,
lines, stamps and a fax's specks are at 0.3 to 1.4. What is less steep than the second number is no
stroke but shade."""
COLOURLESS = 0.12
"""Coloured pale strokes are somebody's stamp or pen."""
PALE_SHARE, MAX_PALE_SHARE = 0.15, 0.6
"""Share of pale points: with few there is nothing to win, with more the pale ink is the text."""
KEPT_AROUND_INK_PX = 2
"""Pixels around the page's own strokes that stay as they are: they are the strokes' soft edges."""
BINS = 25


@dataclass(frozen=True, kw_only=True)
class BleedEstimate:
    """What the depths of a page's strokes say; depth is the share of the paper's light taken.

    Attributes:
        ink_depth: Most frequent depth of the page's own ink, 0 to 1.
        pale_depth: Most frequent depth of the pale ink, 0 to 1; 0 when there is one ink only.
        split: Depth between the two.
        valley: Points at `split`, by the fewer of the points at either depth.
        pale_share: Share of strokes' points that are pale, 0 to 1.
        softness: How steep the page's own strokes are by how steep the pale ones are; this and
            what follows are measured where there are two inks, else 0.
        pale_steep: How steep pale strokes are: the rise in a pixel by the stroke's depth.
        pale_colour: Depth of pale strokes in one channel less that in another, 0 to 1.
    """

    ink_depth: float = 0.0
    pale_depth: float = 0.0
    split: float = 0.0
    valley: float = 1.0
    pale_share: float = 0.0
    softness: float = 0.0
    pale_steep: float = 0.0
    pale_colour: float = 0.0

    @property
    def has_two_inks(self) -> bool:
        """Whether there is a clear second ink, and a pale one."""
        is_pale = (
            MIN_PALE_DEPTH <= self.pale_depth <= MAX_PALE_DEPTH and self.ink_depth >= INK_DEPTH
        )
        is_much = PALE_SHARE <= self.pale_share <= MAX_PALE_SHARE
        return is_pale and is_much and self.valley <= VALLEY

    @property
    def is_there(self) -> bool:
        """Whether there is a second ink as soft and grey as what comes from the other side."""
        is_soft = self.softness >= SOFTER and self.pale_steep >= LEAST_STEEP
        is_gray = self.pale_colour <= COLOURLESS
        return self.has_two_inks and is_soft and is_gray


def estimate_bleed_through(glance: Glance) -> BleedEstimate:
    """Looks for two inks in how dark strokes are where they are darkest, and how steep there.

    Args:
        glance: A closer glance: on a smaller copy thin ink is as pale as the other side's.
    """
    paper = paper_beneath(glance)
    depth = cv2.blur(np.asarray(1 - glance.gray / paper, np.float32), (3, 3))
    is_core = (depth >= cv2.dilate(depth, np.ones((5, 5), np.uint8))) & (depth > PALEST)
    cores = np.asarray(depth[is_core], np.float32)
    if len(cores) < MIN_CORES:
        return BleedEstimate()
    inks = _two_inks(cores)
    is_pale = cores < inks.split
    if not inks.has_two_inks or is_pale.all():
        return inks
    steepness = _steepness(glance, paper)[is_core] / cores
    ink_steep = float(np.median(steepness[~is_pale]))
    pale_steep = float(np.median(steepness[is_pale]))
    return replace(
        inks,
        softness=ink_steep / pale_steep if pale_steep else 0.0,
        pale_steep=pale_steep,
        pale_colour=_colour(glance, is_core & (depth < inks.split)),
    )


def bleed_through_mended(pixels: Pixels, glance: Glance, estimate: BleedEstimate) -> Pixels:
    """The page with everything paler than the split lifted to the paper's own colour.

    The surroundings of the page's own strokes stay as they are.
    """
    height, width = pixels.shape[:2]
    # In bytes, of which the paper's map is made anyway: a large page has no memory to spare.
    paper = cv2.resize(glance.paper_rgb.astype(np.uint8), (width, height))
    limit = cv2.resize(glance.paper * (1 - (estimate.split or PALEST)), (width, height))
    dark = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) < limit
    reach = np.ones((2 * KEPT_AROUND_INK_PX + 1, 2 * KEPT_AROUND_INK_PX + 1), np.uint8)
    kept = cv2.dilate(dark.view(np.uint8), reach).view(np.bool_)
    lifted = cv2.max(pixels, paper)
    lifted[kept] = pixels[kept]
    return np.asarray(lifted, np.uint8)


def _two_inks(cores: NDArray[np.float32]) -> BleedEstimate:
    """The two most frequent depths and the rarest between them."""
    counts = np.histogram(cores, bins=BINS, range=(0, 1))[0].astype(np.float32)
    counts = np.convolve(np.pad(counts, 1, mode="edge"), np.full(3, 1 / 3, np.float32), "valid")
    first_ink = round(INK_DEPTH * BINS) - 1
    ink = first_ink + int(np.argmax(counts[first_ink:]))
    pale = int(np.argmax(counts[: round(MAX_PALE_DEPTH * BINS)]))
    # Not far above the pale ink, or paler parts of the page's own strokes would go with it.
    highest = min(ink, round((MAX_PALE_DEPTH + SPLIT_MARGIN) * BINS))
    lowest = pale + int(np.argmin(counts[pale : highest + 1]))
    split = (lowest + 0.5) / BINS
    fewer = min(float(counts[pale]), float(counts[ink]))
    return BleedEstimate(
        ink_depth=(ink + 0.5) / BINS,
        pale_depth=(pale + 0.5) / BINS,
        split=split,
        valley=float(counts[lowest]) / fewer if fewer else 1.0,
        pale_share=float((cores < split).mean()),
    )


def _steepness(glance: Glance, paper: NDArray[np.float32]) -> NDArray[np.float32]:
    """The steepest rise of depth, in a pixel, within two pixels of every pixel."""
    depth = np.asarray(1 - glance.gray / paper, np.float32)
    across, down = (cv2.Sobel(depth, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
    steep = cv2.dilate(cv2.magnitude(across, down), np.ones((5, 5), np.uint8))
    return np.asarray(steep, np.float32)


def _colour(glance: Glance, where: NDArray[np.bool_]) -> float:
    """How far the depths of the three channels lie apart, in the median of some points."""
    height, width = glance.gray.shape
    paper = cv2.resize(glance.paper_rgb, (width, height))[where]
    depths = 1 - glance.rgb[where] / paper
    return float(np.median(depths.max(axis=1) - depths.min(axis=1)))
