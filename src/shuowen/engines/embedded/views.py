"""Reading a doubtful line again, in other views of it, and choosing between the readings.

Candidates come from every view; the critic is the picture itself: the text that is likeliest over
all views together (connectionist temporal classification's forward score) stands. A view that
happens to be sure of nonsense is outvoted by the others.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from shuowen.engines.embedded.ctc import Reading, decode_greedy, log_likelihood
from shuowen.engines.embedded.recogniser import Recogniser, characters
from shuowen.image.page import Pixels


def best_reading(crop: Pixels, recogniser: Recogniser) -> Reading:
    """The best reading of a line, (height, width, 3), over several views of it."""
    matrices = [recogniser.probabilities(view(crop)) for view in VIEWS]
    columns = characters(recogniser.weights)
    readings = [decode_greedy(matrix, columns) for matrix in matrices]
    index_of = {character: index for index, character in enumerate(columns)}

    def support(reading: Reading) -> float:
        labels = [index_of[character] for character in reading.text]
        return sum(log_likelihood(matrix, labels) for matrix in matrices)

    return max(readings, key=support)


def _plain(crop: Pixels) -> Pixels:
    return crop


def _sharper(crop: Pixels) -> Pixels:
    """Unsharp masking, its radius a twentieth of the line's height."""
    blurred = cv2.GaussianBlur(crop, (0, 0), max(crop.shape[0] / 20, 0.8))
    return cv2.addWeighted(crop, 2.0, blurred, -1.0, 0)


def _more_contrast(crop: Pixels) -> Pixels:
    """Grey, stretched so that the darkest and lightest hundredth become black and white."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    dark, light = np.percentile(grey, (1, 99))
    stretched = np.clip((grey - dark) * (255 / max(light - dark, 1)), 0, 255).astype(np.uint8)
    return cv2.cvtColor(stretched, cv2.COLOR_GRAY2RGB)


def _wider(crop: Pixels) -> Pixels:
    """A tenth wider, which moves every character to other time steps."""
    return cv2.resize(crop, (max(round(crop.shape[1] * 1.1), 1), crop.shape[0]))


VIEWS: tuple[Callable[[Pixels], Pixels], ...] = (_plain, _sharper, _more_contrast, _wider)
