"""Other views of a line that is hard to read.

A recogniser that errs on a blurred line errs differently when the same line comes a little larger,
lower or wider. All functions take and give a line's picture, (height, width, 3) uint8, text running
left to right; places in the line, as shares of its length, stay true to a step of the network.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from shuowen.image.page import Pixels

View = Callable[[Pixels], Pixels]

INSET = 0.08
"""How much of a line's height is cut off above and below, or how far it is moved."""


def larger_letters(line: Pixels) -> Pixels:
    """The line without its upper and lower edge, in which there may be parts of other lines."""
    height, width = line.shape[:2]
    edge = round(height * INSET)
    if height <= 2 * edge:
        return line
    inner = line[edge : height - edge]
    return np.asarray(cv2.resize(inner, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def raised(line: Pixels) -> Pixels:
    """The line moved upwards, its lower edge drawn out."""
    edge = round(line.shape[0] * INSET)
    return np.concatenate([line[edge:], np.repeat(line[-1:], edge, axis=0)])


def wider(factor: float) -> View:
    """A view in which every letter has `factor` times as many time steps; below 1 fewer."""

    def view(line: Pixels) -> Pixels:
        height, width = line.shape[:2]
        size = max(round(width * factor), 1), height
        return np.asarray(cv2.resize(line, size, interpolation=cv2.INTER_CUBIC), np.uint8)

    return view


VIEWS: tuple[View, ...] = (larger_letters, wider(1.15), raised)
"""Views beside the line as it is; more of them change nothing (docs/log.md)."""
