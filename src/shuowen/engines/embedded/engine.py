"""The embedded engine: everything that it can say about a page picture, behind one class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np

from shuowen.config import Effort
from shuowen.document.model import Direction, Line
from shuowen.engines.embedded.ctc import Reading
from shuowen.engines.embedded.detector import Detector, TextBox
from shuowen.engines.embedded.effort import PLANS, Plan
from shuowen.engines.embedded.lines import make_line
from shuowen.engines.embedded.overlaps import add_missing
from shuowen.engines.embedded.recogniser import Recogniser, fit_height
from shuowen.engines.embedded.second_look import read_again
from shuowen.image.crops import crop_quad
from shuowen.image.page import Pixels

QUICK = Recogniser(weights="recognise_tiny")
CAREFUL = Recogniser(weights="recognise_small")

VERTICAL_RATIO = 1.5
"""A box this many times taller than wide is a column of vertical text (PP-OCR's own rule)."""
LEAST_CONFIDENCE = 0.3
"""Below this a "line" is a texture or a drawing, not text."""

TURN_GAIN = 0.1
"""How much surer, in mean confidence, a line has to be upside down to be turned."""


class EmbeddedEngine:
    """Finds and reads lines of text with the networks in this package.

    One engine serves any number of threads. Its own `jobs` threads read the lines of a page side
    by side, so that a single page uses every core too.
    """

    def __init__(self, *, effort: Effort = "normal", jobs: int = 1) -> None:
        self.plan: Plan = PLANS[effort]
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="shuowen-lines")

    def find_text(self, pixels: Pixels) -> list[TextBox]:
        """Where lines of text are on `pixels`, (height, width, 3)."""
        longest = max(pixels.shape[:2])
        first, *others = self.plan.detect_sides_px
        boxes = Detector(max_side=first).detect(pixels)
        for side in others:
            if min(longest, side) != min(longest, first):
                boxes = add_missing(boxes, Detector(max_side=side).detect(pixels))
        return boxes

    def read_lines(self, pixels: Pixels, boxes: Sequence[TextBox]) -> list[Line]:
        """Reads every box; boxes that hold no text are left out."""
        lines = self._pool.map(lambda box: self._read_line(pixels, box), boxes)
        return [line for line in lines if line and line.confidence >= LEAST_CONFIDENCE]

    def read_crops(self, crops: Sequence[Pixels]) -> list[str]:
        """The text of pictures of single lines, in their order."""
        return [reading.text for reading in self._pool.map(self._read, crops)]

    def confidences(self, crops: Sequence[Pixels]) -> list[float]:
        """How sure the quick recogniser is of each picture of a single line."""
        return [QUICK.read(fit_height(crop)).confidence for crop in crops]

    def _read_line(self, pixels: Pixels, box: TextBox) -> Line | None:
        crop = crop_quad(pixels, box.quad)
        direction: Direction = "horizontal"
        if crop.shape[0] >= VERTICAL_RATIO * crop.shape[1]:
            crop, direction = np.ascontiguousarray(np.rot90(crop)), "vertical"
        return make_line(box.quad, self._read(crop), direction)

    def _read(self, crop: Pixels) -> Reading:
        line = fit_height(crop)
        reading = self._read_as_it_is(line)
        if reading.confidence < self.plan.turn_below:
            turned = np.ascontiguousarray(line[::-1, ::-1])
            if QUICK.read(turned).confidence > reading.confidence + TURN_GAIN:
                return self._read_as_it_is(turned)
        return reading

    def _read_as_it_is(self, line: Pixels) -> Reading:
        return read_again(line, QUICK.read(line), CAREFUL.read, self.plan.doubt)


@lru_cache(maxsize=4)
def shared_engine(effort: Effort, jobs: int) -> EmbeddedEngine:
    """One engine for each effort and number of jobs, kept while the process lives."""
    return EmbeddedEngine(effort=effort, jobs=jobs)


if hasattr(os, "register_at_fork"):
    # A forked child has the engine but not its threads, and would wait for them for ever.
    os.register_at_fork(after_in_child=shared_engine.cache_clear)
