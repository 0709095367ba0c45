"""A printed page of our own drawing, and damage of known size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.image.page import Pixels

WORDS = "Light falls on the page and the pencil is faint but it was read 1978 years ago "


def printed(height: int = 900, width: int = 700, *, start: int = 0) -> Pixels:
    """Black print on nearly white paper; `start` changes the words."""
    page = np.full((height, width, 3), (250, 249, 246), np.uint8)
    for number, baseline in enumerate(range(50, height - 20, 34)):
        first = (start + number * 7) % len(WORDS)
        line = (WORDS * 3)[first : first + (width - 60) // 13]
        cv2.putText(
            page, line, (30, baseline), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (10, 10, 10), 2, cv2.LINE_AA
        )
    return page


def with_noise(page: NDArray[np.floating] | Pixels, levels: float = 1.0) -> Pixels:
    grain = np.random.default_rng(1).normal(0, levels, page.shape)
    return np.clip(page + grain + 0.5, 0, 255).astype(np.uint8)


def in_shadow(page: Pixels, darkest: float) -> NDArray[np.floating]:
    """The light falls from 1 at the right edge to `darkest` at the left."""
    return page * np.linspace(darkest, 1, page.shape[1])[np.newaxis, :, np.newaxis]


def faint(page: Pixels, levels: float, paper: float = 225) -> NDArray[np.floating]:
    """The writing `levels` grey levels below the paper."""
    return paper - (250 - page.astype(np.float64)) * (levels / 240)


def with_other_side(page: Pixels, back: Pixels, opacity: float) -> NDArray[np.floating]:
    """The other side's print, mirrored and spread by the paper, through the page."""
    seen = cv2.GaussianBlur(back[:, ::-1], (0, 0), 1.5).astype(np.float64)
    return page * (1 - (250 - seen).clip(0) / 250 * opacity)


def ink_overlap(page: Pixels, clean: Pixels) -> float:
    """Intersection over union of where two pages are dark, 0 to 1."""
    masks = [cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) < 140 for each in (page, clean)]
    return float((masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum())


def psnr(page: Pixels, clean: Pixels) -> float:
    return float(cv2.PSNR(page, clean))
