"""Recognising lines of text: pictures of lines in, characters with confidences out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from shuowen.engines.embedded.ctc import LineMatrix, Reading, decode_greedy
from shuowen.engines.embedded.manifest import WEIGHTS_FOLDER
from shuowen.engines.embedded.sessions import session
from shuowen.image.page import Pixels

LINE_HEIGHT_PX = 48
"""Height at which the networks read."""
MIN_WIDTH_PX = 64
"""Narrower lines are padded: the networks lose single characters at the very edge."""
MAX_WIDTH_PX = 3200
"""Longest line, PP-OCRv6's own limit; a longer one is squeezed."""
WIDTH_STEP_PX = 16
"""Widths are rounded up to this, so that the runtime meets few different shapes."""


@dataclass(frozen=True, kw_only=True)
class Recogniser:
    """Reads pictures of single lines.

    A batch of one is as fast per pixel on a CPU as a batch of many (measured in docs/log.md), so
    every line goes alone and nothing is wasted on padding.
    """

    weights: str

    def read(self, line: Pixels) -> Reading:
        """Reads one line, (height, width, 3), text running left to right, by the picture alone."""
        matrix = self.matrix(line)
        return decode_greedy(matrix.probabilities, matrix.characters, matrix.filled)

    def matrix(self, line: Pixels) -> LineMatrix:
        """The network's answer about one line, as `read` takes it."""
        fitted = fit_height(line)
        padded = _padded(fitted)
        matrices: list[NDArray[np.float32]]
        (matrices,) = session(self.weights).run(None, {"x": padded})
        return LineMatrix(
            probabilities=matrices[0],
            characters=characters(self.weights),
            filled=fitted.shape[1] / padded.shape[3],
        )


QUICK = Recogniser(weights="recognise_tiny")
CAREFUL = Recogniser(weights="recognise_small")


def fit_height(crop: Pixels) -> Pixels:
    """The crop at the height at which the networks read; itself when it has that height."""
    height, width = crop.shape[:2]
    fitted_width = min(max(round(width * LINE_HEIGHT_PX / height), 1), MAX_WIDTH_PX)
    if (height, width) == (LINE_HEIGHT_PX, fitted_width):
        return crop
    fitted = cv2.resize(crop, (fitted_width, LINE_HEIGHT_PX), interpolation=cv2.INTER_LINEAR)
    return np.asarray(fitted, np.uint8)


def _padded(line: Pixels) -> NDArray[np.float32]:
    """The network's input, (1, 3, 48, width): the line, then grey up to the next width step."""
    text_width = line.shape[1]
    width = max(-(-text_width // WIDTH_STEP_PX) * WIDTH_STEP_PX, MIN_WIDTH_PX)
    padded = np.zeros((1, 3, LINE_HEIGHT_PX, width), np.float32)
    padded[..., :text_width] = cv2.dnn.blobFromImage(
        line, scalefactor=1 / 127.5, mean=(127.5, 127.5, 127.5), swapRB=True
    )
    return padded


@cache
def characters(weights: str) -> tuple[str, ...]:
    """The network's columns: the blank, its character list, and the space that ends it."""
    listed = WEIGHTS_FOLDER / f"{weights}.txt"
    if listed.is_file():
        lines = listed.read_text(encoding="utf-8").split("\n")
    else:
        lines = session(weights).get_modelmeta().custom_metadata_map["character"].split("\n")
    return ("", *lines, " ")
